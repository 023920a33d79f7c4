"""How fast the explorer is, beside Relacy on the same algorithms in the same run.

Figures are executions a second of wall time, medians of several runs. Relacy (Debian: relacy-dev) is a
C++ library without partial-order reduction: only its random scheduler can be put beside ours, and its
full search where it ends at all.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from happens_before.core import workbook
from happens_before.core.errors import GraderFault, InputError
from happens_before.explore import runner, sources

PROGRAMS = workbook.ROOT / "grader" / "tests" / "explorer" / "bench"
ROUNDS = 5
SAMPLES = 200_000
RELACY_ITERATIONS = 500_000
SHOWN = 10  # functions of the profile
FULL_SEARCH_S = 20  # after so long, Relacy's full search is said not to end
BRIEF_S = 2.0  # how long to explore before the first look at the memory that is used
LONG_S = 20.0  # and before the second, unless another time is asked for
CORES_S = 4.0  # how long one and two processes explore, to be put beside each other
BOUNDED = 3  # exit status of an exploration that a bound has ended
RELACY_HEADER = Path("/usr/include/relacy/relacy.hpp")


@dataclass(frozen=True)
class Figure:
    """One measured figure beside what is aimed at (None: nothing is)."""

    what: str
    value: float
    unit: str
    least: float | None = None

    @property
    def missed(self) -> bool:
        """Whether it falls short of its aim."""
        return self.least is not None and self.value < self.least

    def __str__(self) -> str:
        text = f"{self.what:<58} {self.value:>13,.2f} {self.unit}"
        if self.least is None:
            return text
        return f"{text}   (aim: {self.least:,g}){'   MISSED' if self.missed else ''}"


class Bench:
    """The programs, built once, in a directory of their own."""

    def __init__(self, directory: Path, long_s: float) -> None:
        self.directory = directory
        self.long_s = long_s
        self.relacy = _build_relacy(directory)

    def program(self, name: str, *flags: str) -> Path:
        """A program of ours, ready to run."""
        place = self.directory / f"{name}{''.join(flags)}"
        place.mkdir()
        built, _ = sources.program_of([PROGRAMS / f"{name}.c"], "clang", list(flags), place)
        if not built:
            raise GraderFault(f"{name}.c has assembly that the explorer cannot look into.")
        return runner.lay_out(built, place)

    def figures(self) -> Iterator[Figure | str]:
        """Everything, as it is measured."""
        treiber, mutex = self.program("treiber3"), self.program("mutex")
        yield _rate(
            "exhaustive: Treiber's stack, 3 threads, 1 core", treiber, 150_000, "--jobs", "1"
        )
        sampling = ("--mode", "sample", "--samples", str(SAMPLES))
        yield _rate("sampling: mutex, 2 threads x 2 locks, 1 core", mutex, 1_000_000, *sampling)
        for name in ("treiber3", "mutex", "spsc3", "store_buffering"):
            yield from self._beside_relacy(name)
        big = self.program("treiber3", "-DTHREADS=4")
        yield _two_cores(big)
        yield from _memory(self.program("treiber3", "-DTHREADS=5"), self.long_s)
        yield from _where_the_time_goes(big)

    def _beside_relacy(self, name: str) -> Iterator[Figure]:
        program = self.program(name, "-DBESIDE")
        data = runner.explore(program, ["--jobs", "1"])
        seconds, executions = data["seconds"], data["executions"]
        yield Figure(f"{name}: ours, all {executions:,} executions", seconds * 1000, "ms")
        yield _rate(
            f"{name}: ours, sampling", program, None, "--mode", "sample", "--samples", str(SAMPLES)
        )
        if not self.relacy:
            return
        rates = [self._relacy(name, "random")["rate"] for _ in range(ROUNDS)]
        yield Figure(f"{name}: Relacy, random scheduler", statistics.median(rates), "executions/s")
        full = self._relacy(name, "full")
        if full:
            what = f"{name}: Relacy, full search, {full['executions']:,} executions"
            yield Figure(what, full["seconds"] * 1000, "ms")
        else:
            yield Figure(f"{name}: Relacy, full search: no end within", FULL_SEARCH_S, "s")

    def _relacy(self, name: str, scheduler: str) -> dict[str, Any]:
        """One run; empty if it did not end in time."""
        command = [str(self.relacy), name, scheduler, str(RELACY_ITERATIONS)]
        limit = FULL_SEARCH_S if scheduler == "full" else None
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, check=True, timeout=limit
            )
        except subprocess.TimeoutExpired:
            return {}
        data: dict[str, Any] = json.loads(done.stdout)
        data["rate"] = data["executions"] / data["seconds"]
        return data


def _build_relacy(directory: Path) -> Path | None:
    if not RELACY_HEADER.is_file():
        return None
    program = directory / "relacy"
    command = ["g++", "-std=c++14", "-O2", "-w", str(PROGRAMS / "relacy.cpp"), "-o", str(program)]
    subprocess.run(command, check=True)
    return program


def _explored(program: Path, *arguments: str) -> float:
    """Executions a second. Errors: GraderFault at a fault, which would end the exploration early."""
    data = runner.explore(program, list(arguments))
    if data["fault"]:
        raise GraderFault(f"a fault where there is none: {data['fault']['text']}")
    return float(data["executions"]) / float(data["seconds"])


def _rate(what: str, program: Path, least: float | None, *arguments: str) -> Figure:
    rate = _median(lambda: _explored(program, *arguments))
    return Figure(what, rate, "executions/s", least)


def _median(run: Callable[[], float]) -> float:
    return statistics.median(run() for _ in range(ROUNDS))


def _two_cores(program: Path) -> Figure:
    """How much faster two processes are than one, within the same tree and the same time."""

    def ratio() -> float:
        one, two = (
            _explored(program, "--jobs", jobs, "--time", str(CORES_S)) for jobs in ("1", "2")
        )
        return two / one

    return Figure("two cores against one: Treiber's stack, 4 threads", _median(ratio), "x", 1.8)


def _memory(program: Path, long_s: float) -> Iterator[Figure]:
    """The most memory in use after a short and after a long exploration: it must not grow."""
    for seconds in (BRIEF_S, long_s):
        command = [str(program), "--time", str(seconds), "--json", os.devnull]
        child = subprocess.Popen(command, env=runner.ENVIRONMENT)
        _, status, used = os.wait4(child.pid, 0)
        if os.waitstatus_to_exitcode(status) != BOUNDED:
            raise GraderFault("the exploration ended before its time was over.")
        what = f"memory after {seconds:g} s of Treiber's stack, 5 threads"
        yield Figure(what, used.ru_maxrss / 1024, "MiB")


def _where_the_time_goes(program: Path) -> Iterator[str]:
    """The functions that take the most processor time, by perf(1); nothing where there is none."""
    if not shutil.which("perf"):
        return
    record = program.parent / "perf.data"
    command = [
        "perf",
        "record",
        "-o",
        str(record),
        str(program),
        "--time",
        "3",
        "--json",
        os.devnull,
    ]
    if (
        subprocess.run(command, capture_output=True, env=runner.ENVIRONMENT, check=False).returncode
        > 3
    ):
        return
    told = subprocess.run(
        ["perf", "report", "-i", str(record), "--no-children", "--sort", "symbol", "--stdio"],
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [line.strip() for line in told.stdout.splitlines() if "%" in line and "#" not in line]
    yield "where the time goes, exhaustive, Treiber's stack with 4 threads:"
    yield from (f"  {line}" for line in lines[:SHOWN])


def measure(long_s: float = LONG_S) -> Iterator[Figure | str]:
    """All figures; long_s: how long to explore before the second look at the memory in use.

    Errors: InputError when the programs are not there.
    """
    if not PROGRAMS.is_dir():
        raise InputError(f"{PROGRAMS} is not there: this is a release without the grader's tests.")
    with tempfile.TemporaryDirectory(prefix="happens-before-bench-") as directory:
        yield from Bench(Path(directory), long_s).figures()
