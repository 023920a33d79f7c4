"""What the reader waits for, measured: cold, unchanged, and after an edit."""

from __future__ import annotations

import os
import queue
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from happens_before.core import workbook
from happens_before.core.cache import Cache
from happens_before.core.errors import GraderFault
from happens_before.core.pipeline import Grader
from happens_before.core.unit import Unit
from happens_before.learn.watching import Event, Session
from happens_before.sandbox import find_sandbox

ROUNDS = 5
PATIENCE_S = 120


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
        with _watched(unit, place) as save:
            on_the_page = _figure("a save to the page's first verdict", save, 1.0)
        return [
            _figure(f"cold check of {unit.name}, nothing cached", cold, 5.0),
            _figure("the same, unchanged", unchanged, 0.3),
            _figure("after an edit: first verdict (build and tests)", lambda: edited(*quick), 1.0),
            on_the_page,
            _figure("after an edit: the whole unit", edited, 5.0),
        ]


def _figure(what: str, run: Callable[[], float], most: float) -> Figure:
    return Figure(what, statistics.median(run() for _ in range(ROUNDS)), most, ROUNDS)


def _copy(unit: Unit, to: Path) -> None:
    for name in unit.editable:
        (to / name).write_bytes((unit.solution / name).read_bytes())


@contextmanager
def _watched(unit: Unit, place: Path) -> Iterator[Callable[[], float]]:
    """A session as the page has it, watching the unit in a copy of the workbook; each call saves an
    edit, and gives the seconds until the build and the tests have their verdicts. The next save waits
    for all judges.
    """
    root = place / "watched"
    for part in (*workbook.KINDS, "solutions"):
        shutil.copytree(workbook.ROOT / part, root / part)
    copy = root / unit.path
    _copy(unit, copy)
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    make = lambda: Grader(find_sandbox(allow_none=False), Cache(place / "warm"))  # noqa: E731
    with Session(lambda: [copy], make, events.put, place / "progress.json") as session:
        numbers = iter(range(10_000))

        def until_done() -> float:
            started, verdict = time.monotonic(), 0.0
            while (event := events.get(timeout=PATIENCE_S)).kind != "done":
                if event.kind in ("broken", "fault"):
                    raise GraderFault(event.text)
                if event.kind == "verdict" and not verdict:
                    verdict = time.monotonic() - started
            return verdict

        def save() -> float:
            _touch(copy / unit.editable[0], next(numbers))
            return until_done()

        session.check(copy)
        until_done()
        yield save


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
