"""The report: everything that grading found out, in one JSON-ready structure.

The written schema is grader/schema/report.schema.json. Two gradings of the same submission with the
same workbook give equal reports but for the fields in OF_THE_RUN.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from happens_before.core.unit import Check

SCHEMA = "happens-before/report/1"
OF_THE_RUN = ("duration_s", "cached")  # what may differ when the same work is graded again


class Status(StrEnum):
    """How a check, a judge, a unit or a whole grading ended.

    UNGRADED: a fault of ours, worth no verdict.
    """

    PASS = "pass"
    FAIL = "fail"
    UNGRADED = "ungraded"


# What a command that grades exits with.
EXIT_STATUS = {Status.PASS: 0, Status.FAIL: 1, Status.UNGRADED: 3}


@dataclass
class Place:
    """A line of source;

    `file` is relative to the unit or to grader/runtime, `text` is what stands there.
    """

    file: str
    line: int
    function: str = ""
    text: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return place + (f" ({self.function})" if self.function else "")


@dataclass
class Evidence:
    """One thing that the judge saw:

    a sentence, and the places that belong to it, innermost first.
    """

    text: str
    places: list[Place] = field(default_factory=list)


@dataclass
class CheckResult:
    """What became of one check.

    how:       the way it failed, one word that hints are keyed by: fail, deadlock, race, leak, ...
    happened:  what was seen, as a sentence; `promise` says what should have been.
    story:     the failing execution, in the form of story.schema.json; None where none is known.
    """

    check: Check
    status: Status
    how: str = ""
    happened: str = ""
    where: Place | None = None
    evidence: list[Evidence] = field(default_factory=list)
    duration_s: float = 0.0
    story: dict[str, Any] | None = None

    @property
    def places(self) -> list[Place]:
        """Every place that the result names."""
        named = [place for item in self.evidence for place in item.places]
        return ([self.where] if self.where else []) + named

    @property
    def points(self) -> float:
        """Points won: all or none for one check; none yet for one that is ungraded."""
        return self.check.points if self.status is Status.PASS else 0.0


@dataclass
class JudgeReport:
    """One judge's verdicts on one unit.

    `message`: what the judge itself has to say (warnings, why it could not judge).
    """

    judge: str
    checks: list[CheckResult]
    message: str = ""
    duration_s: float = 0.0
    cached: bool = False

    @property
    def status(self) -> Status:
        """Ungraded if any check is; else fail if any check failed."""
        return worst(result.status for result in self.checks)


@dataclass
class UnitReport:
    """One unit of one submission."""

    unit: str
    title: str
    digest: str
    judges: list[JudgeReport]
    duration_s: float = 0.0

    @property
    def results(self) -> list[CheckResult]:
        """Every check's result, judge by judge."""
        return [result for judge in self.judges for result in judge.checks]

    @property
    def status(self) -> Status:
        """The worst of its judges'."""
        return worst(judge.status for judge in self.judges)

    @property
    def points(self) -> float:
        """Points won."""
        return sum(result.points for result in self.results)

    @property
    def max_points(self) -> float:
        """Points that could be won by the checks that were asked for."""
        return sum(result.check.points for result in self.results)

    @property
    def ungraded_points(self) -> float:
        """Points that are neither won nor lost, because we failed to judge."""
        return sum(r.check.points for r in self.results if r.status is Status.UNGRADED)


@dataclass
class Report:
    """A whole grading: one submission, some units."""

    submission: str
    units: list[UnitReport]
    notes: list[str] = field(default_factory=list)
    limits: list[str] = field(default_factory=list)
    duration_s: float = 0.0

    @property
    def status(self) -> Status:
        """The worst of its units'."""
        return worst(unit.status for unit in self.units)

    @property
    def points(self) -> float:
        """Points won over all units."""
        return sum(unit.points for unit in self.units)

    @property
    def max_points(self) -> float:
        """Points that could be won over all units."""
        return sum(unit.max_points for unit in self.units)

    @property
    def ungraded_points(self) -> float:
        """Points that are neither won nor lost, over all units."""
        return sum(unit.ungraded_points for unit in self.units)


