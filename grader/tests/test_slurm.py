"""Batches over a real Slurm cluster, whose two nodes are on this machine."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from boxes import MARK, processes_with, wait_until
from classroom import mounted
from clusters import Course, contents, finished, make_class, make_workbook, queue, right, wrong

from happens_before.core.errors import GraderFault
from happens_before.maintain.bench_slurm import cluster, one_machine

MANY = 8
ON_NODE2 = "RUNNING node2"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("slurm")


@pytest.fixture(scope="module")
def two_nodes(place: Path) -> Iterator[dict[str, str]]:
    """The environment for a cluster of two nodes with one processor each."""
    with cluster(place / "cluster") as environment:
        yield environment


@pytest.fixture(scope="module")
def mixed(place: Path) -> Course:
    """Four students, two of whom handed in the same; only compiled, which is quick."""
    workbook = make_workbook(place / "compiles")
    sources = {"ada": right(1), "ben": right(1), "eve": wrong(1), "fay": wrong(2)}
    return Course(workbook, make_class(place / "mixed", sources), place / "cache")


@pytest.fixture(scope="module")
def many(place: Path) -> Course:
    """Students enough that something can happen while they are graded, a few seconds each."""
    workbook = make_workbook(place / "tests", "tests")
    sources = {f"student-{number}": right(number) for number in range(MANY)}
    return Course(workbook, make_class(place / "many", sources), place / "cache")


@pytest.fixture(scope="module")
def by_local(place: Path, many: Course) -> dict[str, bytes]:
    """What the engine local makes of them."""
    many.batch(os.environ, place / "by-local", "--fresh")
    return contents(place / "by-local")


def test_gives_the_same_folder_as_local(
    mixed: Course, two_nodes: dict[str, str], tmp_path: Path
) -> None:
    mixed.batch(os.environ, tmp_path / "local")
    words = mixed.batch(two_nodes, tmp_path / "slurm", "--engine", "slurm", "--fresh")
    assert contents(tmp_path / "slurm") == contents(tmp_path / "local")
    assert "3 of 3 items" in words
    assert len(finished(tmp_path / "slurm")) == 3
    assert queue(two_nodes) == []


@pytest.mark.long
def test_what_a_lost_node_had_is_done_elsewhere(
    many: Course,
    two_nodes: dict[str, str],
    place: Path,
    by_local: dict[str, bytes],
    tmp_path: Path,
) -> None:
    run = many.start(two_nodes, tmp_path / "out", "--engine", "slurm", "--fresh")
    wait_until(lambda: finished(tmp_path / "out"), 60)
    before = queue(two_nodes)
    wait_until(lambda: any(line not in before for line in queue(two_nodes) if ON_NODE2 in line), 60)
    one_machine("take-down", place / "cluster", "node2")
    try:
        words = "".join(run.communicate(timeout=120))
        assert any("NODE_FAIL node2" in line for line in queue(two_nodes, "all"))
    finally:
        one_machine("bring-back", place / "cluster", "node2")
    assert run.returncode == 0, words
    assert contents(tmp_path / "out") == by_local
    assert queue(two_nodes) == []


@pytest.mark.long
def test_an_interrupt_leaves_no_job_and_the_same_command_goes_on(
    many: Course, two_nodes: dict[str, str], by_local: dict[str, bytes], tmp_path: Path
) -> None:
    marked = {**two_nodes, MARK: f"interrupted-{tmp_path}"}
    run = many.start(marked, tmp_path / "out", "--engine", "slurm", "--fresh")
    wait_until(lambda: finished(tmp_path / "out"), 60)
    wait_until(lambda: any("RUNNING" in line for line in queue(two_nodes)), 60)
    run.send_signal(signal.SIGINT)
    words = "".join(run.communicate(timeout=60))
    assert run.returncode == 130, words
    assert queue(two_nodes) == []
    assert processes_with(marked[MARK]) == []
    assert not (tmp_path / "out" / ".slurm").exists()
    before = finished(tmp_path / "out")
    assert 0 < len(before) < MANY
    many.batch(two_nodes, tmp_path / "out", "--engine", "slurm", "--fresh")
    assert before.items() <= finished(tmp_path / "out").items()
    assert contents(tmp_path / "out") == by_local


@pytest.mark.long
def test_a_killed_batch_is_gone_on_with(
    many: Course, two_nodes: dict[str, str], by_local: dict[str, bytes], tmp_path: Path
) -> None:
    run = many.start(two_nodes, tmp_path / "out", "--engine", "slurm", "--fresh")
    wait_until(lambda: finished(tmp_path / "out"), 60)
    run.kill()
    run.communicate()
    before = finished(tmp_path / "out")
    assert queue(two_nodes), "the killed batch left jobs to find"
    many.batch(two_nodes, tmp_path / "out", "--engine", "slurm", "--fresh")
    assert before.items() <= finished(tmp_path / "out").items()
    assert contents(tmp_path / "out") == by_local
    assert queue(two_nodes) == []


@pytest.mark.long
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount")
def test_a_shared_disk_that_fills_up_in_the_middle_loses_nothing(
    many: Course, two_nodes: dict[str, str], by_local: dict[str, bytes], tmp_path: Path
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    with mounted(disk, "--types", "tmpfs", "-o", "size=64m"):
        run = many.start(two_nodes, disk / "out", "--engine", "slurm", "--fresh")
        wait_until(lambda: finished(disk / "out"), 60)
        filler = fill(disk)
        words = "".join(run.communicate(timeout=240))
        assert run.returncode == 2, words
        assert "No space left on device" in words and "What is finished stays." in words
        assert "Traceback" not in words
        assert queue(two_nodes) == []
        before = finished(disk / "out")
        assert 0 < len(before) < MANY
        filler.unlink()
        many.batch(two_nodes, disk / "out", "--engine", "slurm", "--fresh")
        assert before.items() <= finished(disk / "out").items()
        assert contents(disk / "out") == by_local


def fill(disk: Path) -> Path:
    """Take all the room there is, though others write meanwhile. Returns the file that does."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as stream, suppress(OSError):
        while stream.write(bytes(1 << 12)):
            pass
    return filler


