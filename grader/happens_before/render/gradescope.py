"""The report as Gradescope's results.json.

The format: https://gradescope-autograders.readthedocs.io/en/latest/specs/. The maxima of the tests
add up to the report's, as Gradescope expects; the total stands at the top, so that it does not hang
on what students may see.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from happens_before.core.report import CheckResult, Report, Status, UnitReport
from happens_before.render.counted import Counts, score_of
from happens_before.render.plain import clean, details, insist_on_verdicts, score_line
from happens_before.render.students import NOT_SHOWN, Hidden, Hiding, for_students, hidden_in

Test = dict[str, Any]


def render(report: Report, hiding: Hiding = Hidden.SCORE, counts: Counts | None = None) -> str:
    """One test a check. What students may not see stands in tests that only instructors see.

    counts: what the course makes of the points; default: they count as they are. It changes the
    score at the top alone: each test keeps its own.
    Errors: GraderFault when the report is ungraded. Gradescope then finds no results.json, says that
    the autograder failed, and gives no score; the instructor reads why in its output, and runs it
    again.
    """
    insist_on_verdicts(report, "Gradescope")
    seen = for_students(report, hiding)
    said = [*seen.notes, *(score_line(unit, unit.unit) for unit in seen.units)]
    result = {
        "score": score_of(report, counts or {})[0],
        "output": clean("\n".join(said)),
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": [
            test for unit in report.units for test in _tests(unit, hidden_in(hiding, unit.unit))
        ],
    }
    return json.dumps(result, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _tests(unit: UnitReport, hidden: Hidden) -> Iterator[Test]:
    for result in unit.results:
        if not result.check.hidden or hidden is Hidden.EVERYTHING:
            yield _named(unit, result) | _scored(result) | _told(details(result))
        else:
            yield from _hidden_tests(unit, result, hidden)


def _hidden_tests(unit: UnitReport, result: CheckResult, hidden: Hidden) -> Iterator[Test]:
    """What students see of a hidden check, if anything, and what only instructors see."""
    text = details(result) or "passed"
    name = _named(unit, result)
    for_instructors = name | {"visibility": "hidden"} | _told(text)
    if hidden is Hidden.SCORE:
        yield name | _scored(result) | _told(NOT_SHOWN)
        yield for_instructors
        return
    if hidden is Hidden.NAME:
        yield name | _told("a hidden check: its result is not shown.")
    yield for_instructors | _scored(result)


def _named(unit: UnitReport, result: CheckResult) -> Test:
    step = result.check.step
    name = f"{unit.unit.split('/')[-1]}  {result.check.name}  (step {step})"
    return {"name": name, "name_format": "text", "visibility": "visible"}


def _scored(result: CheckResult) -> Test:
    status = "passed" if result.status is Status.PASS else "failed"
    return {"score": result.points, "max_score": result.check.points, "status": status}


def _told(text: str) -> Test:
    return {"output": text, "output_format": "text"} if text else {}
