"""What the engine slurm does when tasks, nodes and the controller fail: with a Slurm made for it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from happens_before.core.errors import GraderFault, InputError
from happens_before.teach.engines import slurm
from happens_before.teach.engines.controller import Controller, NoAnswer, TaskState
from happens_before.teach.engines.task import Task
from happens_before.teach.results import Results
from happens_before.teach.worker import Ended

KEYS = [f"{number:032x}" for number in range(40)]
DONE = TaskState("COMPLETED", 0, "node1")
LOST = TaskState("NODE_FAIL", 0, "node1")


@dataclass
class MadeUp:
    """A Slurm that runs each task at once. grade: what a task with these items comes to, and how
    many of them it finishes."""

    grade: Callable[[Sequence[str]], tuple[TaskState, int]]
    most: int = 1001
    silent: int = 0  # how many questions stay without an answer
    left_over: bool = False  # jobs of a killed batch
    torn: bool = False  # the line of an item that was not finished stands there in part
    forgets: bool = False
    waits: int = 0  # how many looks the tasks are pending
    room: int = 1000  # how many tasks the user may have in the queue
    queued: int = 0
    arrays: list[int] = field(default_factory=list)
    without: list[list[str]] = field(default_factory=list)
    known: dict[str, TaskState] = field(default_factory=dict)
    excluded: list[tuple[str, list[str]]] = field(default_factory=list)  # from arrays that wait
    cancelled: int = 0

    def largest_array(self) -> int:
        return self.most

    def processors(self) -> int:
        return 100

    def cancel(self) -> bool:
        self.cancelled += 1
        return self.left_over and self.cancelled == 1

    def exclude(self, job: str, nodes: Iterable[str]) -> None:
        self.excluded.append((job, list(nodes)))

    def submit(
        self, script: Sequence[str], tasks: int, at_once: int | None, without: Iterable[str]
    ) -> str:
        self._answer()
        if self.queued + tasks > self.room:
            raise InputError("Slurm refused the job: too many.")
        self.queued += tasks
        self.arrays.append(tasks)
        self.without.append(list(without))
        for number in range(tasks):
            stem = Path(script[1]) / str(number)
            keys = stem.with_suffix(".keys").read_text().split()
            state, finished = self.grade(keys)
            lines = [Ended(key, "pass").line() + "\n" for key in keys[:finished]]
            if self.torn and finished < len(keys):
                lines.append(Ended(keys[finished], "pass").line()[:-3])
            stem.with_suffix(".ended").write_text("".join(lines))
            stem.with_suffix(".words").write_text("its last words\n")
            self.known[f"{len(self.arrays)}_{number}"] = state
        return str(len(self.arrays))

    def states(self) -> dict[str, TaskState]:
        self._answer()
        self.queued = 0
        if self.waits:
            self.waits -= 1
            return {number: TaskState("PENDING", 0, "") for number in self.known}
        return {} if self.forgets else self.known

    def _answer(self) -> None:
        if self.silent:
            self.silent -= 1
            raise NoAnswer("nobody is there")


@pytest.fixture
def results(tmp_path: Path) -> Results:
    return Results.create(tmp_path / "out", ["lessons/04-mutex"])


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slurm, "PAUSE_S", 0.0)
    monkeypatch.setattr(slurm, "LOOK_S", 0.0)


def run(
    results: Results, made_up: MadeUp, monkeypatch: pytest.MonkeyPatch, jobs: int | None = None
) -> dict[str, Ended]:
    """What the engine tells of KEYS; it must tell of each once, and leave nothing."""
    monkeypatch.setattr(slurm, "Controller", lambda *_: made_up)
    told: dict[str, Ended] = {}

    def tell(ended: Ended) -> None:
        assert ended.key not in told
        told[ended.key] = ended

    try:
        slurm.SlurmEngine(jobs).run(results, KEYS, tell)
    finally:
        assert made_up.cancelled == 2, "once before, once after"
        assert not (results.directory / slurm.FOLDER).exists()
    assert sorted(told) == KEYS
    return told


def test_tells_of_every_item(results: Results, monkeypatch: pytest.MonkeyPatch) -> None:
    made_up = MadeUp(lambda keys: (DONE, len(keys)))
    told = run(results, made_up, monkeypatch)
    assert {ended.status for ended in told.values()} == {"pass"}
    assert made_up.arrays == [len(KEYS)]


def test_asks_for_what_units_may_use_and_for_a_node_of_its_own_when_alone(
    results: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Sequence[str]] = []

    def make(name: str, arguments: Sequence[str]) -> MadeUp:
        asked.append(arguments)
        return MadeUp(lambda keys: (DONE, len(keys)))

    monkeypatch.setattr(slurm, "Controller", make)
    for options in ([], ["--alone"]):
        slurm.SlurmEngine(1, options, ["--time=5"]).run(results, KEYS, lambda _: None)
    usual, alone = map(tuple, asked)
    memory = int(usual[1].removeprefix("--mem=").removesuffix("M"))
    assert memory >= 1024 + 512
    assert usual == ("--cpus-per-task=1", f"--mem={memory}M", "--time=5")
    assert alone == (*usual[:2], "--exclusive", "--time=5")


def test_waits_for_its_turn(results: Results, monkeypatch: pytest.MonkeyPatch) -> None:
    run(results, MadeUp(lambda keys: (DONE, len(keys)), waits=3), monkeypatch)


def test_makes_no_array_larger_than_slurm_allows(
    results: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_up = MadeUp(lambda keys: (DONE, len(keys)), most=15)
    run(results, made_up, monkeypatch)
    assert made_up.arrays == [15, 15, 10]


def test_submits_no_more_than_slurm_will_take(
    results: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_up = MadeUp(lambda keys: (DONE, len(keys)), room=7)
    told = run(results, made_up, monkeypatch)
    assert all(ended.status for ended in told.values())
    assert made_up.arrays[0] == 5, "40, 20, 10 and 5 were tried"
    assert len(made_up.arrays) < 20


def test_says_what_slurm_refuses_for_good(
    results: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError, match="refused the job: too many"):
        run(results, MadeUp(lambda keys: (DONE, len(keys)), room=0), monkeypatch)


@pytest.mark.parametrize("torn", (False, True))
def test_an_item_that_takes_its_node_with_it_is_given_up_and_costs_no_other_its_verdict(
    torn: bool, results: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    evil = KEYS[2]

    tries = []

    def grade(keys: Sequence[str]) -> tuple[TaskState, int]:
        tries.append(evil in keys)
        return (LOST, keys.index(evil)) if evil in keys else (DONE, len(keys))

    told = run(results, MadeUp(grade, torn=torn), monkeypatch, jobs=1)
    assert {key for key, ended in told.items() if not ended.status} == {evil}
    assert sum(tries) == 1 + 3, "once behind others, which were finished, and three times first"
    fault = told[evil].fault
    assert fault == "its task was lost 3 times: NODE_FAIL on node1: its last words"


def test_who_finishes_something_may_be_lost_as_often_as_it_likes(
    results: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_up = MadeUp(lambda keys: (TaskState("TIMEOUT", 0, "node1"), 1))
    told = run(results, made_up, monkeypatch, jobs=1)
    assert all(ended.status for ended in told.values())
    assert len(made_up.arrays) == 5  # eight tasks of five items


def test_tasks_that_slurm_forgot_are_done_again(
    results: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = iter((0, 0))
    made_up = MadeUp(lambda keys: (DONE, next(tries, len(keys))), forgets=True)
    assert all(ended.status for ended in run(results, made_up, monkeypatch).values())
    assert made_up.arrays == [40, 2]


def test_a_node_that_turns_unfit_is_avoided(
    results: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    unseen = TaskState("FAILED", slurm.UNSEEN, "node2")
    made_up = MadeUp(
        lambda keys: (unseen, 0) if made_up.known and not made_up.without[-1] else good
    )
    good = (DONE, 1)
    told = run(results, made_up, monkeypatch)
    assert all(ended.status for ended in told.values())
    assert made_up.without == [[], ["node2"]]
    assert made_up.excluded == [("1", ["node2"])]


@pytest.mark.parametrize(
    "code, error, words",
    (
        (slurm.UNSEEN, InputError, "out: is not seen by the node node2."),
        (3, GraderFault, "the node node2 cannot grade: its last words"),
    ),
)
def test_a_node_that_is_unfit_from_the_start_ends_the_batch(
    code: int,
    error: type[Exception],
    words: str,
    results: Results,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made_up = MadeUp(lambda keys: (TaskState("FAILED", code, "node2"), 0))
    with pytest.raises(error, match=words):
        run(results, made_up, monkeypatch)


def test_says_why_no_node_is_left(results: Results, monkeypatch: pytest.MonkeyPatch) -> None:
    class Picky(MadeUp):
        def submit(self, *given: object, **more: object) -> str:
            if self.arrays:
                raise InputError("Slurm refused the job: no such nodes.")
            return super().submit(*given, **more)  # type: ignore[arg-type]

    unseen = TaskState("FAILED", slurm.UNSEEN, "node2")
    made_up = Picky(lambda keys: (DONE, 1) if not made_up.known else (unseen, 0))
    with pytest.raises(GraderFault) as raised:
        run(results, made_up, monkeypatch)
    assert str(raised.value) == (
        "no node is left that can grade. node2 does not see the results folder. "
        "Slurm refused the job: no such nodes."
    )


def test_waits_for_a_controller_that_is_silent_for_a_while(
    results: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_up = MadeUp(lambda keys: (DONE, len(keys)), silent=20)
    assert all(ended.status for ended in run(results, made_up, monkeypatch).values())


def test_gives_up_a_controller_that_stays_silent(
    results: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slurm, "PATIENCE_S", 0.0)
    with pytest.raises(GraderFault, match="silent for 0 minutes: nobody is there"):
        run(results, MadeUp(lambda keys: (DONE, 0), silent=1000), monkeypatch)


def test_says_that_the_folder_cannot_be_written(
    results: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(slurm, "lay_out", full)
    told = "out: cannot be written any more .No space left on device.*What is finished stays"
    with pytest.raises(InputError, match=told):
        run(results, MadeUp(lambda keys: (DONE, 0)), monkeypatch)


def test_what_the_jobs_of_a_killed_batch_finished_is_not_done_again(
    results: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Results, "report", lambda *_: type("Passed", (), {"status": "pass"}))
    monkeypatch.setattr(Results, "is_finished", lambda _, key: key != KEYS[0])
    made_up = MadeUp(lambda keys: (DONE, len(keys)), left_over=True)
    run(results, made_up, monkeypatch)
    assert made_up.arrays == [1]


@pytest.mark.parametrize(
    "items, workers, tasks, largest",
    (
        (5, 0, 5, 1),
        (5, 2, 5, 1),
        (300, 2, 17, 18),
        (8100, 64, 540, 15),
        (8100, 999, 900, 9),
        (50_000, 2, 2500, 20),
    ),
)
def test_chunks_are_small_and_few(items: int, workers: int, tasks: int, largest: int) -> None:
    made = slurm.chunks([str(number) for number in range(items)], workers)
    assert [key for chunk in made for key in chunk] == [str(number) for number in range(items)]
    assert (len(made), max(map(len, made))) == (tasks, largest)


def fake_command(directory: Path, name: str, script: str) -> None:
    """A command of Slurm's that does as told."""
    (directory / name).write_text(f"#!/bin/sh\n{script}\n")
    (directory / name).chmod(0o755)


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory of commands in front of PATH."""
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return tmp_path


def test_the_users_arguments_stand_before_ours_and_excluded_nodes_add_up(commands: Path) -> None:
    fake_command(commands, "sbatch", f'echo "$@" >{commands}/given; echo "17;cluster"')
    controller = Controller("ours", ["--time=5", "-x", "bad1", "--array=9", "--exclude=bad2"])
    assert controller.submit(["task", "argument"], 3, None, ["bad3"]) == "17"
    given = (commands / "given").read_text().split()
    assert given[:2] == ["--time=5", "--array=9"]
    assert given[-2:] == ["task", "argument"]
    assert "--exclude=bad1,bad2,bad3" in given
    assert given.index("--array=0-2") > 1
    assert "--no-requeue" in given


def test_at_most_so_many_tasks_run_at_one_time(commands: Path) -> None:
    fake_command(commands, "sbatch", f'echo "$@" >{commands}/given; echo 17')
    Controller("ours").submit(["task"], 3, 2, [])
    given = (commands / "given").read_text().split()
    assert "--array=0-2%2" in given and "--dependency=singleton" in given


def test_counts_the_processors(commands: Path) -> None:
    fake_command(commands, "sinfo", "echo 4/0/0/4; echo 0/6/2/8")
    assert Controller("ours").processors() == 12


def test_reads_what_squeue_says(commands: Path) -> None:
    lines = "1_0 FAILED 24832 node1\\n1_1 RUNNING 0 node2\\n1_2 PENDING 0\\n1_3 FAILED 97 node1"
    fake_command(commands, "squeue", f'printf "{lines}\\n"')
    assert Controller("ours").states() == {
        "1_0": TaskState("FAILED", 97, "node1"),
        "1_1": TaskState("RUNNING", 0, "node2"),
        "1_2": TaskState("PENDING", 0, ""),
        "1_3": TaskState("FAILED", 97, "node1"),
    }


def test_a_refusal_is_told_from_silence(commands: Path) -> None:
    fake_command(commands, "sbatch", "echo 'sbatch: error: bad account.' >&2; exit 1")
    fake_command(commands, "squeue", "exit 0")
    with pytest.raises(InputError, match="refused the job: sbatch: error: bad account"):
        Controller("ours").submit(["task"], 1, None, [])
    fake_command(commands, "squeue", "exit 1")
    with pytest.raises(NoAnswer):
        Controller("ours").submit(["task"], 1, None, [])


def test_a_line_counts_when_it_is_whole(tmp_path: Path) -> None:
    task = Task(tmp_path / "0", KEYS[:2])
    assert list(task.news()) == []
    first, second = (Ended(key, "pass") for key in KEYS[:2])
    with (tmp_path / "0.ended").open("w") as file:
        file.write(first.line() + "\n" + second.line()[:20])
        file.flush()
        assert list(task.news()) == [first]
        file.write(second.line()[20:] + "\n")
        file.write(first.line() + "\n" + Ended(KEYS[9], "pass").line() + "\n")  # not its own
        file.flush()
        assert list(task.news()) == [second]
        assert list(task.news()) == [] == task.left
