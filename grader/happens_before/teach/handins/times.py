"""When something was handed in, where only the roster says so: Canvas and Moodle export no times."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, tzinfo

from happens_before.core.archive import shown
from happens_before.teach.handins.people import Handin
from happens_before.teach.handins.roster import Roster
from happens_before.teach.course.wall_clock import moment

# Moodle's grading worksheet, column "Last modified (submission)", in English: to the minute.
MOODLES = ("%A, %d %B %Y, %I:%M %p", "%A, %B %d, %Y, %I:%M %p", "%A, %d %B %Y, %H:%M")
NOTHING = ("", "-")


def with_times(
    handins: Iterable[Handin], roster: Roster, zone: tzinfo | None
) -> tuple[list[Handin], list[str]]:
    """The hand-ins, those without a time with the roster's; and notes, each one sentence.

    zone: of times that name none; None: such times stay unknown, and a note says so.
    """
    timed, odd, local, taken = [], [], 0, 0
    for handin in handins:
        written = roster.times.get(handin.student.id, "")
        if handin.submitted or written in NOTHING:
            timed.append(handin)
            continue
        time = parse(written)
        if time is None:
            odd.append(written)
        elif time.tzinfo is None and zone is None:
            local += 1
        else:
            taken += 1
            handin = replace(handin, submitted=moment(time, zone) if zone else time)
        timed.append(handin)
    column = f"the roster's column '{roster.column('submitted')}'"
    notes = [f"Times from {column}: {taken}."] if taken else []
    if odd:
        notes.append(
            f"Times in {column} that cannot be read, and count as not known: {len(odd)}, such as "
            f"'{shown(odd[0])}'. Write them as 2026-10-01T23:59:00+02:00."
        )
    if local:
        notes.append(
            f"Times in {column} without a zone, which count as not known: {local}. A course.toml "
            "says which zone is meant (--course)."
        )
    return timed, notes


def parse(written: str) -> datetime | None:
    """ISO 8601, or as Moodle writes times; None when it is neither. It may come without a zone."""
    try:
        return datetime.fromisoformat(written) if len(written) > len("2026-10-01") else None
    except ValueError:
        pass
    for form in MOODLES:
        try:
            return datetime.strptime(written, form)
        except ValueError:
            continue
    return None
