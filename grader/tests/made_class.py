"""Results folders of made-up classes, with made-up verdicts, for the tests of what reads them."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from happens_before.core import unit as units
from happens_before.core import workbook
from happens_before.core.report import CheckResult, JudgeReport, Status, UnitReport
from happens_before.core.submission import UnitFiles
from happens_before.core.unit import Unit
from happens_before.teach import intake
from happens_before.teach.intake import Taken
from happens_before.teach.handins.people import Gathered, Student
from happens_before.teach.results import Results

MUTEX = "lessons/04-mutex"


@dataclass(frozen=True)
class Answer:
    """One student's hand-in for one unit. files: None: nothing. results: all others are passes."""

    student: Student
    files: Mapping[str, bytes] | None = field(default_factory=lambda: {"mutex.c": b"int x;\n"})
    results: Sequence[CheckResult] = ()
    graded: bool = True


@functools.cache
def unit(path: str = MUTEX) -> Unit:
    """A unit of the workbook."""
    return units.load(workbook.find_unit(path))


def failed(
    check: str, how: str = "fail", happened: str = "it did not", **more: object
) -> CheckResult:
    """A check of 04-mutex that failed."""
    return result(check, Status.FAIL, how=how, happened=happened, **more)


def result(check: str, status: Status, **more: object) -> CheckResult:
    """A result of a check of 04-mutex, by its name."""
    found = next(each for each in unit().checks if each.name == check)
    return CheckResult(found, status, **more)  # type: ignore[arg-type]


def make_class(
    directory: Path,
    answers: Sequence[Answer],
    path: str = MUTEX,
    unmatched: tuple[tuple[Path, str], ...] = (),
) -> Results:
    """A results folder of one unit, graded as the answers say."""
    results = Results.create(directory, [path])
    taken = []
    for answer in answers:
        each = Taken(answer.student, handed_in=answer.files is not None)
        if answer.files is not None:
            files = UnitFiles(dict(answer.files), ())
            key = results.add(path, files, {"made": "up"})
            each.items[path] = key
            if answer.graded:
                results.keep(key, report(unit(path), files.digest, answer.results), {})
        taken.append(each)
    intake.write(results, taken, Gathered((), unmatched, (), (), "plain"))
    return results


def report(of: Unit, digest: str, results: Sequence[CheckResult]) -> UnitReport:
    """A report in which these results stand, and a pass for every other check."""
    named = {each.check.name: each for each in results}
    judges = [
        JudgeReport(
            plan.judge,
            [named.get(check.name, CheckResult(check, Status.PASS)) for check in plan.checks],
        )
        for plan in of.plans
    ]
    return UnitReport(of.path, of.title, digest, judges)
