"""Two workers as nodes of a Slurm cluster beside two workers of the engine local, on this machine."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from happens_before.core import workbook
from happens_before.core.errors import GraderFault
from happens_before.core.unit import Unit
from happens_before.maintain.bench_batch import measure

ONE_MACHINE = workbook.ROOT / "grader" / "slurm" / "one-machine"
WORKERS = 2


@dataclass(frozen=True)
class Beside:
    """One class, graded by both engines. cache: "cold" or "warm"; seconds by the clock."""

    items: int
    cache: str
    local_s: float
    slurm_s: float

    def __str__(self) -> str:
        return (
            f"{self.items:>5} items, {self.cache}: local {self.local_s:7.1f} s, "
            f"slurm {self.slurm_s:7.1f} s, {self.slurm_s / self.local_s:.2f} times as long"
        )


def measure_beside(units: Sequence[Unit], size: int) -> Iterator[Beside]:
    """Grade a class of `size`, cold and warm, with two workers of each engine.

    Errors: GraderFault when the cluster will not start or something stays ungraded.
    """
    jobs = ("--jobs", str(WORKERS))
    local = list(measure(units, [size], jobs))
    with tempfile.TemporaryDirectory(prefix="happens-before-bench-") as directory:
        with cluster(Path(directory) / "cluster", "--nodes", str(WORKERS)) as environment:
            os.environ["SLURM_CONF"] = environment["SLURM_CONF"]
            slurm = list(measure(units, [size], ("--engine", "slurm", *jobs)))
            del os.environ["SLURM_CONF"]
    for ours, theirs in zip(local, slurm):
        yield Beside(ours.items, ours.cache, ours.wall_s, theirs.wall_s)


@contextmanager
def cluster(directory: Path, *options: str) -> Iterator[dict[str, str]]:
    """A running cluster, and the environment in which Slurm's commands speak to it.

    options: of one-machine up. Errors: GraderFault when it will not start.
    """
    one_machine("up", directory, *options)
    try:
        yield {**os.environ, "SLURM_CONF": str(directory / "slurm.conf")}
    finally:
        one_machine("down", directory)


def one_machine(command: str, directory: Path, *more: str) -> None:
    """Run grader/slurm/one-machine. Errors: GraderFault, with its words, when it fails."""
    argv = [str(ONE_MACHINE), command, str(directory), *more]
    done = subprocess.run(argv, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise GraderFault(f"one-machine {command}: {done.stderr.strip()}")
