"""The build judge:

does the code compile both ways, without warnings, and keep to the contract's names?
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from happens_before.core.audit import audit
from happens_before.core.errors import GraderFault
from happens_before.core.report import CheckResult, Evidence, JudgeReport, Place, Status
from happens_before.core.toolchain import INSTRUMENTED, PLAIN, Compiled, Diagnostic
from happens_before.core.unit import Check
from happens_before.judges.base import Job, all_alike

CLOCKS = ("wall", "cpu")  # limits that a slow machine reaches sooner
SHOWN = 5  # diagnostics in one report


class BuildJudge:
    """Compiles with gcc (plain) and clang (instrumented), and audits the objects."""

    name = "build"

    def judge(self, job: Job, checks: Sequence[Check]) -> JudgeReport:
        """See base.Judge. Knows the checks `compiles` and `no_warnings`."""
        started = time.monotonic()
        if job.files.problems:
            happened = " ".join(job.files.problems)
            report = all_alike(self.name, checks, Status.FAIL, happened, "missing")
        else:
            compiled = job.submitted(PLAIN, INSTRUMENTED)
            report = JudgeReport(self.name, [_decide(job, check, compiled) for check in checks])
        report.duration_s = time.monotonic() - started
        return report


def _decide(job: Job, check: Check, compiled: list[Compiled]) -> CheckResult:
    stopped = [item.stopped for item in compiled if item.stopped]
    errors = _unique(compiled, "error")
    if check.id == "compiles":
        if stopped:
            happened = f"the compiler was stopped: its limit for {stopped[0]} was reached."
            how = "stopped" if stopped[0] in CLOCKS else "compile"
            return CheckResult(check, Status.FAIL, how, happened)
        if errors:
            return _diagnosed(check, "compile", "the compiler reports", errors)
        broken = audit(job)
        if broken:
            first = broken[0]
            where = first.places[0] if first.places else None
            return CheckResult(check, Status.FAIL, "rules", first.text, where, broken[1:])
        return CheckResult(check, Status.PASS)
    if check.id == "no_warnings":
        if stopped or errors:
            happened = "the code does not compile, so its warnings do not count yet."
            return CheckResult(check, Status.FAIL, "compile", happened)
        warnings = _unique(compiled, "warning")
        if warnings:
            return _diagnosed(check, "warning", "the compiler warns", warnings)
        return CheckResult(check, Status.PASS)
    raise GraderFault(f"unit.toml: the build judge knows no check '{check.id}'.")


def _unique(compiled: list[Compiled], severity: str) -> list[Diagnostic]:
    """Each message once, though both compilers may give it; gcc's words first."""
    seen: dict[tuple[str, int], Diagnostic] = {}
    for item in compiled:
        for found in item.diagnostics:
            if found.severity == severity:
                seen.setdefault((found.file, found.line), found)
    return list(seen.values())


def _diagnosed(check: Check, how: str, saying: str, found: list[Diagnostic]) -> CheckResult:
    first = found[0]
    more = f" ({len(found)} in all)" if len(found) > 1 else ""
    return CheckResult(
        check,
        Status.FAIL,
        how,
        f"{saying}: {first.text}{more}.",
        Place(first.file, first.line),
        [Evidence(f"{d.compiler}: {d.text}", [Place(d.file, d.line)]) for d in found[:SHOWN]],
    )
