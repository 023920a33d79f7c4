"""Days and times by the clock on the wall of one time zone, which is put forward and back."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone, tzinfo


def days_after(moment: datetime, days: int, zone: tzinfo) -> datetime:
    """The same time of day, by the zone's clock, some days later.

    So a day has 23 or 25 hours where the clock changes.
    """
    return at(moment.astimezone(zone) + timedelta(days=days), zone)


def at(clock: datetime, zone: tzinfo) -> datetime:
    """The moment when the zone's clock shows this; the later one, if it shows it twice or skips it.

    It comes with its offset, not with the zone: Python calls a time that a zone's clock shows twice
    unequal to every time of another zone.
    """
    folds = (clock.replace(tzinfo=zone, fold=fold).astimezone(timezone.utc) for fold in (0, 1))
    local = max(folds).astimezone(zone)
    return local.replace(tzinfo=timezone(local.utcoffset() or timedelta(0)), fold=0)


def moment(written: datetime, zone: tzinfo) -> datetime:
    """What a time that somebody wrote down means; one without an offset is the zone's."""
    return written if written.tzinfo else at(written, zone)


def exists(clock: datetime, zone: tzinfo) -> bool:
    """Whether the zone's clock ever shows this; it is put forward over an hour in spring."""
    return at(clock, zone).replace(tzinfo=None) == clock.replace(tzinfo=None, fold=0)
