"""The report as the results.json of Exercism's test runners, version 3.

The format: exercism/docs, building/tooling/test-runners/interface.md.
"""

from __future__ import annotations

import json
from typing import Any

from happens_before.core.report import CheckResult, Report, Status
from happens_before.render.plain import bounded, details, why
from happens_before.render.students import Hiding, Hidden, for_students

MESSAGE = 60_000  # Exercism takes 65,535
STATUS = {Status.PASS: "pass", Status.FAIL: "fail", Status.UNGRADED: "error"}


def render(report: Report, hiding: Hiding = Hidden.SCORE) -> str:
    """One test a check, in the order of unit.toml, its task the step of the skeleton.

    When the code does not compile, no test ran, and the compiler's words are the message; when the
    grader could not judge, its own are.
    """
    seen = for_students(report, hiding)
    every = [result for unit in seen.units for result in unit.results]
    broken = [result for result in every if _does_not_compile(result)]
    if report.status is Status.UNGRADED:
        return _error(f"The grader failed, which says nothing of the solution. {why(report)}")
    if broken:
        return _error("\n".join(details(result, MESSAGE) for result in broken))
    status = STATUS[seen.status]
    return _json({"version": 3, "status": status, "tests": [_test(result) for result in every]})


def _does_not_compile(result: CheckResult) -> bool:
    return result.check.name == "build/compiles" and result.status is Status.FAIL


def _error(message: str) -> str:
    return _json({"version": 3, "status": "error", "message": bounded(message, MESSAGE)})


def _test(result: CheckResult) -> dict[str, Any]:
    test: dict[str, Any] = {
        "name": result.check.name,
        "test_code": result.check.promise,
        "status": STATUS[result.status],
        "task_id": result.check.step,
    }
    if text := details(result):
        test["message"] = text
    return test


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
