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
from happens_before.core.report import CheckResult, Evidence, JudgeReport, Place, Status
from happens_before.core.symbols import is_ours
from happens_before.core.toolchain import INSTRUMENTED
from happens_before.core.unit import Check, Unit
from happens_before.explore import build, runner, story_json, words
from happens_before.explore.findings import findings
from happens_before.explore.story import MOST_IN_A_REPORT, Story
from happens_before.explore.symbols import Symbols
from happens_before.judges.base import Job, all_alike
from happens_before.judges.programs import fenced
from happens_before.judges.races import promised_edges
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
SHORT = {"data race": "race"}  # kinds that other judges have a word for
SHOWN_FIRST, SHOWN_LAST = 8, 40  # turns of the interleaving in a report


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
    scenario, mode = _asked(check)
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
    if (raw.get("scenario"), raw.get("mode")) != _asked(check):
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
    places = _places(fault["stack"])
    if data["verdict"] == "not modelled":
        if not places or places[0].file not in bench.job.unit.editable:
            return _undecided(check, f"{fault['text']}, which is no call of the submission's.")
        return CheckResult(check, Status.FAIL, "not-modelled", _sentence(fault["text"]), places[0])
    happened = _sentence(fault["text"])
    if fault["variable"]:
        happened += f" The memory is `{fault['variable']}`."
    result = CheckResult(check, Status.FAIL, how_of(fault["kind"]), happened)
    result.evidence = list(_evidence(bench.job.unit, check, data))
    result.where = _where(bench.job.unit, fault, places)
    result.story = _story(bench.job.unit, check, data)
    return result


def _story(unit: Unit, check: Check, data: Mapping[str, Any]) -> dict[str, Any] | None:
    """The execution for a reader who steps through it."""
    about = {"unit": unit.path, "promise": check.promise, "replay": _replay(unit, check, data)}
    try:
        story = Story.from_findings(data, **about, most=MOST_IN_A_REPORT)
    except InputError as error:
        raise GraderFault(f"{error}") from None
    return story_json.to_json(story) if story else None


def _replay(unit: Unit, check: Check, data: Mapping[str, Any]) -> str:
    """The command that runs the execution again; "" where no token is known."""
    if not data["fault"]["token"]:
        return ""
    files = " ".join(f"{unit.path}/{name}" for name in (*unit.editable, "scenarios.c"))
    name, _ = _asked(check)
    return f"grader/grade explore {files} --scenario {name} --replay {data['fault']['token']}"


def _asked(check: Check) -> tuple[str, str]:
    """The scenario and the mode that a check stands for. Errors: GraderFault for an odd name."""
    for prefix, mode in MODES.items():
        if check.id.startswith(prefix):
            sampled = mode == "exhaustive" and "samples" in _budget(check)
            return check.id.removeprefix(prefix), "sample" if sampled else mode
    raise GraderFault(f"unit.toml: the explore judge knows no check '{check.id}'.")


def how_of(kind: str) -> str:
    """The word that hints are keyed by for a kind of fault."""
    return SHORT.get(kind, kind.replace(" ", "-"))


def _undecided(check: Check, why: str) -> CheckResult:
    return CheckResult(check, Status.UNGRADED, "", why)


def _budget(check: Check) -> Mapping[str, float]:
    """What unit.toml says of this exploration."""
    return check.budget


def _sentence(text: str) -> str:
    return text if text.endswith(".") else f"{text}."


def _places(stack: Sequence[Mapping[str, Any]]) -> list[Place]:
    """The frames of a stack that a reader can mend, innermost first."""
    places = [
        Place(frame["file"], frame["line"], frame["function"] or "")
        for frame in stack
        if frame["file"]
    ]
    return [place for place in places if not is_ours(place)]


def _where(unit: Unit, fault: Mapping[str, Any], places: Sequence[Place]) -> Place | None:
    """The place to look at first: the submission's own before the scenario's."""
    others = _places(fault["other"]["stack"]) if fault["other"] else []
    for waiting in fault["waiting"]:
        others += _places(waiting["stack"])
    every = [*places, *others]
    mine = [place for place in every if place.file in unit.editable]
    return next(iter([*mine, *every]), None)


def _evidence(unit: Unit, check: Check, data: Mapping[str, Any]) -> list[Evidence]:
    fault = data["fault"]
    found = [Evidence(f"thread {fault['thread']}: {fault['kind']}", _places(fault["stack"]))]
    if other := fault["other"]:
        what = other["what"] or "takes part"
        found.append(Evidence(f"thread {other['thread']}: {what}", _places(other["stack"])))
    for item in fault["waiting"]:
        text = f"thread {item['thread']} {words.waiting({**item, 'pc': None})}"
        found.append(Evidence(text, _places(item["stack"])))
    if fault["missing"]:
        found.append(Evidence(f"missing: {fault['missing']}"))
    if fault["kind"] == "data race":
        for label, text in promised_edges(unit).items():
            found.append(Evidence(f"an edge that should be there, [{label}]: {text}"))
    found += [Evidence(line) for line in fault["history"] or ()]
    found += _interleaving(data)
    if command := _replay(unit, check, data):
        found.append(Evidence(f"to see it again: {command}"))
    return found


def _interleaving(data: Mapping[str, Any]) -> list[Evidence]:
    """The execution, a line for what one thread does in one place before anything else happens."""
    turns: list[tuple[Mapping[str, Any], list[str]]] = []
    for item in _telling(data):
        last = turns[-1][0] if turns else None
        if last and (last["thread"], last["pc"]) == (item["thread"], item["pc"]):
            turns[-1][1].append(words.step(item))
        else:
            turns.append((item, [words.step(item)]))
    lines = []
    for item, deeds in turns:
        text = f"step {item['n']}, thread {item['thread']}: {'; '.join(deeds)}"
        lines.append(Evidence(text, _places(item["stack"][:1])))
    left_out = len(lines) - SHOWN_FIRST - SHOWN_LAST
    if left_out <= 0:
        return lines
    return [*lines[:SHOWN_FIRST], Evidence(f"({left_out} steps left out)"), *lines[-SHOWN_LAST:]]


def _telling(data: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The steps that tell the story: behind the set-up, what threads do to each other, and plain
    accesses to the memory that the fault is about."""
    steps, about = data["trace"], data["fault"]["variable"]
    created = [at for at, item in enumerate(steps) if item["op"] == "create"]
    return [
        item
        for item in steps[created[-1] + 1 if created else 0 :]
        if (item["op"] not in ("end", "join", "read", "write") and words.is_telling(item))
        or (about and item["variable"] == about)
    ]
