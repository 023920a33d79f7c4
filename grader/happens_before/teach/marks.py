"""Marks: what the points of a class's reports are worth by the rules of its course."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from pathlib import Path

from happens_before.core import unit as units
from happens_before.core import workbook
from happens_before.core.cache import write_atomically
from happens_before.core.errors import InputError
from happens_before.core.report import UnitReport
from happens_before.core.unit import Unit
from happens_before.render.counted import Counted, Counts
from happens_before.render.students import Hidden
from happens_before.teach.course import rules as courses
from happens_before.teach import intake
from happens_before.teach.course import late
from happens_before.teach.course.rules import Course
from happens_before.teach.handins.people import Student
from happens_before.teach.results import Results
from happens_before.teach.handins.roster import Roster

COURSE = "course.toml"  # the batch's copy, in the results folder


@dataclass(frozen=True)
class UnitMark:
    """One unit of one student.

    points of max_points: as graded. final of worth: by the course's rules; None when there is no
    mark: nothing handed in, ungraded, or excused. late_days: started days after the deadline. note:
    why the mark is what it is. excused: by an exception of the course.
    """

    unit: str
    points: float
    max_points: float
    ungraded_points: float
    late_days: int
    final: float | None
    note: str
    worth: float
    excused: bool = False


@dataclass(frozen=True)
class StudentMark:
    """A student's marks.

    final: the sum, of max_points, where what was not handed in counts nothing and what is excused
    counts for neither; None when a unit is ungraded, the hand-in could not be read, or nothing
    counts.
    """

    student: Student
    units: tuple[UnitMark, ...]
    final: float | None
    max_points: float
    note: str

    @property
    def excused(self) -> bool:
        """Whether the student is excused from all that was asked for."""
        return bool(self.units) and all(unit.excused for unit in self.units)


def checked_course(file: Path, roster: Roster | None) -> tuple[Course, str]:
    """The course of a course.toml that is right, and its text. Errors: InputError listing what is not."""
    students = [student.id for student in roster.students] if roster else None
    course = courses.load(file, _every_unit(), students)
    return course, file.read_text(encoding="utf-8")


def keep_course(results: Results, text: str | None) -> None:
    """Make these the folder's rules; None: those that it had, or none. Errors: InputError."""
    if text is not None:
        write_atomically(results.directory / COURSE, text)


def course_text(results: Results) -> str | None:
    """The folder's course.toml; None: it has none. Errors: InputError when it cannot be read."""
    file = results.directory / COURSE
    try:
        return file.read_text(encoding="utf-8") if file.exists() else None
    except (OSError, UnicodeError) as error:
        raise InputError(f"cannot be read: {error}.", file) from None


def course_of(results: Results) -> Course:
    """The course whose rules the folder's marks follow. Errors: InputError."""
    file = results.directory / COURSE
    every = _every_unit()
    return courses.load(file, every) if file.is_file() else courses.without_rules(every)


@cache
def _every_unit() -> tuple[Unit, ...]:
    return tuple(units.load(directory) for directory in workbook.unit_directories())


def marks_of(results: Results) -> list[StudentMark]:
    """The marks of a results folder, by the students' ids. Errors: InputError."""
    course = course_of(results)
    return [_student(results, course, taken) for taken in intake.read(results)]


def counts_of(mark: StudentMark) -> Counts:
    """The same marks for a renderer, by unit."""
    return {
        each.unit: Counted(0.0 if _is_missing(each) else each.final, each.worth, each.note)
        for each in mark.units
    }


def hiding_of(results: Results) -> Mapping[str, Hidden]:
    """What students see of hidden checks, by unit. Errors: InputError."""
    rules = course_of(results).units
    return {unit: rules[_name(unit)].hidden for unit in results.units()}


def _is_missing(mark: UnitMark) -> bool:
    return mark.final is None and not mark.excused and not mark.ungraded_points


def _student(results: Results, course: Course, taken: intake.Taken) -> StudentMark:
    reports = {unit: _report(results, taken, unit) for unit in results.units()}
    asked = [_result(course, taken, unit, report) for unit, report in reports.items()]
    marked = {mark.unit: mark for mark in late.marks(course, taken.student.id, asked)}
    units = [_unit(unit, report, marked[_name(unit)], taken) for unit, report in reports.items()]
    counted = [mark for mark in units if not mark.excused]
    is_open = (
        not counted
        or bool(taken.problem)
        or any(mark.final is None and mark.unit in taken.items for mark in counted)
    )
    final = None if is_open else float(sum(Decimal(str(mark.final or 0)) for mark in counted))
    note = taken.problem or ("" if taken.handed_in or not counted else "nothing was handed in")
    worth = float(sum(Decimal(str(mark.worth)) for mark in counted))
    return StudentMark(taken.student, tuple(units), final, worth, note)


def _report(results: Results, taken: intake.Taken, unit: str) -> UnitReport | None:
    key = taken.items.get(unit)
    return results.report(key) if key else None


def _result(
    course: Course, taken: intake.Taken, unit: str, report: UnitReport | None
) -> late.Result:
    graded = report is not None and not report.ungraded_points
    return late.Result(
        _name(unit),
        Decimal(str(report.points)) if report and graded else None,
        Decimal(str(report.max_points)) if report else course.units[_name(unit)].points,
        datetime.fromisoformat(taken.submitted) if taken.submitted else None,
        taken.late_mark,
        handed_in=unit in taken.items,
    )


def _unit(unit: str, report: UnitReport | None, mark: late.Mark, taken: intake.Taken) -> UnitMark:
    handed_in = mark.raw is not None or report is not None
    return UnitMark(
        unit,
        report.points if report else 0.0,
        float(mark.max_points),
        report.ungraded_points if report else 0.0,
        mark.late_days,
        float(mark.final) if mark.final is not None and handed_in else None,
        "" if taken.problem and not report and not mark.excused else mark.sentence,
        float(mark.worth),
        mark.excused,
    )


def _name(unit: str) -> str:
    return unit.rsplit("/", 1)[-1]
