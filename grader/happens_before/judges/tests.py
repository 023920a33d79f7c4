"""The tests judge: Criterion tests and scenarios, in the lab, on the plain build."""

from __future__ import annotations

import time
from collections.abc import Sequence

from happens_before.core.report import JudgeReport, Status
from happens_before.core.symbols import Symbols
from happens_before.core.unit import Check
from happens_before.judges import sites
from happens_before.judges.base import Job, all_alike
from happens_before.judges.programs import tests_program
from happens_before.judges.running import Program, decide, limits_of, run_all


class TestsJudge:
    """Runs exactly the tests that unit.toml names."""

    name = "tests"

    def judge(self, job: Job, checks: Sequence[Check]) -> JudgeReport:
        """See base.Judge."""
        if obstacle := job.obstacle():
            return all_alike(self.name, checks, Status.FAIL, obstacle, "not-run")
        started = time.monotonic()
        program, limits = tests_program(job), limits_of(job, self.name)
        heard = run_all(job, checks, Program(program), limits)
        symbols = Symbols(program)
        results = [decide(check, heard[check.id], symbols) for check in checks]
        sites.hold_against(job, results, heard, limits)
        return JudgeReport(self.name, results, duration_s=time.monotonic() - started)
