"""The report as Classroom 50's result.json ("classroom50/result/v1").

The format: foundation50/classroom50, schemas/result-v1.schema.json and its wiki's page Advanced
Autograding. Scores there are whole numbers, so all points are multiplied by the least factor that
makes them whole.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from happens_before.core.errors import InputError
from happens_before.core.report import CheckResult, Report, Status
from happens_before.render.counted import Counts, score_of
from happens_before.render.plain import details, insist_on_verdicts
from happens_before.render.students import Hidden, Hiding, for_students, hidden_in

SCHEMA = "classroom50/result/v1"


@dataclass(frozen=True)
class Handin:
    """What Classroom 50 wants to know of a hand-in beside its score.

    submission: the tag, submit/TIME-COMMIT. commit, release, review: addresses. datetime: when the
    graded commit was made, as 2026-06-01T14:32:01Z; the same at every regrade.
    """

    classroom: str
    assignment: str
    assignment_type: str
    owner: str
    submission: str
    commit: str
    release: str
    review: str
    datetime: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Handin:
        """From the variables that Classroom 50's runner sets, and SUBMITTED_AT for the datetime.

        Errors: InputError naming each one that is missing.
        """
        given = {name: environment.get(name, "") for name in VARIABLES}
        given["OWNER"] = given["OWNER"] or environment.get("USERNAME", "")
        given["REVIEW_URL"] = given["REVIEW_URL"] or given["COMMIT_URL"]
        given["ASSIGNMENT_TYPE"] = given["ASSIGNMENT_TYPE"] or "individual"
        if missing := [name for name, value in given.items() if not value]:
            raise InputError(
                f"the format classroom50 needs {', '.join(missing)} in the environment.",
                to_do="Classroom 50's runner sets them.",
            )
        return cls(*given.values())


# In the order of Handin's fields.
VARIABLES = (
    "CLASSROOM",
    "ASSIGNMENT",
    "ASSIGNMENT_TYPE",
    "OWNER",
    "SUBMISSION_TAG",
    "COMMIT_URL",
    "RELEASE_URL",
    "REVIEW_URL",
    "SUBMITTED_AT",
)


def render(
    report: Report, handin: Handin, hiding: Hiding = Hidden.SCORE, counts: Counts | None = None
) -> str:
    """One test a check; those that students may not see are one test together.

    counts: what the course makes of the points; default: they count as they are. It changes the
    score at the top alone: each test keeps its own.
    Errors: GraderFault when the report is ungraded: the runner then gets a status that is not zero,
    which is an error of the infrastructure to it, and publishes no score.
    """
    insist_on_verdicts(report, "Classroom 50")
    every = [result for unit in report.units for result in unit.results]
    points, most = score_of(report, counts or {})
    numbers = (points, most, *(result.check.points for result in every))
    factor = math.lcm(*(Fraction(str(number)).denominator for number in numbers))
    tests = [
        _test(f"{unit.unit.split('/')[-1]} {result.check.name}", [result], factor, details(result))
        for unit in for_students(report, hiding).units
        for result in unit.results
    ]
    if closed := list(_not_shown(report, hiding)):
        tests.append(_test("checks that are not shown", closed, factor))
    result = {
        "schema": SCHEMA,
        **vars(handin),
        "score": _whole(points, factor),
        "max-score": _whole(most, factor),
        "tests": tests,
    }
    return json.dumps(result, indent=2, ensure_ascii=False) + "\n"


def _not_shown(report: Report, hiding: Hiding) -> Iterator[CheckResult]:
    for unit in report.units:
        if hidden_in(hiding, unit.unit) in (Hidden.NAME, Hidden.NOTHING):
            yield from (result for result in unit.results if result.check.hidden)


def _test(name: str, results: Sequence[CheckResult], factor: int, text: str = "") -> dict[str, Any]:
    test = {
        "test-name": name,
        "passed": all(result.status is Status.PASS for result in results),
        "score": _whole(sum(result.points for result in results), factor),
        "max-score": _whole(sum(result.check.points for result in results), factor),
    }
    return test | ({"output": text} if text else {})


def _whole(points: float, factor: int) -> int:
    return round(points * factor)
