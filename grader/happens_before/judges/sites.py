"""The assertions that a test must have passed, whoever says that it is complete.

A test's process tells each assertion that holds. The unit's correct answers are run in the same
tests, in processes that the submission has no part in; a pass needs the assertions that all of them
passed there (a test may ask one thing of one design, and another of another). So a test that was
cut short is no pass, however it was done: by a panic at a moment when the test expects one later,
or by a jump. Students have no such answers: their own runs do without.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from happens_before.core.cache import digest_of
from happens_before.core.report import CheckResult, Status
from happens_before.core.symbols import Symbols
from happens_before.core.unit import Check, Unit
from happens_before.judges.base import Job
from happens_before.judges.programs import answer_program
from happens_before.judges.running import Heard, Program, run_all

Sites = dict[str, dict[str, str]]  # by test: where an assertion held, and its place in the program


class _NotKept(Exception):
    """The answer does not pass everything: what it passed counts, this once."""


def hold_against(
    job: Job,
    results: Sequence[CheckResult],
    heard: Mapping[str, Heard],
    limits: dict[str, float],
) -> None:
    """Take back the pass of each test that did not pass what every answer passes.

    Errors: GraderFault when an answer of ours does not build or run.
    """
    reference = job.unit.reference
    if not all(file.is_file() for file in reference):
        return
    checks = [result.check for result in results]
    asked = _passed_by(job, reference, checks, limits)
    passed = {check.id: set(heard[check.id].record.sites) for check in checks}
    missing = {
        result.check.id: set(asked.get(result.check.id, {})) - passed[result.check.id]
        for result in results
        if result.status is Status.PASS
    }
    if not any(missing.values()):
        return
    for answer in _alternates(job.unit):  # rare: only now are they worth their time
        theirs = _passed_by(job, answer, checks, limits)
        for id in missing.keys() & theirs.keys():
            missing[id] &= set(theirs[id])
    symbols = Symbols(answer_program(job, reference))
    for result in results:
        if sites := sorted(missing.get(result.check.id, ())):
            _take_back(result, len(sites))
            result.where = symbols.place(asked[result.check.id][sites[0]])


def _take_back(result: CheckResult, count: int) -> None:
    result.status, result.how = Status.FAIL, "skipped"
    result.happened = (
        f"the test ended without {count} of its assertions, which every answer has to pass."
    )


def _alternates(unit: Unit) -> Iterator[tuple[Path, ...]]:
    """The files of each other answer; one that it leaves out is the reference's."""
    for directory in sorted((unit.solution / "alternates").glob("*")):
        own = [directory / name for name in unit.editable]
        yield tuple(file if file.is_file() else unit.solution / file.name for file in own)


def _passed_by(
    job: Job, answer: Sequence[Path], checks: Sequence[Check], limits: dict[str, float]
) -> Sites:
    """What an answer passes, in each test that it passes."""
    path = answer_program(job, answer)
    found: Sites = {}

    def run() -> Sites:
        for id, heard in run_all(job, checks, Program(path), limits).items():
            if heard.record.end == "pass" and heard.record.complete:
                found[id] = heard.record.sites
        if len(found) < len(checks):
            raise _NotKept
        return found

    try:
        return dict(job.toolchain.once("sites", digest_of(path.name, *(c.id for c in checks)), run))
    except _NotKept:
        return found
