"""What lateness takes from a result: pure functions, exact arithmetic, and no clock.

The only times here are when something was handed in and when it was due. Days are counted by the
course's clock on the wall: each ends when it shows the deadline's time again, so that the days on
which the clock changes have 23 or 25 hours. Points are computed as fractions and rounded once, at
the end, to a hundredth, halves up.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from fractions import Fraction

from happens_before.teach.course.wall_clock import days_after
from happens_before.teach.course.rules import Course, LateRules

NOBODY_SAYS = "nobody says when it was handed in: counted as in time"
MARKED_LATE = "marked as late by the platform, which does not say when: counted as in time"
UNGRADED = "ungraded, which is no zero"


@dataclass(frozen=True)
class Result:
    """What grading gave a student in one unit.

    points:    of max_points; None: ungraded.
    submitted: when it was handed in, with a time zone; None: nobody says.
    late_mark: the platform itself calls it late.
    handed_in: False: there is nothing of the student's in this unit.
    """

    unit: str
    points: Decimal | None
    max_points: Decimal
    submitted: datetime | None = None
    late_mark: bool = False
    handed_in: bool = True


@dataclass(frozen=True)
class Lateness:
    """How late something is: `days` started days, exactly `exact` of them; `rest` into the last."""

    days: int = 0
    exact: Fraction = Fraction(0)
    rest: timedelta = timedelta(0)


@dataclass(frozen=True)
class Mark:
    """What a unit counts for a student.

    raw:        points reached, of max_points; None: ungraded.
    late_days:  started days after the deadline. grace_days: how many of them grace days pay for.
    per_cent:   what lateness takes of the points reached.
    final:      points in the course, of `worth`; None: ungraded or excused.
    sentence:   the same in words; empty where no deadline is.
    time_known: False: lateness could not be told, and was taken for none.
    """

    unit: str
    raw: Decimal | None
    max_points: Decimal
    worth: Decimal
    final: Decimal | None
    sentence: str
    late_days: int = 0
    grace_days: int = 0
    per_cent: Decimal = Decimal(0)
    time_known: bool = True
    excused: bool = False


def lateness(submitted: datetime, due: datetime, zone: tzinfo, grace_minutes: int = 0) -> Lateness:
    """How late, by the zone's clock; not at all within grace_minutes of the deadline.

    Errors: ValueError for a time without a zone: the machine's own must not decide.
    """
    if submitted.tzinfo is None or due.tzinfo is None:
        raise ValueError("a time without a zone")
    then, end = submitted.astimezone(timezone.utc), due.astimezone(timezone.utc)
    if then <= end + timedelta(minutes=grace_minutes):
        return Lateness()
    days = max(1, (then - end).days - 1)  # not too many: the clock changes by less than a day
    while (tomorrow := days_after(due, days, zone).astimezone(timezone.utc)) < then:
        days += 1
    today = days_after(due, days - 1, zone).astimezone(timezone.utc) if days > 1 else end
    share = Fraction(_ticks(then - today), _ticks(tomorrow - today))
    return Lateness(days, days - 1 + share, then - today)


def mark(
    result: Result,
    due: datetime | None,
    rules: LateRules,
    zone: tzinfo,
    worth: Decimal,
    grace_left: int = 0,
) -> Mark:
    """What a result counts.

    due:        the student's own deadline; None: there is none.
    worth:      the unit's points in the course.
    grace_left: grace days that the student still has.
    """
    plain = Mark(result.unit, result.points, result.max_points, worth, None, "")
    if not result.handed_in:
        return replace(plain, raw=None, final=Decimal(0), sentence="nothing was handed in")
    late = Lateness()
    if due and result.submitted:
        late = lateness(result.submitted, due, zone, rules.grace_minutes)
    cut_off = rules.cut_off_days is not None and late.days > rules.cut_off_days
    grace = 0 if cut_off else min(late.days, grace_left)
    taken = Fraction(100) if cut_off else _taken(late, grace, rules)
    sentence = _sentence(result, due, rules, late, grace, taken)
    return replace(
        plain,
        final=_final(result, worth, taken),
        sentence="; ".join(filter(None, ("" if result.points is not None else UNGRADED, sentence))),
        late_days=late.days,
        grace_days=grace,
        per_cent=_rounded(taken),
        time_known=due is None or result.submitted is not None,
    )


def marks(course: Course, student: str, results: Iterable[Result]) -> list[Mark]:
    """All marks of a student, in the order of their own deadlines: so grace days are spent.

    Ungraded work spends them too: what a later regrade finds changes no other mark.
    """
    left = course.late.grace_days
    found = []
    for result in sorted(results, key=lambda result: _order(course, student, result.unit)):
        worth, own = course.units[result.unit].points, course.exception(student, result.unit)
        if own and own.excused:
            told = f"excused: {own.reason}"
            kept = (result.unit, result.points, result.max_points, worth)
            found.append(Mark(*kept, final=None, sentence=told, excused=True))
            continue
        due = course.due(student, result.unit)
        found.append(mark(result, due, course.late, course.zone, worth, left))
        left -= found[-1].grace_days
    return found


_LAST = datetime.max.replace(tzinfo=timezone.utc)
_TICK = timedelta(microseconds=1)


def _order(course: Course, student: str, unit: str) -> tuple[datetime, str]:
    due = course.due(student, unit)
    return (due.astimezone(timezone.utc) if due else _LAST, unit)


def _ticks(duration: timedelta) -> int:
    return duration // _TICK


def _taken(late: Lateness, grace: int, rules: LateRules) -> Fraction:
    """The per cent that lateness takes, 0 to 100."""
    days = late.exact if rules.share else Fraction(late.days)
    return min(Fraction(100), Fraction(rules.per_cent_a_day) * max(Fraction(0), days - grace))


def _final(result: Result, worth: Decimal, taken: Fraction) -> Decimal | None:
    if result.points is None:
        return None
    if not result.max_points:
        return Decimal(0)
    reached = Fraction(result.points) / Fraction(result.max_points) * Fraction(worth)
    return _rounded(reached * (100 - taken) / 100)


def _rounded(number: Fraction) -> Decimal:
    """To a hundredth, halves up."""
    return Decimal((number * 100 + Fraction(1, 2)) // 1) / 100


def _sentence(
    result: Result,
    due: datetime | None,
    rules: LateRules,
    late: Lateness,
    grace: int,
    taken: Fraction,
) -> str:
    if due is None:
        return ""
    if result.submitted is None:
        return MARKED_LATE if result.late_mark else NOBODY_SAYS
    if not late.days:
        after = result.submitted.astimezone(timezone.utc) > due.astimezone(timezone.utc)
        within = f", within the {_count(rules.grace_minutes, 'minute')} granted" if after else ""
        return f"handed in in time{within}"
    told = f"handed in {_duration(late)} late"
    if rules.cut_off_days is not None and late.days > rules.cut_off_days:
        return (
            f"{told}, after the cut-off of {_count(rules.cut_off_days, 'day')}: counts for nothing"
        )
    spent = f"{_count(grace, 'grace day')} spent, " if grace else ""
    return f"{told}: {spent}{_rounded(taken):f} per cent taken"


def _duration(late: Lateness) -> str:
    """The two greatest units of how late something is: "1 day and 3 hours"."""
    seconds = int(late.rest.total_seconds())
    units = {"day": late.days - 1, "hour": seconds // 3600, "minute": seconds // 60 % 60}
    told = [_count(number, unit) for unit, number in units.items() if number]
    return " and ".join(told[:2]) or _count(max(1, seconds), "second")


def _count(number: int, unit: str) -> str:
    return f"{number} {unit}{'s' * (number != 1)}"
