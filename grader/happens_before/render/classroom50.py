"""The report as Classroom 50's result.json ("classroom50/result/v1").

The format: foundation50/classroom50, schemas/result-v1.schema.json and its wiki's page Advanced
Autograding. Scores there are whole numbers, so all points are multiplied by the least factor that
makes them whole.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from happens_before.core.errors import InputError
from happens_before.core.report import CheckResult, Report, Status
from happens_before.render.plain import details, insist_on_verdicts
from happens_before.render.students import Hidden, for_students

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


def render(report: Report, handin: Handin, hidden: Hidden = Hidden.SCORE) -> str:
    """One test a check; those that students may not see are one test together.

    Errors: GraderFault when the report is ungraded: the runner then gets a status that is not zero,
    which is an error of the infrastructure to it, and publishes no score.
    """
    insist_on_verdicts(report, "Classroom 50")
    every = [result for unit in report.units for result in unit.results]
    factor = math.lcm(*(Fraction(str(r.check.points)).denominator for r in every))
    tests = [
        _test(f"{unit.unit.split('/')[-1]} {result.check.name}", [result], factor, details(result))
        for unit in for_students(report, hidden).units
        for result in unit.results
    ]
    if hidden in (Hidden.NAME, Hidden.NOTHING):
        closed = [result for result in every if result.check.hidden]
        tests += [_test("checks that are not shown", closed, factor)] if closed else []
    result = {
        "schema": SCHEMA,
        **vars(handin),
        "score": _whole(report.points, factor),
        "max-score": _whole(report.max_points, factor),
        "tests": tests,
    }
    return json.dumps(result, indent=2, ensure_ascii=False) + "\n"


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
