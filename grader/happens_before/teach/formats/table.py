"""The marks as CSV, for people and spreadsheets, and as JSON (grader/schema/marks.schema.json)."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict

from happens_before.teach.formats.cells import harmless, points
from happens_before.teach.marks import StudentMark

SCHEMA = "happens-before/marks/1"
FILE = "marks.json"  # in a results folder
WHO = ("id", "name", "email", "login", "section")


def to_json(marks: Sequence[StudentMark]) -> str:
    """All that is known of each mark, with a final newline."""
    students = [
        {
            **{key: getattr(mark.student, key) for key in WHO},
            "keys": dict(mark.student.keys),
            "final": mark.final,
            "max_points": mark.max_points,
            "note": mark.note,
            "units": [asdict(unit) for unit in mark.units],
        }
        for mark in marks
    ]
    value = {"schema": SCHEMA, "students": students}
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def to_csv(marks: Sequence[StudentMark]) -> str:
    """One line a student, one column a unit; an empty cell is no mark, which is not 0."""
    units = list(dict.fromkeys(unit.unit for mark in marks for unit in mark.units))
    stream = io.StringIO()
    table = csv.writer(stream, lineterminator="\r\n")
    table.writerow([*WHO, *units, "final", "max_points", "ungraded_points", "late_days", "note"])
    for mark in marks:
        finals = {unit.unit: unit.final for unit in mark.units}
        table.writerow(
            [
                *(harmless(str(getattr(mark.student, key))) for key in WHO),
                *(points(finals.get(unit)) for unit in units),
                points(mark.final),
                points(mark.max_points),
                points(sum(unit.ungraded_points for unit in mark.units)),
                sum(unit.late_days for unit in mark.units),
                harmless("; ".join(_notes(mark))),
            ]
        )
    return stream.getvalue()


def _notes(mark: StudentMark) -> list[str]:
    notes = [f"{unit.unit}: {unit.note}" for unit in mark.units if unit.note]
    return [mark.note, *notes] if mark.note else notes
