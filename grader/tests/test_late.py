"""What lateness takes: to the second, over changes of the clock, and never more than is due."""

from __future__ import annotations

import random
import time
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from happens_before.teach.course import rules as course
from happens_before.teach.course import late
from happens_before.teach.course import wall_clock
from happens_before.teach.course.rules import Course, Excepted, LateRules, UnitRules
from happens_before.teach.course.late import Mark, Result

BERLIN = ZoneInfo("Europe/Berlin")
DUE = datetime(2026, 10, 1, 23, 59, tzinfo=BERLIN)
TEN = LateRules(grace_minutes=15, per_cent_a_day=Decimal(10), cut_off_days=7)


def marked(
    after: timedelta | None, rules: LateRules = TEN, points: str | None = "80", **more: object
) -> Mark:
    """The mark for 80 of 100 points, handed in so long after the deadline; the unit counts 10."""
    submitted = None if after is None else DUE.astimezone(timezone.utc) + after
    reached = None if points is None else Decimal(points)
    result = Result("u", reached, Decimal(100), submitted, **more)  # type: ignore[arg-type]
    return late.mark(result, DUE, rules, BERLIN, Decimal(10), grace_left=rules.grace_days)


def after(**parts: int) -> timedelta:
    return timedelta(**parts)


@pytest.mark.parametrize(
    ("lateness", "final", "sentence"),
    [
        (after(days=-3), "8", "handed in in time"),
        (after(), "8", "handed in in time"),
        (after(minutes=15), "8", "handed in in time, within the 15 minutes granted"),
        (
            after(minutes=15, microseconds=1),
            "7.2",
            "handed in 15 minutes late: 10 per cent taken",
        ),
        (after(days=1), "7.2", "handed in 24 hours late: 10 per cent taken"),
        (
            after(days=1, hours=3, minutes=9),
            "6.4",
            "handed in 1 day and 3 hours late: 20 per cent taken",
        ),
        (after(days=7), "2.4", "handed in 6 days and 24 hours late: 70 per cent taken"),
        (
            after(days=7, seconds=1),
            "0",
            "handed in 7 days late, after the cut-off of 7 days: counts for nothing",
        ),
    ],
)
def test_each_started_day_takes_as_much(lateness: timedelta, final: str, sentence: str) -> None:
    mark = marked(lateness)
    assert (mark.final, mark.sentence) == (Decimal(final), sentence)


def test_a_share_of_a_day_takes_its_share() -> None:
    share = LateRules(per_cent_a_day=Decimal(10), share=True)
    mark = marked(after(hours=36), share)
    assert (mark.late_days, mark.per_cent, mark.final) == (2, Decimal(15), Decimal("6.8"))
    spent = LateRules(per_cent_a_day=Decimal(10), share=True, grace_days=1)
    assert marked(after(hours=36), spent).per_cent == Decimal(5)


def test_grace_days_are_spent_first_and_told() -> None:
    rules = LateRules(grace_days=1, per_cent_a_day=Decimal(10))
    mark = marked(after(days=1, hours=3), rules)
    assert (mark.late_days, mark.grace_days, mark.final) == (2, 1, Decimal("7.2"))
    assert mark.sentence == "handed in 1 day and 3 hours late: 1 grace day spent, 10 per cent taken"


def test_after_the_cut_off_no_grace_day_is_wasted() -> None:
    rules = LateRules(grace_days=5, per_cent_a_day=Decimal(10), cut_off_days=1)
    mark = marked(after(days=2), rules)
    assert (mark.final, mark.grace_days, mark.per_cent) == (0, 0, 100)


def test_without_a_deadline_or_a_time_nothing_is_late_and_it_is_said() -> None:
    assert marked(None).sentence == "nobody says when it was handed in: counted as in time"
    assert marked(None).final == 8 and not marked(None).time_known
    assert "marked as late by the platform" in marked(None, late_mark=True).sentence
    free = late.mark(Result("u", Decimal(1), Decimal(2)), None, TEN, BERLIN, Decimal(10))
    assert (free.final, free.sentence, free.time_known) == (5, "", True)


@pytest.mark.parametrize("lateness", [None, after(), after(days=2), after(days=20)])
def test_ungraded_stays_ungraded(lateness: timedelta | None) -> None:
    mark = marked(lateness, points=None)
    assert mark.final is None and mark.raw is None
    assert mark.sentence.startswith("ungraded, which is no zero; ")


def test_nothing_handed_in_counts_nothing_and_is_not_ungraded() -> None:
    mark = marked(None, points=None, handed_in=False)
    assert (mark.final, mark.sentence) == (0, "nothing was handed in")


def test_the_arithmetic_is_exact() -> None:
    rules = LateRules(per_cent_a_day=Decimal("33.3"))
    tenths = Result("u", Decimal("0.3"), Decimal("0.3"), DUE + after(days=1))
    assert late.mark(tenths, DUE, rules, BERLIN, Decimal("0.7")).final == Decimal("0.47")
    half = Result("u", Decimal("0.125"), Decimal(1))
    assert late.mark(half, DUE, rules, BERLIN, Decimal(1)).final == Decimal("0.13")  # once, upwards
    third = Result("u", Decimal(1), Decimal(3))
    assert late.mark(third, DUE, rules, BERLIN, Decimal(3)).final == 1
    nothing = Result("u", Decimal(0), Decimal(0))
    assert late.mark(nothing, DUE, rules, BERLIN, Decimal(0)).final == 0


