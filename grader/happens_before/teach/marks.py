"""Marks: what the points of a class's reports are worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from happens_before.teach import intake
from happens_before.teach.people import Student
from happens_before.teach.results import Results


@dataclass(frozen=True)
class UnitMark:
    """One unit of one student.

    final: after the course's rules; None when there is no mark: nothing handed in, or ungraded.
    late_days: started days beyond the deadline. note: why the mark is what it is, as sentences.
    """

    unit: str
    points: float
    max_points: float
    ungraded_points: float
    late_days: int
    final: float | None
    note: str


@dataclass(frozen=True)
class StudentMark:
    """A student's marks. final: the sum; None when a unit of it has points that are ungraded."""

    student: Student
    units: tuple[UnitMark, ...]
    final: float | None
    max_points: float
    note: str


def marks_of(results: Results) -> list[StudentMark]:
    """The marks of a results folder, by the students' ids. Errors: InputError."""
    return [_student(results, taken) for taken in intake.read(results)]


def _student(results: Results, taken: intake.Taken) -> StudentMark:
    units = tuple(_unit(results, taken, unit) for unit in results.units())
    ungraded = any(mark.final is None and unit in taken.items for unit, mark in _named(units))
    final = None if ungraded or taken.problem else sum(mark.final or 0.0 for mark in units)
    note = taken.problem or ("" if taken.handed_in else "nothing was handed in.")
    return StudentMark(taken.student, units, final, sum(m.max_points for m in units), note)


def _named(units: Sequence[UnitMark]) -> list[tuple[str, UnitMark]]:
    return [(mark.unit, mark) for mark in units]


def _unit(results: Results, taken: intake.Taken, unit: str) -> UnitMark:
    key = taken.items.get(unit)
    if key is None:
        return UnitMark(unit, 0.0, 0.0, 0.0, 0, None, "nothing was handed in.")
    report = results.report(key)
    if report is None:
        return UnitMark(unit, 0.0, 0.0, 0.0, 0, None, "not graded yet.")
    if report.ungraded_points:
        note = f"{report.ungraded_points:g} points are ungraded: a fault of the grader."
        most, open_points = report.max_points, report.ungraded_points
        return UnitMark(unit, report.points, most, open_points, 0, None, note)
    return UnitMark(unit, report.points, report.max_points, 0.0, 0, report.points, "")
