"""The report as the standard output that Autolab reads.

The format: Autolab's Guide for Lab Authors and its page Formatted Feedback. Autolab shows all of it
to the student; it parses the last line but one (the table) and the last one (the scores).
"""

from __future__ import annotations

import json
from typing import Any

from happens_before.core.report import CheckResult, Report, Status, UnitReport
from happens_before.render.counted import Counts
from happens_before.render.plain import details, whole
from happens_before.render.students import Hidden, Hiding, for_students

HINT = 1_000  # characters: a hint stands in a table's cell, and the whole above


def render(report: Report, hiding: Hiding = Hidden.SCORE, counts: Counts | None = None) -> str:
    """The report in words, the table of checks, and the scores: one problem a unit, by its name.

    counts: what the course makes of the points; default: they count as they are. An ungraded unit
    has the score null, as has one that the student is excused from; Autolab keeps that as no score.
    (Without a last line that it can parse, it would write a zero.)
    """
    seen = for_students(report, hiding)
    stages = [
        (f"{unit.unit.split('/')[-1]} {judge.judge}", {r.check.id: _case(r) for r in judge.checks})
        for unit in seen.units
        for judge in unit.judges
    ]
    table: dict[str, Any] = {"_presentation": "semantic", "stages": [name for name, _ in stages]}
    scores = {unit.unit.split("/")[-1]: _score(unit, counts or {}) for unit in report.units}
    last = [json.dumps(table | dict(stages)), json.dumps({"scores": scores})]
    return whole(seen) + "\n" + "\n".join(last) + "\n"


def _score(unit: UnitReport, counts: Counts) -> float | None:
    if unit.status is Status.UNGRADED:
        return None
    return counts[unit.unit].points if counts else unit.points


def _case(result: CheckResult) -> dict[str, Any] | str:
    if result.status is Status.UNGRADED:
        return "not graded: a fault of the grader, which costs no points"
    if result.status is Status.PASS:
        return {"passed": True}
    return {"passed": False, "hint": details(result, HINT)}
