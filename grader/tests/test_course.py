"""course.toml: what it says is understood, and what is wrong in it is named with its key."""

from __future__ import annotations

from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path

import pytest
from conftest import write_tiny

from happens_before.core import unit as units
from happens_before.core.errors import InputError
from happens_before.core.unit import Unit
from happens_before.teach.course import rules as course
from happens_before.teach.course.rules import Course, Hidden

HEAD = 'title = "Concurrency"\ntime_zone = "Europe/Berlin"\n'
FULL = (
    HEAD
    + """hidden = "name"

[late]
grace_minutes = 15
grace_days = 3
per_cent_a_day = 12.5
cut_off_days = 7

[units."90-cell"]
opens = 2026-09-24
due = 2026-10-01T23:59:00
points = 10.1

[units."91-cell"]
due = 2026-10-08T23:59:00-07:00
hidden = "nothing"

[[exceptions]]
student = "a1"
unit = "90-cell"
extra_days = 25
reason = "ill"

[[exceptions]]
student = "a1"
unit = "*"
excused = true
reason = "moved"

[[exceptions]]
student = "b2"
unit = "91-cell"
due = 2026-11-01T12:00:00
reason = "a conference"
"""
).replace("opens = 2026-09-24\n", "opens = 2026-09-24T08:00:00\n")


@pytest.fixture
def two(tmp_path: Path) -> list[Unit]:
    """Two units, of 4 points each."""
    first = write_tiny(tmp_path / "workbook")
    second = first.with_name("91-cell")
    second.mkdir()
    for file in first.iterdir():
        (second / file.name).write_bytes(file.read_bytes())
    return [units.load(first), units.load(second)]


def load(
    folder: Path, text: str, two: list[Unit], students: tuple[str, ...] | None = None
) -> Course:
    file = folder / "course.toml"
    file.write_text(text)
    return course.load(file, two, students)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=timezone.utc)  # type: ignore[arg-type,misc]


def test_a_course_is_read(tmp_path: Path, two: list[Unit]) -> None:
    read = load(tmp_path, FULL, two, ("a1", "b2"))
    cell = read.units["90-cell"]
    assert cell.points == Decimal("10.1") and read.units["91-cell"].points == 4
    assert cell.due == utc(2026, 10, 1, 21, 59) and cell.opens == utc(2026, 9, 24, 6)
    assert read.units["91-cell"].due == utc(2026, 10, 9, 6, 59)
    assert (cell.hidden, read.units["91-cell"].hidden) == (Hidden.NAME, Hidden.NOTHING)
    late = read.late
    assert (late.grace_minutes, late.grace_days, late.cut_off_days) == (15, 3, 7)
    assert late.per_cent_a_day == Decimal("12.5") and not late.share


def test_an_exception_counts_for_one_student(tmp_path: Path, two: list[Unit]) -> None:
    read = load(tmp_path, FULL, two)
    assert read.due("a1", "90-cell") == utc(
        2026, 10, 26, 22, 59
    )  # the clock was put back: still 23:59
    assert read.due("b2", "91-cell") == utc(2026, 11, 1, 11)
    assert read.due("b2", "90-cell") == read.units["90-cell"].due
    for name, excused in (("90-cell", False), ("91-cell", True)):
        own = read.exception("a1", name)
        assert own is not None and own.excused is excused


def test_without_a_course_nothing_is_late(two: list[Unit]) -> None:
    plain = course.without_rules(two)
    assert plain.due("anybody", "90-cell") is None and plain.units["90-cell"].points == 4
    assert plain.units["90-cell"].hidden == Hidden.SCORE


def test_a_time_that_the_clock_shows_twice_is_the_later_one(
    tmp_path: Path, two: list[Unit]
) -> None:
    read = load(tmp_path, HEAD + '[units."90-cell"]\ndue = 2026-10-25T02:30:00\n', two)
    assert read.due("a1", "90-cell") == utc(2026, 10, 25, 1, 30)


DUE = '[units."90-cell"]\ndue = {}\n'
OWN = '[[exceptions]]\nstudent = "a1"\nreason = "x"\n'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the keys time_zone, title must be there"),
        ('title = "x"\ntime_zone = "Berlin"\n', "there is no zone 'Berlin'"),
        ('title = "x"\ntime_zone = "../../etc/passwd"\n', "there is no zone"),
        (HEAD + 'hidden = "some"\n', "what students see of hidden checks"),
        (HEAD + "[late]\nper_cent_a_day = 101\n", "late.per_cent_a_day: 101"),
        (HEAD + "[late]\nper_cent_a_day = nan\n", "late.per_cent_a_day: nan. Expected: a number"),
        (HEAD + "[late]\ngrace_days = 1.5\n", "days that each student may be late"),
        (HEAD + "[late]\ngrace = 1\n", "grace is not known. Known keys: grace_minutes"),
        (HEAD + '[units."90-cell"]\npoints = inf\n', "units.90-cell.points"),
        (HEAD + DUE.format('"2026-10-01"'), "is no time; times stand without quotes"),
        (HEAD + DUE.format("2026-10-01"), "is a date without a time. Expected: a date with"),
        (HEAD + DUE.format("23:59:00"), "is a time without a date"),
        (HEAD + DUE.format("2026-03-29T02:30:00"), "does not exist in Europe/Berlin"),
        (HEAD + DUE.format("9999-12-31T23:59:00"), "is not in the years"),
        (
            HEAD + DUE.format("2026-10-01T10:00:00") + "opens = 2026-10-01T08:00:00Z\n",
            "units.90-cell.opens: 2026-10-01 08:00:00+00:00 is not before the deadline",
        ),
        (HEAD + '[units."04-mutex"]\n', "no unit '04-mutex'. Units here: 90-cell, 91-cell"),
        (HEAD + OWN + 'unit = "x"\nexcused = true\n', "no unit 'x'. Units here"),
        (HEAD + OWN + 'unit = "*"\n', "has none of them. Expected: due, extra_days or excused"),
        (
            HEAD + OWN + 'unit = "*"\nexcused = true\nextra_days = 1\n',
            "exceptions.0: has extra_days and excused",
        ),
        (HEAD + OWN + 'unit = "*"\nexcused = false\n', "exceptions.0.excused"),
        (HEAD + OWN + 'unit = "90-cell"\nextra_days = 1\n', "90-cell has no deadline to be after"),
        (
            HEAD + (OWN + 'unit = "*"\nexcused = true\n') * 2,
            "exceptions.1: a1 and * again, as in 0",
        ),
        (HEAD + '[[exceptions]]\nstudent = "a1"\n', "the keys reason, unit must be there"),
        (
            HEAD + OWN.replace("a1", "zz") + 'unit = "*"\nexcused = true\n',
            "'zz' is not in the roster. Ids there: a1, b2",
        ),
        ("title = \n", "is not TOML"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, two: list[Unit], text: str, words: str) -> None:
    with pytest.raises(InputError) as told:
        load(tmp_path, text, two, ("a1", "b2"))
    assert words in str(told.value)


def test_every_mistake_is_told_at_once(tmp_path: Path, two: list[Unit]) -> None:
    with pytest.raises(InputError) as told:
        load(tmp_path, HEAD + DUE.format("23:59:00") + OWN + 'unit = "y"\nextra_days = 1\n', two)
    assert str(told.value).count("\n") == 2
