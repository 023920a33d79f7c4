"""What the reader waits for, measured: cold, unchanged, and after an edit."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from happens_before.core import workbook
from happens_before.core.errors import GraderFault
from happens_before.core.unit import Unit

ROUNDS = 5


@dataclass(frozen=True)
class Figure:
    """One measured time: the median of several runs, in seconds, beside what is aimed at."""

    what: str
    seconds: float
    most: float
    runs: int

    def __str__(self) -> str:
        verdict = "" if self.seconds <= self.most else "   MISSED"
        return f"{self.what:<52} {self.seconds:6.2f} s   (aim: {self.most:g} s){verdict}"


def measure(unit: Unit) -> list[Figure]:
    """Time the command line itself on the unit's reference, in a cache of its own."""
    with tempfile.TemporaryDirectory(prefix="happens-before-bench-") as directory:
        place = Path(directory)
        work = place / "work" / unit.path
        work.mkdir(parents=True)
        _copy(unit, work)
        counter = iter(range(10_000))

        def cold() -> float:
            return _check(unit, place / "work", place / f"cold-{next(counter)}")

        def unchanged() -> float:
            return _check(unit, place / "work", place / "warm")

        def edited(*arguments: str) -> float:
            _touch(work / unit.editable[0], next(counter))
            return _check(unit, place / "work", place / "warm", *arguments)

        unchanged()  # fill the cache
        quick = ("--judge", "build", "--judge", "tests")
        return [
            _figure(f"cold check of {unit.name}, nothing cached", cold, 5.0),
            _figure("the same, unchanged", unchanged, 0.3),
            _figure("after an edit: first verdict (build and tests)", lambda: edited(*quick), 1.0),
            _figure("after an edit: the whole unit", edited, 5.0),
        ]


def _figure(what: str, run: Callable[[], float], most: float) -> Figure:
    return Figure(what, statistics.median(run() for _ in range(ROUNDS)), most, ROUNDS)


def _copy(unit: Unit, to: Path) -> None:
    for name in unit.editable:
        (to / name).write_bytes((unit.solution / name).read_bytes())


def _touch(file: Path, number: int) -> None:
    """A real edit, and a harmless one: every object has to be made again."""
    first, _, rest = file.read_text(encoding="utf-8").partition("\n")
    kept = rest if first.startswith("/* edit ") else f"{first}\n{rest}"
    file.write_text(f"/* edit {number} */\n{kept}", encoding="utf-8")


def _check(unit: Unit, submission: Path, cache: Path, *arguments: str) -> float:
    command = [sys.executable, str(workbook.ROOT / "grader" / "grade"), "check", unit.name]
    command += ["--submission", str(submission), *arguments]
    environment = {**os.environ, workbook.CACHE_VARIABLE: str(cache)}
    started = time.monotonic()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise GraderFault(f"the reference of {unit.name} did not pass:\n{done.stdout[-2000:]}")
    return time.monotonic() - started
