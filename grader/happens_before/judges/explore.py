"""The explore judge: each scenario under the explorer, in every schedule that the model allows.

The scenarios and the submission's instrumented objects, the same that the tsan judge links, are
linked with the explorer's runtime; each check is one scenario, explored in a process of its own, so
that its verdict hangs on nothing but the code. What could not be decided is no verdict: a scenario
that was cut off passes only where unit.toml says that it is a bounded one.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from happens_before.core import foundation
from happens_before.core.errors import Cancelled, GraderFault, InputError
from happens_before.core.report import CheckResult, JudgeReport, Status
from happens_before.core.toolchain import INSTRUMENTED
from happens_before.core.unit import Check
from happens_before.explore import build, runner, words
from happens_before.explore.findings import findings
from happens_before.explore.symbols import Symbols
from happens_before.judges.base import Job, all_alike
from happens_before.judges.faults import places_of, sentence, tell_fault
from happens_before.judges.programs import fenced
from happens_before.judges.running import STOPPED, limits_of
from happens_before.sandbox import Command, Limits, Outcome, owner

# What a check's name begins with, and the mode in which its scenario is explored.
MODES = {"scenario__": "exhaustive", "progress__": "progress"}
INSIDE = "/explorer"
OPTIONS = {  # of the explorer, by the budget's keys in unit.toml
    "executions": "max-executions",
    "seconds": "time",
    "unroll": "unroll",
    "timeouts": "timeouts",
    "spurious": "spurious",
    "samples": "samples",
    "seed": "seed",
}
LOOSE = {"time"}  # bounds that a slow machine could have caused


@dataclass(frozen=True)
class Bench:
    """What the checks of one submission share.

    program: in a directory of its own, with the runtime beside it. symbols: of the program, which
    are dear to read; only who holds `reading` may ask them.
    """

    job: Job
    program: Path
    limits: Mapping[str, float]
    symbols: Symbols
    reading: threading.Lock


class ExploreJudge:
    """Explores exactly the scenarios that unit.toml names for it."""

    name = "explore"

    def judge(self, job: Job, checks: Sequence[Check]) -> JudgeReport:
        """See base.Judge."""
        if obstacle := job.obstacle():
            return all_alike(self.name, checks, Status.FAIL, obstacle, "not-run")
        started = time.monotonic()
        program = explorer_program(job)
        with tempfile.TemporaryDirectory(prefix=owner.prefix()) as scratch:
            bench = _bench(job, runner.lay_out(program, Path(scratch)))
            with ThreadPoolExecutor(max_workers=len(checks)) as pool:
                results = list(pool.map(lambda check: _explored(bench, check), checks))
        message = "\n".join(
            f"{result.check.id}: {result.happened}"
            for result in results
            if result.status is Status.UNGRADED
        )
        return JudgeReport(self.name, results, message, time.monotonic() - started)


def _bench(job: Job, program: Path) -> Bench:
    below = [p for u in job.unit.foundations for p in (u.solution, u.directory / foundation.FOLDER)]
    symbols = Symbols(program, [job.staged, job.unit.directory, *below])
    return Bench(job, program, limits_of(job, ExploreJudge.name), symbols, threading.Lock())


def explorer_program(job: Job) -> build.Program:
    """The submission's instrumented objects and the scenarios, on the explorer's runtime."""
    scenarios = job.own([job.unit.directory / "scenarios.c"], INSTRUMENTED)
    runtime = build.library(job.toolchain)
    return build.link(job.toolchain, runtime, scenarios, fenced=fenced(job))


def _explored(bench: Bench, check: Check) -> CheckResult:
    """One check's result. A fault of ours leaves this check undecided, and no other."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix=owner.prefix()) as scratch:
        try:
            outcome = _run(bench, check, Path(scratch))
            result = _decide(bench, check, _read(bench, check, Path(scratch), outcome))
        except Cancelled:
            raise
        except GraderFault as fault:
            result = _undecided(check, str(fault))
    result.duration_s = time.monotonic() - started
    return result


def _run(bench: Bench, check: Check, scratch: Path) -> Outcome:
    budget: dict[str, float] = {"seconds": 0, **_budget(check)}  # no clock, unless the unit says so
    scenario, mode = asked(check)
    argv = [f"{INSIDE}/{runner.PROGRAM_NAME}", "--scenario", scenario, "--mode", mode]
    argv += ["--jobs", "1", "--json", "/scratch/results.json"]
    for key, option in OPTIONS.items():
        argv += [f"--{option}", str(budget[key])] if key in budget else []
    limits = {key: value for key, value in bench.limits.items() if key != "test_s"}
    command = Command(
        argv=tuple(argv),
        limits=Limits(**limits),  # type: ignore[arg-type]
        read_only=((bench.program.parent, INSIDE),),
        scratch=scratch,
        environment=runner.ENVIRONMENT,
    )
    with bench.job.slots:
        outcome = bench.job.sandbox.run(command, bench.job.cancel)
    if outcome.stopped_by == "cancelled":
        raise Cancelled
    return outcome


def _read(bench: Bench, check: Check, scratch: Path, outcome: Outcome) -> dict[str, Any]:
    """The finding. Errors: GraderFault when there is none, or one of something else."""
    if outcome.stopped_by:
        how = STOPPED[outcome.stopped_by].format(**bench.limits)
        raise GraderFault(f"the exploration {how}.")
    file = scratch / "results.json"
    errors = outcome.stderr.decode("utf-8", "replace")
    if file.is_symlink():
        raise GraderFault("the explorer's results are not a file.")
    try:
        raw = runner.read_results(file, outcome.exit_code, errors)
    except (GraderFault, InputError) as error:
        raise GraderFault(f"{error}") from None
    if (raw.get("scenario"), raw.get("mode")) != asked(check):
        raise GraderFault("the explorer's results are those of another scenario.")
    with bench.reading:
        return findings(raw, bench.symbols)


def _decide(bench: Bench, check: Check, data: Mapping[str, Any]) -> CheckResult:
    if data["verdict"] == "correct" and data["complete"] and data["executions"] > 0:
        return CheckResult(check, Status.PASS)
    if data["verdict"] == "bounded":
        allowed = _budget(check).get("bounded") and data["bound"] not in LOOSE
        if allowed and data["executions"] > 0:
            return CheckResult(check, Status.PASS)
        return _undecided(
            check, f"nothing was found, but the search is {words.completeness(data)}."
        )
    fault = data["fault"]
    if not fault or data["verdict"] not in ("fault", "not modelled"):
        raise GraderFault("the explorer's results make no sense.")
    places = places_of(fault["stack"])
    if data["verdict"] == "not modelled":
        if not places or places[0].file not in bench.job.unit.editable:
            return _undecided(check, f"{fault['text']}, which is no call of the submission's.")
        return CheckResult(check, Status.FAIL, "not-modelled", sentence(fault["text"]), places[0])
    return tell_fault(bench.job.unit, check, asked(check)[0], data)


def asked(check: Check) -> tuple[str, str]:
    """The scenario and the mode that a check stands for. Errors: GraderFault for an odd name."""
    for prefix, mode in MODES.items():
        if check.id.startswith(prefix):
            sampled = mode == "exhaustive" and "samples" in _budget(check)
            return check.id.removeprefix(prefix), "sample" if sampled else mode
    raise GraderFault(f"unit.toml: the explore judge knows no check '{check.id}'.")


def _undecided(check: Check, why: str) -> CheckResult:
    return CheckResult(check, Status.UNGRADED, "", why)


def _budget(check: Check) -> Mapping[str, float]:
    """What unit.toml says of this exploration."""
    return check.budget