def worst(statuses: Iterator[Status]) -> Status:
    """UNGRADED over FAIL over PASS; nothing at all is ungraded: no verdict is not a pass."""
    seen = set(statuses)
    for status in (Status.UNGRADED, Status.FAIL, Status.PASS):
        if status in seen:
            return status
    return Status.UNGRADED


def to_json(report: Report) -> dict[str, Any]:
    """The report in the form of report.schema.json."""
    return {
        "schema": SCHEMA,
        "submission": report.submission,
        **_score(report),
        "notes": report.notes,
        "limits": report.limits,
        "units": [unit_to_json(unit) for unit in report.units],
    }


def _score(part: Report | UnitReport) -> dict[str, Any]:
    return {
        "status": str(part.status),
        "points": part.points,
        "max_points": part.max_points,
        "ungraded_points": part.ungraded_points,
        "duration_s": round(part.duration_s, 3),
    }


def unit_to_json(unit: UnitReport) -> dict[str, Any]:
    """One unit of the report."""
    return {
        "unit": unit.unit,
        "title": unit.title,
        "digest": unit.digest,
        **_score(unit),
        "judges": [judge_to_json(judge) for judge in unit.judges],
    }


def judge_to_json(judge: JudgeReport) -> dict[str, Any]:
    """One judge's part of the report."""
    return {
        "judge": judge.judge,
        "status": str(judge.status),
        "message": judge.message,
        "duration_s": round(judge.duration_s, 3),
        "cached": judge.cached,
        "checks": [_check_to_json(result) for result in judge.checks],
    }


def _check_to_json(result: CheckResult) -> dict[str, Any]:
    check = result.check
    told = {"story": result.story} if result.story else {}
    return told | {
        "check": check.name,
        "step": check.step,
        "hidden": check.hidden,
        "status": str(result.status),
        "points": None if result.status is Status.UNGRADED else result.points,
        "max_points": check.points,
        "expected": check.promise,
        "how": result.how,
        "happened": result.happened,
        "where": asdict(result.where) if result.where else None,
        "evidence": [asdict(item) for item in result.evidence],
        "duration_s": round(result.duration_s, 3),
    }


def without_run(value: Any) -> Any:
    """JSON of a report, or a part of it, without what tells of the run instead of the work."""
    if isinstance(value, dict):
        return {key: without_run(item) for key, item in value.items() if key not in OF_THE_RUN}
    return [without_run(item) for item in value] if isinstance(value, list) else value


def unit_from_json(data: dict[str, Any]) -> UnitReport:
    """The inverse of unit_to_json, with or without what tells of the run.

    Errors: KeyError, TypeError or ValueError if it is damaged.
    """
    judges = []
    for judge in data["judges"]:
        checks = [_asked_in(item) for item in judge["checks"]]
        judges.append(judge_from_json(judge, {check.name: check for check in checks}))
    duration_s = data.get("duration_s", 0.0)
    return UnitReport(data["unit"], data["title"], data["digest"], judges, duration_s)


def _asked_in(data: dict[str, Any]) -> Check:
    """The check that a result answers, as far as the report tells of it."""
    judge, _, id = data["check"].partition("/")
    return Check(id, judge, data["step"], data["max_points"], data["expected"], data["hidden"])


def judge_from_json(data: dict[str, Any], checks: dict[str, Check]) -> JudgeReport:
    """The inverse of judge_to_json, for results that were kept.

    Errors: KeyError, TypeError or ValueError if it is damaged, or of other checks than these.
    """
    if [item["check"] for item in data["checks"]] != list(checks):
        raise ValueError("the verdicts of other checks")
    return JudgeReport(
        data["judge"],
        [_check_from_json(item, checks) for item in data["checks"]],
        data["message"],
        data.get("duration_s", 0.0),
        cached=True,
    )


def _check_from_json(data: dict[str, Any], checks: dict[str, Check]) -> CheckResult:
    where = data["where"]
    return CheckResult(
        checks[data["check"]],
        Status(data["status"]),
        data["how"],
        data["happened"],
        Place(**where) if where else None,
        [
            Evidence(item["text"], [Place(**place) for place in item["places"]])
            for item in data["evidence"]
        ],
        data.get("duration_s", 0.0),
        data.get("story"),
    )
