"""The helgrind judge: the scenarios under Helgrind, which is taught C11's atomics.

grader/runtime/helgrind does each atomic operation and tells Helgrind which edges it makes. Races
count, and so do misuse of pthread objects and lock orders that can deadlock.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence

from happens_before.core import workbook
from happens_before.core.report import CheckResult, Evidence, JudgeReport, Status
from happens_before.core.symbols import Symbols
from happens_before.core.unit import Check, Unit
from happens_before.judges.base import Job, all_alike
from happens_before.judges.programs import valgrind_program
from happens_before.judges.races import Access, tell_race
from happens_before.judges.running import Heard, decide
from happens_before.judges.valgrind import Error, errors_of, run_scenarios

ROUNDS = 8
SUPPRESSIONS = workbook.RUNTIME / "helgrind" / "helgrind.supp"
MOUNTS = ((SUPPRESSIONS, "/helgrind.supp"),)
TOOL = ("--tool=helgrind", "--history-level=full", "--suppressions=/helgrind.supp")
ACCESS = re.compile(r"(?P<what>read|write) of size (?P<size>\d+)")
SYMBOL = re.compile(r'data symbol "(?P<name>[^"]+)"')
HOW = {"LockOrder": "lock-order", "Race": "race"}


class HelgrindJudge:
    """Runs the scenarios that unit.toml names for it under Helgrind."""

    name = "helgrind"

    def judge(self, job: Job, checks: Sequence[Check]) -> JudgeReport:
        """See base.Judge."""
        if obstacle := job.obstacle():
            return all_alike(self.name, checks, Status.FAIL, obstacle, "not-run")
        started = time.monotonic()
        path = valgrind_program(job)
        heard = run_scenarios(job, self.name, checks, path, TOOL, ROUNDS, MOUNTS)
        symbols = Symbols(path)
        results = [_decide(job.unit, check, heard[check.id], symbols) for check in checks]
        return JudgeReport(self.name, results, duration_s=time.monotonic() - started)


def _decide(unit: Unit, check: Check, heard: Heard, symbols: Symbols) -> CheckResult:
    result = decide(check, heard, symbols)
    if result.status is not Status.PASS:
        return result
    for error in errors_of(heard):
        failed = CheckResult(check, Status.FAIL, duration_s=result.duration_s)
        _tell(failed, unit, error)
        return failed
    return result


def _tell(result: CheckResult, unit: Unit, error: Error) -> None:
    texts = [error.text, *error.more]
    kinds = [match for text in texts for match in [ACCESS.search(text)] if match]
    if error.kind == "Race" and len(kinds) >= 2 and len(error.stacks) >= 2:
        accesses = [
            Access(kind["what"], int(kind["size"]), stack)
            for kind, stack in zip(kinds[:2], error.stacks[:2])
        ]
        named = next((match for text in texts for match in [SYMBOL.search(text)] if match), None)
        tell_race(result, unit, accesses, named["name"] if named else "")
        return
    result.how = HOW.get(error.kind, "misuse")
    result.happened = f"{error.text}."
    result.evidence = [Evidence(text) for text in error.more]
    result.evidence += [Evidence("", stack) for stack in error.stacks if stack]
    result.where = next((stack[0] for stack in error.stacks if stack), None)
