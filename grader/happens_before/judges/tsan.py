"""The tsan judge: tests and scenarios under ThreadSanitizer.

Every report counts (data race, use after free, lock order, misuse of a mutex); the first one ends
its test. A test that does not pass for another reason fails here too: what did not run to its end
has not been seen to be free of races.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from happens_before.core import workbook
from happens_before.core.errors import GraderFault
from happens_before.core.report import CheckResult, JudgeReport, Status
from happens_before.core.symbols import Symbols
from happens_before.core.unit import Check, Unit
from happens_before.judges.base import Job, all_alike
from happens_before.judges.programs import tsan_program
from happens_before.judges.races import Access, tell_race
from happens_before.judges.running import Heard, Program, decide, limits_of, run_all

ROUNDS = 60  # of each scenario
ENVIRONMENT = {"TSAN_OPTIONS": "suppressions=/tsan-suppressions", "HB_SPIN_LIMIT_MS": "10000"}
SUPPRESSIONS = workbook.ROOT / "tsan-suppressions"


class TsanJudge:
    """Runs the tests that unit.toml names for it on libtsan."""

    name = "tsan"

    def judge(self, job: Job, checks: Sequence[Check]) -> JudgeReport:
        """See base.Judge."""
        if obstacle := job.obstacle():
            return all_alike(self.name, checks, Status.FAIL, obstacle, "not-run")
        started = time.monotonic()
        path = tsan_program(job)
        program = Program(
            path,
            environment=ENVIRONMENT,
            rounds=ROUNDS,
            mounts=((SUPPRESSIONS, "/tsan-suppressions"),),
            personality=True,
        )
        heard = run_all(job, checks, program, limits_of(job, self.name))
        symbols = Symbols(path)
        results = [_decide(job.unit, check, heard[check.id], symbols) for check in checks]
        return JudgeReport(self.name, results, duration_s=time.monotonic() - started)


def _decide(unit: Unit, check: Check, heard: Heard, symbols: Symbols) -> CheckResult:
    if not heard.record.races:
        return decide(check, heard, symbols)
    result = CheckResult(check, Status.FAIL, duration_s=heard.record.elapsed_s)
    description, location, *rest = heard.record.races[0]
    if len(rest) < 4:
        raise GraderFault(f"{check.id}: a report without an access: {heard.record.races[0]}")
    groups = [rest[at : at + 4] for at in range(0, len(rest) - 3, 4)]
    accesses = [Access(what, int(size), symbols.places(stack)) for what, size, _, stack in groups]
    variable = symbols.variable(int(groups[0][2][3:], 16)) if groups[0][2] else ""
    tell_race(result, unit, accesses, variable or _memory(location))
    if not description.startswith("data-race"):
        result.how = description
        result.happened = f"{description.replace('-', ' ')}: {result.happened}"
    return result


def _memory(location: str) -> str:
    """Words for memory without a name, as races.tell_race quotes them."""
    kind, _, size = location.partition(" ")
    return {"heap": f"a block of {size} bytes from malloc", "stack": "a local variable"}.get(
        kind, ""
    )
