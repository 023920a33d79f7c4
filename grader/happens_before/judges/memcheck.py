"""The memcheck judge: the scenarios under Valgrind's Memcheck.

Invalid reads and writes, uses of what was never written, bad frees, and leaks count. Memory that is
still reachable at the end is no leak; memory that only an inner pointer finds is none either.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from happens_before.core.report import CheckResult, Evidence, JudgeReport, Status
from happens_before.core.symbols import Symbols
from happens_before.core.unit import Check
from happens_before.judges.base import Job, all_alike
from happens_before.judges.programs import valgrind_program
from happens_before.judges.running import Heard, decide
from happens_before.judges.valgrind import errors_of, run_scenarios

ROUNDS = 4
TOOL = (
    "--tool=memcheck",
    "--leak-check=full",
    "--show-leak-kinds=definite,indirect",
    "--errors-for-leak-kinds=definite,indirect",
    "--run-libc-freeres=no",
)
HOW = {
    "InvalidRead": "invalid-read",
    "InvalidWrite": "invalid-write",
    "InvalidFree": "invalid-free",
    "MismatchedFree": "invalid-free",
    "InvalidJump": "invalid-read",
    "UninitCondition": "uninitialised",
    "UninitValue": "uninitialised",
    "SyscallParam": "uninitialised",
    "Leak_DefinitelyLost": "leak",
    "Leak_IndirectlyLost": "leak",
}


class MemcheckJudge:
    """Runs the scenarios that unit.toml names for it under Memcheck."""

    name = "memcheck"

    def judge(self, job: Job, checks: Sequence[Check]) -> JudgeReport:
        """See base.Judge."""
        if obstacle := job.obstacle():
            return all_alike(self.name, checks, Status.FAIL, obstacle, "not-run")
        started = time.monotonic()
        path = valgrind_program(job)
        heard = run_scenarios(job, self.name, checks, path, TOOL, ROUNDS)
        symbols = Symbols(path)
        results = [_decide(check, heard[check.id], symbols) for check in checks]
        return JudgeReport(self.name, results, duration_s=time.monotonic() - started)


def _decide(check: Check, heard: Heard, symbols: Symbols) -> CheckResult:
    result = decide(check, heard, symbols)
    if result.status is not Status.PASS:
        return result
    for error in errors_of(heard):
        how = HOW.get(error.kind, "misuse")
        evidence = [Evidence(text) for text in error.more]
        evidence += [Evidence("", stack) for stack in error.stacks if stack]
        where = next((stack[0] for stack in error.stacks if stack), None)
        return CheckResult(
            check, Status.FAIL, how, f"{error.text}.", where, evidence, result.duration_s
        )
    return result