@pytest.mark.parametrize(
    ("due", "hours"),
    [
        (datetime(2026, 10, 24, 23, 59, tzinfo=BERLIN), 25),
        (datetime(2026, 3, 28, 23, 59, tzinfo=BERLIN), 23),
        (datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN, fold=0), 25),
        (datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN, fold=1), 24),
        (datetime(2026, 3, 28, 2, 30, tzinfo=BERLIN), 24),  # 02:30 is skipped: 03:30
        (datetime(2026, 10, 1, 21, 59, tzinfo=timezone.utc), 24),
    ],
)
def test_a_day_ends_when_the_clock_shows_the_same_time(due: datetime, hours: int) -> None:
    start = due.astimezone(timezone.utc)
    for seconds, days in ((0, 0), (1, 1), (hours * 3600, 1), (hours * 3600 + 1, 2)):
        found = late.lateness(start + after(seconds=seconds), due, BERLIN)
        assert found.days == days, seconds
        assert days - 1 < found.exact <= days or days == 0
    whole = late.lateness(start + after(hours=hours), due, BERLIN)
    assert whole.exact == 1


def test_a_day_that_a_zone_skips_is_no_day_late() -> None:
    apia = ZoneInfo("Pacific/Apia")  # had no 30 December 2011
    due = datetime(2011, 12, 29, 12, 0, tzinfo=apia)
    found = late.lateness(datetime(2011, 12, 31, 12, 0, tzinfo=apia), due, apia)
    assert (found.days, found.exact) == (1, 1)


def test_the_zone_in_which_a_time_is_written_does_not_matter() -> None:
    then = DUE.astimezone(timezone.utc) + after(days=2, hours=1)
    zones = (timezone.utc, BERLIN, ZoneInfo("America/Los_Angeles"), timezone(after(hours=14)))
    assert len({late.lateness(then.astimezone(zone), DUE, BERLIN) for zone in zones}) == 1
    with pytest.raises(ValueError, match="without a zone"):
        late.lateness(datetime(2026, 10, 1), DUE, BERLIN)


def random_rules(chance: random.Random) -> LateRules:
    return LateRules(
        grace_minutes=chance.choice((0, 15, 600)),
        grace_days=chance.randrange(4),
        per_cent_a_day=Decimal(chance.randrange(0, 1001)) / 10,
        share=chance.random() < 0.5,
        cut_off_days=chance.choice((None, 0, 2, 9)),
    )


def test_points_never_rise_with_lateness() -> None:
    chance = random.Random(1)
    for _ in range(200):
        rules, points = random_rules(chance), str(Decimal(chance.randrange(10_001)) / 100)
        times = sorted(after(seconds=chance.randrange(-90_000, 1_500_000)) for _ in range(12))
        finals = [marked(time, rules, points).final for time in times]
        assert all(
            0 <= final <= Decimal(points) / 10 + Decimal("0.005")
            for final in finals
            if final is not None
        )
        assert finals == sorted(finals, reverse=True), (rules, points)  # type: ignore[type-var]


def a_course(chance: random.Random, rules: LateRules) -> Course:
    days = [chance.randrange(1, 28) for _ in range(6)]
    units = {
        f"u{n}": UnitRules(f"u{n}", Decimal(10), DUE + after(days=day))
        for n, day in enumerate(days)
    }
    return Course("c", BERLIN, units, rules)


def test_the_grace_budget_is_spent_in_order_and_never_overspent() -> None:
    chance = random.Random(2)
    for _ in range(200):
        rules = random_rules(chance)
        plan = a_course(chance, rules)
        results = [
            Result(
                name,
                chance.choice((None, Decimal(5))),
                Decimal(10),
                DUE + after(hours=chance.randrange(800)),
            )
            for name in plan.units
        ]
        marks = late.marks(plan, "a1", results)
        chance.shuffle(results)
        assert marks == late.marks(plan, "a1", results)  # the order of grading does not matter
        left = rules.grace_days
        for mark in marks:
            cut_off = rules.cut_off_days is not None and mark.late_days > rules.cut_off_days
            assert mark.grace_days == (0 if cut_off else min(left, mark.late_days))
            left -= mark.grace_days
        assert left >= 0
        dues = [plan.units[mark.unit].due for mark in marks]
        assert dues == sorted(dues)  # type: ignore[type-var]


def test_exceptions_move_excuse_and_spare_grace_days() -> None:
    rules = LateRules(grace_days=1, per_cent_a_day=Decimal(50))
    units = {n: UnitRules(n, Decimal(10), DUE + after(days=d)) for d, n in enumerate("abc")}
    exceptions = {
        ("a1", "a"): Excepted("a1", "a", "ill", excused=True),
        ("a1", "b"): Excepted("a1", "b", "ill", extra_days=5),
    }
    plan = Course("c", BERLIN, units, rules, exceptions)
    then = DUE + after(days=6, hours=1)
    results = [Result(name, Decimal(10), Decimal(10), then) for name in "abc"]
    found = {mark.unit: mark for mark in late.marks(plan, "a1", results)}
    assert found["a"].excused and found["a"].final is None and found["a"].raw == 10
    assert found["a"].sentence == "excused: ill"
    assert found["c"].grace_days == 1 and found["c"].final == 0
    assert found["b"].late_days == 1 and found["b"].final == 5  # due last, so its grace was gone


class NoClock(datetime):
    """A datetime that nobody may ask for the time."""

    @classmethod
    def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
        raise AssertionError("the clock was read")

    today = utcnow = now  # type: ignore[assignment]


def test_the_clock_is_never_read(monkeypatch: pytest.MonkeyPatch) -> None:
    before = [marked(after(hours=hours)) for hours in range(0, 200, 7)]
    for module in (late, course, wall_clock):
        monkeypatch.setattr(module, "datetime", NoClock)
    for name in ("time", "time_ns", "localtime", "gmtime"):
        monkeypatch.setattr(time, name, NoClock.now)
    assert [marked(after(hours=hours)) for hours in range(0, 200, 7)] == before
    assert Fraction(before[-1].per_cent) == 100
