"""The assertions that a test must have passed, whoever says that it is complete.

A test's process tells each assertion that holds. The reference answer is run in the same tests, in
processes that the submission has no part in; a pass needs at least the assertions that it passed
there. So a test that was cut short is no pass, however it was done: by a panic at a moment when the
test expects one later, or by a jump. Students have no reference answers: their own runs do without.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from happens_before.core.cache import digest_of
from happens_before.core.report import CheckResult, Status
from happens_before.core.symbols import Symbols
from happens_before.core.unit import Check
from happens_before.judges.base import Job
from happens_before.judges.programs import reference_program
from happens_before.judges.running import Heard, Program, run_all


@dataclass
class Required:
    """By test: the assertions that the reference passes, and their places in its program."""

    symbols: Symbols | None = None
    sites: dict[str, dict[str, str]] = field(default_factory=dict)


class _NotKept(Exception):
    """The reference does not pass everything: what it passed counts, this once."""


def required(job: Job, checks: Sequence[Check], limits: dict[str, float]) -> Required:
    """What each test that the reference passes asks for.

    Errors: GraderFault when it does not build or run.
    """
    if not all(file.is_file() for file in job.unit.reference):
        return Required()
    path = reference_program(job)
    found: dict[str, dict[str, str]] = {}

    def run() -> dict[str, dict[str, str]]:
        for id, heard in run_all(job, checks, Program(path), limits).items():
            if heard.record.end == "pass" and heard.record.complete:
                found[id] = heard.record.sites
        if len(found) < len(checks):
            raise _NotKept
        return found

    try:
        key = digest_of(path.name, *(check.id for check in checks))
        return Required(Symbols(path), job.toolchain.once("sites", key, run))
    except _NotKept:
        return Required(Symbols(path), found)


def hold_against(result: CheckResult, heard: Heard, asked: Required) -> None:
    """Take back a pass of a test that did not pass all that was asked."""
    sites = asked.sites.get(result.check.id, {})
    missing = sorted(set(sites) - set(heard.record.sites))
    if result.status is not Status.PASS or not missing or not asked.symbols:
        return
    result.status, result.how = Status.FAIL, "skipped"
    result.happened = (
        f"the test ended without {len(missing)} of its assertions, which every answer has to pass."
    )
    result.where = asked.symbols.place(sites[missing[0]])
