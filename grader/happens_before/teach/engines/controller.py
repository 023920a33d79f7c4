"""Slurm's controller, as sbatch, squeue, scancel and scontrol show it.

All that is submitted for one results folder has one job name, which tells it from whatever else the
user has in the queue, also after the process that submitted it was killed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from happens_before.core.errors import GraderFault, InputError

COMMAND_S = 60.0  # one of Slurm's commands that takes longer has no answer
PAUSE_S = 0.2
ENDING_S = 60.0  # what was cancelled on a lost node ends only when Slurm gives that node up
FINAL = frozenset(
    "BOOT_FAIL CANCELLED COMPLETED DEADLINE FAILED NODE_FAIL OUT_OF_MEMORY PREEMPTED REVOKED "
    "TIMEOUT".split()
)
FORMAT = "JobArrayID:64,State:32,exit_code:16,NodeList:256"


class NoAnswer(Exception):
    """The controller does not answer just now."""


@dataclass(frozen=True)
class TaskState:
    """What squeue says of a task.

    state: Slurm's word. exit_code: of the task's script, when it has ended. node: where it runs or
    ran, or empty.
    """

    state: str
    exit_code: int
    node: str

    @property
    def is_final(self) -> bool:
        """Whether nothing of the task runs any more."""
        return self.state in FINAL


class Controller:
    """The jobs of one name. arguments: the user's own, for sbatch."""

    def __init__(self, name: str, arguments: Sequence[str] = ()) -> None:
        parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
        parser.add_argument("-x", "--exclude", action="append", default=[])
        known, self._arguments = parser.parse_known_args(list(arguments))
        self._excluded: list[str] = known.exclude
        self.name = name

    def largest_array(self) -> int:
        """How many tasks an array may have. Errors: InputError without Slurm; GraderFault when the
        controller does not answer."""
        try:
            words = _run(["scontrol", "show", "config"])
        except NoAnswer as error:
            raise GraderFault(
                f"Slurm's controller does not answer: {error}. `scontrol ping` tells when it does."
            ) from None
        lines = (line.split("=") for line in words.splitlines() if "=" in line)
        return next(int(line[1]) for line in lines if line[0].strip() == "MaxArraySize")

    def processors(self) -> int:
        """How many there are, about: those of nodes in several partitions count more than once."""
        try:
            counts = _run(["sinfo", "--noheader", "--format=%C"]).split()
        except NoAnswer:
            return 0
        return sum(int(count.split("/")[-1]) for count in counts)  # allocated/idle/other/total

    def submit(
        self, script: Sequence[str], tasks: int, at_once: int | None, without: Iterable[str]
    ) -> str:
        """Submit an array of tasks 0 to tasks - 1; returns its number.

        script: with its arguments. at_once: how many may run at one time. without: nodes to avoid.
        Errors: InputError when Slurm refuses the job; NoAnswer.
        """
        limits = [f"--array=0-{tasks - 1}" + (f"%{at_once}" if at_once else "")]
        if at_once:  # and none beside those of an earlier array
            limits.append("--dependency=singleton")
        if avoided := [*self._excluded, *without]:
            limits.append(f"--exclude={','.join(avoided)}")
        ours = ["--parsable", "--no-requeue", f"--job-name={self.name}", "--chdir=/"]
        ours += ["--output=/dev/null", "--ntasks=1"]
        try:
            words = _run(["sbatch", *self._arguments, *ours, *limits, *script])
        except NoAnswer as error:
            self.states()  # raises NoAnswer, too, unless it was no more than this job
            raise InputError(
                f"Slurm refused the job: {error}.", to_do="--slurm-args goes to sbatch."
            ) from None
        return words.split()[-1].partition(";")[0]

    def exclude(self, job: str, nodes: Iterable[str]) -> None:
        """Keep an array's tasks that still wait from some nodes, where Slurm lets us."""
        avoided = ",".join([*self._excluded, *nodes])
        with suppress(NoAnswer):
            _run(["scontrol", "update", f"JobId={job}", f"ExcNodeList={avoided}"])

    def states(self) -> dict[str, TaskState]:
        """Every task that Slurm still knows, by array's number "_" own number. Errors: NoAnswer."""
        states = {}
        for line in self._squeue("--states=all").splitlines():
            number, state, code, *node = line.split()
            status = int(code.partition(":")[0])
            status = status >> 8 if status > 255 else status
            states[number] = TaskState(state, status, node[0] if node else "")
        return states

    def cancel(self) -> bool:
        """End every job of our name, and wait until nothing of them runs. Returns whether there
        were any.

        What hangs on a node that is lost may outlast this; its results change nothing. Errors:
        GraderFault when the controller does not answer.
        """
        deadline = time.monotonic() + ENDING_S
        found = False
        try:
            while self._squeue() and time.monotonic() < deadline:
                if not found:
                    self._scancel()
                found = True
                time.sleep(PAUSE_S)
        except NoAnswer as error:
            raise GraderFault(
                f"Slurm's controller does not answer: {error}. Jobs may go on; when it does: "
                f"scancel --me --name={self.name}"
            ) from None
        return found

    def _scancel(self) -> None:
        _run(["scancel", "--quiet", f"--user={os.geteuid()}", f"--name={self.name}"])

    def _squeue(self, *more: str) -> str:
        who = (f"--user={os.geteuid()}", f"--name={self.name}")
        return _run(["squeue", "--noheader", "--array", *who, f"--Format={FORMAT}", *more])


def _run(argv: list[str]) -> str:
    """What one of Slurm's commands prints.

    It is never cut off, so that we know what it did: Ctrl-C is heeded when it is done. Errors:
    InputError when it is not there; NoAnswer, with what it says, when it fails.
    """
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("SQUEUE_", "SCANCEL_", "SLURM_JOB", "SLURM_ARRAY"))
    }
    try:
        process = subprocess.Popen(
            argv,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        )
    except FileNotFoundError:
        raise InputError(
            f"the engine slurm needs the command '{argv[0]}', which is not here.",
            to_do="Start the batch where jobs can be submitted, or take --engine local.",
        ) from None
    try:
        words, complaints = process.communicate(timeout=COMMAND_S)
    except BaseException as error:
        with suppress(subprocess.TimeoutExpired):
            process.wait(COMMAND_S)
        process.kill()
        if isinstance(error, subprocess.TimeoutExpired):
            raise NoAnswer(f"{argv[0]} takes longer than {COMMAND_S:.0f} s") from None
        raise
    if process.returncode != 0:
        raise NoAnswer(complaints.strip().rstrip(".") or f"{argv[0]} failed")
    return words
