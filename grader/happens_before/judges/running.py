"""Running a judged program and believing only its channel.

One bad test must not cost the others their verdicts: when a run breaks off, the test that was
running is blamed and the rest are run again without it.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from happens_before.core.channel import Channel, Record, Run
from happens_before.core.errors import Cancelled, GraderFault
from happens_before.core.report import CheckResult, Evidence, Place, Status
from happens_before.core.symbols import Symbols
from happens_before.core.unit import Check
from happens_before.judges.base import Job
from happens_before.sandbox import Command, Limits, Outcome, owner

DEFAULT_LIMITS = {
    "wall_s": 30,
    "cpu_s": 30,
    "memory_mb": 1024,
    "processes": 128,
    "output_kb": 64,
    "test_s": 5,
}
MAX_RUNS = 8  # of one judge on one submission: each test may break off one run

STOPPED = {
    "wall": "ran longer than its {wall_s} s",
    "cpu": "used more than its {cpu_s} s of processor time",
    "memory": "used more than its {memory_mb} MiB of memory",
    "processes": "made more than its {processes} processes and threads",
    "output": "printed far more than is allowed",
    "disk": "wrote far more files than is allowed",
}


@dataclass
class Program:
    """How to run one judged program."""

    path: Path
    arguments: tuple[str, ...] = ()  # before the program's path: valgrind and its options
    environment: dict[str, str] = field(default_factory=dict)
    rounds: int = 0  # of each scenario; 0: the runner's own choice
    mounts: tuple[tuple[Path, str], ...] = ()
    personality: bool = False


@dataclass
class Heard:
    """One test, as heard over the channel, and how the run that it belonged to ended."""

    record: Record
    stopped: str = ""  # a sentence, when the run broke off in this test
    files: dict[str, bytes] = field(default_factory=dict)  # what valgrind left for this test


def limits_of(job: Job, judge: str) -> dict[str, float]:
    """What unit.toml allows one run of the judge, beside the defaults; units in the names."""
    plan = next(plan for plan in job.unit.plans if plan.judge == judge)
    return {**DEFAULT_LIMITS, **plan.limits}


def run_all(
    job: Job, checks: Sequence[Check], program: Program, limits: dict[str, float]
) -> dict[str, Heard]:
    """Run the program until each check's test has ended or been blamed.

    Errors: GraderFault when the program does not know a test, or breaks off before any test.
    """
    waiting = [check.id for check in checks]
    heard: dict[str, Heard] = {}
    for _ in range(MAX_RUNS):
        if not waiting:
            break
        with tempfile.TemporaryDirectory(prefix=owner.prefix()) as scratch:
            outcome, run = _run_once(job, waiting, program, limits, Path(scratch))
            ended = [id for id in waiting if id in run.records and run.records[id].end]
            for id in ended:
                heard[id] = Heard(run.records[id], files=_files(Path(scratch), run.records[id]))
        waiting = [id for id in waiting if id not in heard]
        if run.done >= 0 and not outcome.stopped_by:
            if waiting:
                raise GraderFault(f"unit.toml names tests that do not exist: {', '.join(waiting)}")
            break
        begun = [id for id in waiting if id in run.records]
        if not begun and not ended:
            raise GraderFault(_why_nothing_ran(outcome, run.strange))
        for id in begun:
            sentence = STOPPED.get(outcome.stopped_by or "", "ended in the middle").format(**limits)
            heard[id] = Heard(run.records[id], stopped=f"the run {sentence} during this test.")
        waiting = [id for id in waiting if id not in heard]
    for id in waiting:
        heard[id] = Heard(Record(id), stopped="not run: too many other tests broke their runs off.")
    return heard


def _run_once(
    job: Job, tests: list[str], program: Program, limits: dict[str, float], scratch: Path
) -> tuple[Outcome, Run]:
    channel = Channel(program.rounds, tests)
    command = Command(
        argv=(*program.arguments, "/program"),
        limits=Limits(**{k: v for k, v in limits.items() if k != "test_s"}),  # type: ignore[arg-type]
        read_only=((program.path, "/program"), *program.mounts),
        scratch=scratch,
        environment={
            "HB_CHANNEL": str(channel.program_fd),
            "HB_JOBS": str(os.cpu_count() or 1),
            "HB_TEST_TIMEOUT_S": str(limits["test_s"]),
            "LC_ALL": "C.UTF-8",
            **program.environment,
        },
        pass_fds=(channel.program_fd,),
        personality=program.personality,
    )
    try:
        with job.slots:
            outcome = job.sandbox.run(command, job.cancel)
    finally:
        run = channel.close()
    if outcome.stopped_by == "cancelled":
        raise Cancelled
    return outcome, run


def _files(scratch: Path, record: Record) -> dict[str, bytes]:
    """The files in the scratch directory that carry the test's process number in their names."""
    return {
        file.name: file.read_bytes()
        for file in scratch.iterdir()
        if f".{record.pid}." in file.name and file.is_file() and not file.is_symlink()
    }


def decide(check: Check, heard: Heard, symbols: Symbols) -> CheckResult:
    """Turn what was heard of a test into a verdict; a pass needs every sign of it."""
    record = heard.record
    result = CheckResult(check, Status.FAIL, duration_s=record.elapsed_s)
    if record.faults:
        _explain_fault(result, record, symbols)
    elif record.failures:
        file, line, message = record.failures[0]
        result.how, result.happened = "fail", _broken(message)
        result.where = Place(file, int(line or 0))
        result.evidence = [
            Evidence(_broken(m), [Place(f, int(n or 0))]) for f, n, m in record.failures[1:4]
        ]
    elif record.end == "timeout":
        result.how, result.happened = "timeout", "the test did not end within its time."
    elif record.end == "crash" or record.signal:
        result.how, result.happened = "crash", f"the test died of {_signal_name(record.signal)}."
    elif heard.stopped:
        result.how, result.happened = "stopped", heard.stopped
    elif record.end == "pass" and record.complete:
        result.status = Status.PASS
    elif not record.complete:
        result.how = "exit"
        result.happened = f"the process ended (exit code {record.exit_code}) before the test did."
    else:
        result.how, result.happened = "fail", "the test failed without saying why."
    return result


def _broken(message: str) -> str:
    """What happened, by the message of an assertion: the tests' say what should be."""
    if not message:
        return "an assertion of the test failed."
    if message.startswith("The "):  # Criterion's own: "The expression ... is false."
        return message
    return f"this does not hold: {message.removesuffix('.')}."


def _explain_fault(result: CheckResult, record: Record, symbols: Symbols) -> None:
    fault = record.faults[0]
    result.how, result.happened = fault.kind, fault.message
    for thread, activity, place in fault.threads:
        places = symbols.places(place)
        result.evidence.append(Evidence(f"{thread} {activity}".strip(), places))
        if places and not result.where:
            result.where = places[0]


def _signal_name(number: int) -> str:
    known = {
        6: "abort (SIGABRT)",
        7: "a bus error (SIGBUS)",
        8: "an arithmetic fault (SIGFPE)",
        9: "a kill (SIGKILL)",
        11: "a wild memory access (SIGSEGV)",
    }
    return known.get(number, f"signal {number}")


def _why_nothing_ran(outcome: Outcome, strange: list[str]) -> str:
    words = outcome.stderr.decode("utf-8", "replace").strip()[-500:]
    how = outcome.stopped_by or f"exit code {outcome.exit_code}, signal {outcome.signal}"
    return (
        f"the test program said nothing before its end ({how}; {strange[:1]}). It printed: {words}"
    )
