"""The engine slurm: arrays of Slurm jobs over a folder that all nodes see.

A task is one worker on one processor with a few items; it writes a line for each that has ended
into a file of the shared folder, and those lines, not Slurm's word, say what is done. Tasks that end
without all their lines are submitted again: we do it ourselves, because Slurm lets a job that lost
its node wait two minutes before it runs again.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from happens_before.core import unit as units
from happens_before.core import workbook
from happens_before.core.cache import digest_of
from happens_before.core.errors import GraderFault, InputError
from happens_before.teach.engines.base import Listener, unwritable
from happens_before.teach.engines.controller import Controller, NoAnswer, TaskState
from happens_before.teach.engines.task import Task, lay_out
from happens_before.teach.results import Results
from happens_before.teach.worker import Ended

TASK = workbook.ROOT / "grader" / "slurm" / "task.sh"
GRADE = workbook.ROOT / "grader" / "grade"
FOLDER = ".slurm"  # in the results folder, while a batch runs
UNSEEN = 97  # task.sh: the node does not see the folder
UNFIT = (2, 3, UNSEEN, 98)  # exit statuses of a worker, and of task.sh, that could not begin
LIVES = 3  # tasks that may end without a line for any of their items before an item is given up
ITEMS_OF_A_TASK = 20  # at most: what a lost node costs
TASKS = 1000  # as many are welcome in a queue, and may be in an array where nobody set it
TASKS_OF_A_WORKER = 8  # at least, so that all workers end at about the same time
OVERHEAD_MB = 1024  # of the grader, beside what it lets a submission have
PAUSE_S = 0.5  # between looks into the folder
LOOK_S = 10.0  # between questions to the controller, when a batch has run for a while
PATIENCE_S = 900.0  # how long the controller may be silent


class SlurmEngine:
    """See base.Engine. jobs: how many tasks may run at one time; None: as many as Slurm will run.

    arguments: for sbatch.
    """

    def __init__(
        self, jobs: int | None, options: Sequence[str] = (), arguments: Sequence[str] = ()
    ) -> None:
        self._jobs, self._options, self._arguments = jobs, tuple(options), tuple(arguments)

    def run(self, results: Results, keys: Sequence[str], tell: Listener) -> None:
        """See base.Engine."""
        if not keys:
            return
        directory = results.directory.resolve()
        mb = OVERHEAD_MB + max(
            int(plan.limits.get("memory_mb", 0))
            for path in results.units()
            for plan in units.load(workbook.find_unit(path)).plans
        )
        name = f"happens-before-{digest_of(directory)[:16]}"
        own_node = ("--exclusive",) if "--alone" in self._options else ()
        asked = ("--cpus-per-task=1", f"--mem={mb}M", *own_node, *self._arguments)
        controller = Controller(name, asked)
        most = controller.largest_array()
        if controller.cancel():  # of a batch that was killed; meanwhile they may have finished some
            keys = list(_unfinished(results, keys, tell))
        shutil.rmtree(directory / FOLDER, ignore_errors=True)
        try:
            (directory / FOLDER).mkdir()
            run = _Run(controller, directory, self._jobs, self._options, tell, most)
            run.queue = chunks(keys, self._jobs or controller.processors())
            run.follow()
        except OSError as error:
            raise unwritable(directory, error) from None
        finally:
            controller.cancel()
            shutil.rmtree(directory / FOLDER, ignore_errors=True)


def chunks(keys: Sequence[str], workers: int) -> list[list[str]]:
    """The items of each task: few enough that all workers end together, and a loss costs little."""
    small = len(keys) // (TASKS_OF_A_WORKER * workers) if workers else 0
    size = min(ITEMS_OF_A_TASK, max(1, small, -(-len(keys) // TASKS)))
    return [list(keys[start : start + size]) for start in range(0, len(keys), size)]


def _unfinished(results: Results, keys: Sequence[str], tell: Listener) -> Iterator[str]:
    for key in keys:
        report = results.report(key)
        if report and results.is_finished(key):
            tell(Ended(key, str(report.status)))
        else:
            yield key


@dataclass
class _Run:
    """One pass over the items: what waits, what Slurm has, and what came of the lost.

    most: how many tasks an array may have.
    """

    controller: Controller
    directory: Path
    jobs: int | None
    options: Sequence[str]
    tell: Listener
    most: int
    queue: list[list[str]] = field(default_factory=list)
    tasks: dict[str, Task] = field(default_factory=dict)  # by Slurm's number
    pending: set[str] = field(default_factory=set)  # of these, when we looked last
    losses: Counter[str] = field(default_factory=Counter)  # by item
    unfit: dict[str, str] = field(default_factory=dict)  # by node: what it lacks
    begun: bool = False
    full_with: int = sys.maxsize  # how many tasks were as many as Slurm would take

    def __post_init__(self) -> None:
        self._array = self.most  # the next array's largest size

    def follow(self) -> None:
        """Submit, and follow until nothing waits and nothing runs."""
        started = answered = looked = time.monotonic()
        while self.queue or self.tasks:
            try:
                while self.queue and len(self.tasks) < self.full_with:
                    self._submit()
                now = time.monotonic()
                if now - looked >= min(LOOK_S, 1 + (now - started) / 20):
                    looked = now
                    self._look(self.controller.states())
                answered = now
            except NoAnswer as error:
                if time.monotonic() - answered > PATIENCE_S:
                    raise GraderFault(
                        f"Slurm's controller is silent for {PATIENCE_S / 60:.0f} minutes: {error}. "
                        "What is finished stays; the same command goes on."
                    ) from None
            for number in self.tasks.keys() - self.pending:
                self._hear(self.tasks[number])
            self.tasks = {number: task for number, task in self.tasks.items() if task.left}
            if self.queue or self.tasks:
                time.sleep(PAUSE_S)

    def _submit(self) -> None:
        """Make an array of what waits. Errors: InputError; NoAnswer, and then all of it waits on."""
        batch = self.queue[: self._array]
        wave, tasks = lay_out(self.directory / FOLDER, batch)
        script = [str(part) for part in (TASK, wave, GRADE, self.directory, *self.options)]
        try:
            job = self.controller.submit(script, len(tasks), self.jobs, self.unfit)
        except (NoAnswer, InputError) as error:
            shutil.rmtree(wave)  # should the array be there nevertheless, it finds nothing to do
            if isinstance(error, NoAnswer):
                raise
            self._refused(len(tasks), error)
            return
        self.queue = self.queue[len(batch) :]
        self.tasks |= {f"{job}_{number}": task for number, task in enumerate(tasks)}
        self.full_with, self._array = sys.maxsize, min(self.most, 2 * len(tasks))

    def _refused(self, tasks: int, error: InputError) -> None:
        """Slurm may allow a user only so many: try with fewer; then wait until some have ended."""
        if tasks > 1:
            self._array = tasks // 2
        elif self.tasks:
            self.full_with = len(self.tasks)
        elif self.unfit:
            lacks = " ".join(f"{node} {why}." for node, why in self.unfit.items())
            raise GraderFault(f"no node is left that can grade. {lacks} {error}") from None
        else:
            raise error

    def _hear(self, task: Task) -> None:
        for ended in task.news():
            self.begun = True
            self.tell(ended)

    def _look(self, states: dict[str, TaskState]) -> None:
        """Take back what Slurm has ended, or knows no more."""
        self.pending = {number for number, it in states.items() if it.state == "PENDING"}
        gone = TaskState("is not known any more", 0, "")
        for number in list(self.tasks):
            state = states.get(number, gone)
            if state.is_final or state is gone:
                task = self.tasks.pop(number)
                self._hear(task)  # what it wrote before it ended
                if task.left:
                    self._lost(task, state)

    def _lost(self, task: Task, state: TaskState) -> None:
        """Have the rest of a task done again, or give it up.

        Who finished something may be lost as often as it likes. Otherwise each item is tried alone,
        so that one which takes its node with it costs no other its verdict.
        """
        if state.exit_code in UNFIT and not task.begun:
            self._avoid(task, state)
            self.queue.append(task.left)
        elif task.begun:
            self.queue.append(task.left)
        else:
            for key in task.left:
                self.losses[key] += 1
                if self.losses[key] < LIVES:
                    self.queue.append([key])
                else:
                    self.tell(Ended(key, "", fault=self._why(task, state)))

    def _why(self, task: Task, state: TaskState) -> str:
        where = f" on {state.node}" if state.node else ""
        words = task.last_words()
        return f"its task was lost {LIVES} times: {state.state}{where}" + (
            f": {words}" if words else ""
        )

    def _avoid(self, task: Task, state: TaskState) -> None:
        """Give a node that cannot grade no more tasks. Errors: when nothing was graded at all yet."""
        if state.exit_code == UNSEEN:
            if not self.begun:
                raise InputError(
                    f"is not seen by the node {state.node}.",
                    self.directory,
                    "Put the results folder where every node sees it, under the same path, or leave "
                    f"the node out: --slurm-args '--exclude={state.node}'.",
                )
            why = "does not see the results folder"
        else:
            why = f"cannot grade: {task.last_words() or f'exit status {state.exit_code}'}"
            if not self.begun:
                raise GraderFault(f"the node {state.node} {why}")
        if state.node not in self.unfit:
            self.unfit[state.node] = why.rstrip(".")
            for job in {number.partition("_")[0] for number in self.tasks}:
                self.controller.exclude(job, self.unfit)