def test_says_that_there_is_no_slurm_here(mixed: Course, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "env").symlink_to("/usr/bin/env")
    bare = {"PATH": str(tmp_path / "bin")}
    words = mixed.batch(bare, tmp_path / "out", "--engine", "slurm", status=2)
    assert "needs the command 'scontrol', which is not here" in words


def test_says_that_the_controller_does_not_answer(
    mixed: Course, two_nodes: dict[str, str], tmp_path: Path
) -> None:
    lines = Path(two_nodes["SLURM_CONF"]).read_text().splitlines()
    silent = ["SlurmctldPort=1" if line.startswith("SlurmctldPort") else line for line in lines]
    (tmp_path / "slurm.conf").write_text("\n".join(silent))
    nowhere = {**two_nodes, "SLURM_CONF": str(tmp_path / "slurm.conf")}
    words = mixed.batch(nowhere, tmp_path / "out", "--engine", "slurm", status=3)
    assert "Slurm's controller does not answer" in words


def test_says_what_slurm_refuses(mixed: Course, two_nodes: dict[str, str], tmp_path: Path) -> None:
    odd = ("--engine", "slurm", "--slurm-args", "--partition=nowhere")
    words = mixed.batch(two_nodes, tmp_path / "out", *odd, status=2)
    assert "Slurm refused the job" in words and "nvalid partition" in words
    assert queue(two_nodes) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="nodes with files of their own need root")
def test_names_the_node_that_does_not_see_the_folder(mixed: Course, tmp_path: Path) -> None:
    (tmp_path / "local").mkdir()
    with cluster(tmp_path / "c", "--local", str(tmp_path / "local")) as environment:
        out = tmp_path / "local" / "out"
        words = mixed.batch(environment, out, "--engine", "slurm", status=2)
        assert queue(environment) == []
    assert f"{out}: is not seen by the node node" in words
    assert "--exclude=node" in words


def test_a_node_that_is_taken_down_loses_all_that_ran_there_and_comes_back(tmp_path: Path) -> None:
    with cluster(tmp_path / "c", "--nodes", "1") as environment:
        marked = {**environment, MARK: f"lost-{tmp_path}"}
        sleep_in_a_job(marked)
        assert processes_with(marked[MARK])
        one_machine("take-down", tmp_path / "c", "node1")
        assert processes_with(marked[MARK]) == []
        one_machine("bring-back", tmp_path / "c", "node1")
        sleep_in_a_job(environment)


def test_a_cluster_leaves_nothing_behind(tmp_path: Path) -> None:
    with cluster(tmp_path / "c", "--nodes", "1") as environment:
        sleep_in_a_job(environment)
    assert not (tmp_path / "c").exists()
    assert processes_with(str(tmp_path / "c")) == []


def sleep_in_a_job(environment: dict[str, str]) -> None:
    """Have a job run two processes that last, one of which leaves its group, and wait for both."""
    begun = Path(environment["SLURM_CONF"]).parent / "begun"
    begun.unlink(missing_ok=True)
    job = f"setsid sleep 1000 & touch {begun}; sleep 1000"
    argv = ["sbatch", "--output=/dev/null", "--no-requeue", f"--wrap={job}"]
    subprocess.run(argv, env=environment, check=True, stdout=subprocess.DEVNULL)
    wait_until(begun.exists, 30)


def test_a_cluster_that_cannot_start_says_why(tmp_path: Path) -> None:
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "somebody's").touch()
    with pytest.raises(GraderFault, match="c: is not empty. Name a new directory."):
        one_machine("up", tmp_path / "c")
    with pytest.raises(GraderFault, match="too long a path for a socket"):
        one_machine("up", tmp_path / ("c" * 100))
    with pytest.raises(GraderFault, match="slurm.conf cannot hold such a path"):
        one_machine("up", tmp_path / "two words")
    with pytest.raises(GraderFault, match="there is no cluster. `up` starts one."):
        one_machine("down", tmp_path / "none")
    assert (tmp_path / "c" / "somebody's").exists()
