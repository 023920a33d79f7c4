"""A class in numbers: everything that its report tells, before it is a page or JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from happens_before.core import unit as units
from happens_before.core import workbook
from happens_before.core.report import CheckResult, Status, UnitReport
from happens_before.core.unit import Check, Unit
from happens_before.teach import intake
from happens_before.teach.pages import statistics
from happens_before.teach.pages.bug_classes import classes_of, signs_of
from happens_before.teach.course.rules import Course
from happens_before.teach.intake import Taken
from happens_before.teach.handins.people import Student
from happens_before.teach.results import Results
from happens_before.teach.pages.statistics import Spread

FINISHED = 0.5  # of the points: what has less is not finished, rather than wrong in one way
SEVERAL = 5  # graded answers, before it says something of a check that all of them fail it
ENOUGH = 10  # graded answers, before a discrimination says something about a check


@dataclass(frozen=True)
class CheckNumbers:
    """What became of one check. hows: in which ways it failed, and how often."""

    check: Check
    passed: int
    failed: int
    ungraded: int
    hows: Mapping[str, int]
    difficulty: float | None
    discrimination: float | None

    @property
    def flag(self) -> str:
        """What an instructor should look at, as a sentence, or ""."""
        graded = self.passed + self.failed
        if graded >= SEVERAL and not self.passed:
            return "nobody passes it: is it taught, and is the check right?"
        if graded >= ENOUGH and (self.discrimination or 0) < 0:
            return "those who pass it do worse elsewhere: does it test what it should?"
        return ""


@dataclass(frozen=True)
class StepNumbers:
    """One step of a unit. lost: the share of its points that the class did not win, 0 to 1."""

    number: int
    title: str
    lost: float | None


@dataclass(frozen=True)
class UnitNumbers:
    """One unit. scores: points of what is graded in full. bugs: answers by class of bug."""

    path: str
    title: str
    max_points: float
    handed_in: int
    scores: Sequence[float]
    spread: Spread | None
    histogram: Sequence[int]
    checks: Sequence[CheckNumbers]
    steps: Sequence[StepNumbers]
    hows: Mapping[str, int]
    bugs: Mapping[str, int]


@dataclass(frozen=True)
class Ungraded:
    """Something that has no verdict. reason: as a sentence."""

    student: Student
    unit: str
    reason: str
    points: float | None


@dataclass(frozen=True)
class Times:
    """How long the class took, where the platform told of earlier hand-ins.

    handins: how many each student made. hours: from the day the unit opened, or else from the first
    hand-in, to the last one.
    """

    handins: Spread | None
    hours: Spread | None
    since_opening: bool


@dataclass(frozen=True)
class ClassNumbers:
    """The whole class. shares: of all points, 0 to 1, of those who have everything graded."""

    students: int
    handed_in: int
    graded: int
    absent: Sequence[Student]
    problems: Sequence[tuple[Student, str]]
    unmatched: Sequence[tuple[str, str]]
    ungraded: Sequence[Ungraded]
    units: Sequence[UnitNumbers]
    shares: Sequence[float]
    spread: Spread | None
    histogram: Sequence[int]
    times: Times


@dataclass
class _Judged:
    """An answer to a unit that has a report, with what is asked of it again and again."""

    points: float
    complete: bool
    by_name: Mapping[str, CheckResult]

    @classmethod
    def of(cls, report: UnitReport) -> _Judged:
        results = {result.check.name: result for result in report.results}
        return cls(report.points, not report.ungraded_points, results)

    @property
    def failed(self) -> set[str]:
        return {name for name, r in self.by_name.items() if r.status is Status.FAIL}


def numbers_of(results: Results, course: Course) -> ClassNumbers:
    """Count a class. Errors: InputError."""
    taken = intake.read(results)
    reports = {key: results.report(key) for each in taken for key in each.items.values()}
    units_read = [units.load(workbook.find_unit(path)) for path in results.units()]
    ungraded = list(_ungraded(taken, reports))
    open_ids = {item.student.id for item in ungraded}
    handed_in = [each for each in taken if each.handed_in]
    whole = [each for each in handed_in if each.items and each.student.id not in open_ids]
    most = sum(unit.max_points for unit in units_read)
    shares = [_points(each, reports) / most for each in whole] if most else []
    return ClassNumbers(
        students=len(taken),
        handed_in=len(handed_in),
        graded=len(whole),
        absent=[each.student for each in taken if not each.handed_in],
        problems=[(each.student, each.problem) for each in taken if each.problem],
        unmatched=_unmatched(results),
        ungraded=ungraded,
        units=[_unit(unit, taken, reports) for unit in units_read],
        shares=shares,
        spread=statistics.spread(shares),
        histogram=statistics.histogram(shares),
        times=_times(handed_in, _opening(course, units_read)),
    )


def _points(taken: Taken, reports: Mapping[str, UnitReport | None]) -> float:
    found = [reports[key] for key in taken.items.values()]
    return sum(report.points for report in found if report)


def _unmatched(results: Results) -> list[tuple[str, str]]:
    data = results.read_json(intake.FILE)
    return [(name, why) for name, why in data.get("unmatched", [])] if data else []


def _ungraded(
    taken: Sequence[Taken], reports: Mapping[str, UnitReport | None]
) -> Iterator[Ungraded]:
    for each in taken:
        for unit, key in each.items.items():
            report = reports[key]
            if report is None:
                yield Ungraded(each.student, unit, "not graded yet.", None)
            elif report.ungraded_points or report.status is Status.UNGRADED:
                yield Ungraded(each.student, unit, _reason(report), report.ungraded_points)


def _reason(report: UnitReport) -> str:
    """The first thing that a judge which gave no verdict says of it."""
    for judge in report.judges:
        if judge.status is Status.UNGRADED:
            told = [r.happened for r in judge.checks if r.status is Status.UNGRADED]
            return judge.message or next((text for text in told if text), "no reason was given.")
    return "no reason was given."


def _unit(
    unit: Unit, taken: Sequence[Taken], reports: Mapping[str, UnitReport | None]
) -> UnitNumbers:
    found = [reports[each.items[unit.path]] for each in taken if unit.path in each.items]
    judged = [_Judged.of(report) for report in found if report]
    scores = [each.points for each in judged if each.complete]
    signs = signs_of(unit)
    bugs: Counter[str] = Counter()
    for each in judged:
        if each.points >= FINISHED * unit.max_points:
            bugs.update(classes_of(each.failed, signs))
    checks = [_check(check, judged) for check in unit.checks]
    hows: Counter[str] = Counter()
    for counted in checks:
        hows.update(counted.hows)
    return UnitNumbers(
        unit.path,
        unit.title,
        unit.max_points,
        len(found),
        scores,
        statistics.spread(scores),
        statistics.histogram([score / unit.max_points for score in scores]),
        checks,
        [_step(n, title, checks) for n, title in enumerate(unit.steps, 1)],
        dict(hows.most_common()),
        dict(bugs.most_common()),
    )


def _check(check: Check, judged: Sequence[_Judged]) -> CheckNumbers:
    """A check's numbers; only an answer that is graded in full says how well its giver does."""
    found = [(each, each.by_name[check.name]) for each in judged if check.name in each.by_name]
    complete = [(each, result) for each, result in found if each.complete]
    passed = [result.status is Status.PASS for _, result in complete]
    rest = [each.points - result.points for each, result in complete]
    statuses = Counter(result.status for _, result in found)
    verdicts = [True] * statuses[Status.PASS] + [False] * statuses[Status.FAIL]
    hows = Counter(result.how or "fail" for _, result in found if result.status is Status.FAIL)
    return CheckNumbers(
        check,
        statuses[Status.PASS],
        statuses[Status.FAIL],
        statuses[Status.UNGRADED],
        dict(hows.most_common()),
        statistics.difficulty(verdicts),
        statistics.discrimination(passed, rest),
    )


def _step(number: int, title: str, checks: Sequence[CheckNumbers]) -> StepNumbers:
    mine = [each for each in checks if each.check.step == number]
    most = sum(each.check.points * (each.passed + each.failed) for each in mine)
    lost = sum(each.check.points * each.failed for each in mine)
    return StepNumbers(number, title, lost / most if most else None)


def _opening(course: Course, asked: Sequence[Unit]) -> datetime | None:
    """When the first of the units was given out; None where the course does not say."""
    return min((day for unit in asked if (day := course.units[unit.name].opens)), default=None)


def _times(handed_in: Sequence[Taken], opens: datetime | None) -> Times:
    with_history = [each for each in handed_in if each.history and each.submitted]
    hours, handins = [], []
    for each in with_history:
        last = datetime.fromisoformat(str(each.submitted))
        before = [datetime.fromisoformat(earlier["submitted"]) for earlier in each.history]
        hours.append(max(0.0, (last - (opens or before[0])).total_seconds() / 3600))
        handins.append(1.0 + sum(not opens or time >= opens for time in before))
    return Times(statistics.spread(handins), statistics.spread(hours), opens is not None)
