"""A small workbook of its own and a class that hands in: what the tests of the batch share.

The batch runs as an instructor runs it, in processes of its own. What would be luck elsewhere is
made here: a process that dies at its n-th write, a disk that is full, a clock that jumps.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import conftest
from boxes import processes_with
from happens_before.core import workbook as ours
from happens_before.sandbox import cgroup

CELL, PAIR = "lessons/90-cell", "lessons/91-pair"
ANSWER = conftest.TINY_ANSWER
WRONG = "#include <time.h>\n" + ANSWER.replace("return kept", "return kept + (int)time(0)")
BROKEN = ANSWER.replace("return kept", "return lost")
OF_THE_RUN = ("run.json", "progress.json", ".lock")
# Python reads it when it starts: what a test has asked for happens in the process that it names.
CUSTOM = """
import os, signal, sys, time
asked = os.environ.get("HB_TEST_AT", "")
with open(os.environ["HB_TEST_PIDS"], "a") as file:
    print(os.getpid(), file=file)
if asked:
    word, count, number, once = asked.split(":")
    real, calls = os.replace, 0
    def replace(*arguments, **more):
        global calls
        calls += 1
        if word in sys.orig_argv and calls == int(count):
            try:
                os.close(os.open(once, os.O_CREAT | os.O_EXCL))
                os.kill(os.getpid(), int(number))
            except FileExistsError:
                pass
        real(*arguments, **more)
    os.replace = replace
if jump := os.environ.get("HB_TEST_CLOCK_JUMPS"):
    wall = time.time
    ticks = 0
    def jumping():
        global ticks
        ticks += 1
        return wall() + float(jump) * (-1) ** ticks
    time.time = jumping
    time.time_ns = lambda: int(jumping() * 1e9)
"""


@lru_cache
def _kept() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="hb-classroom-")


@lru_cache
def workbook() -> Path:
    """A copy of the grader, beside two tiny units that the build judge judges."""
    return make_workbook(Path(_kept().name) / "workbook")


@lru_cache
def cache() -> Path:
    """A cache that the tests of one process share."""
    return Path(_kept().name) / "cache"


def make_workbook(root: Path) -> Path:
    """As workbook(), for a test that changes it."""
    leave = shutil.ignore_patterns("tests", "__pycache__")
    shutil.copytree(ours.ROOT / "grader", root / "grader", ignore=leave)
    shutil.copy(ours.ROOT / "tsan-suppressions", root)
    cell = conftest.write_tiny(root)
    pair = root / PAIR
    pair.mkdir()
    for file in cell.iterdir():
        text = file.read_text().replace("cell", "pair")
        (pair / file.name.replace("cell", "pair")).write_text(text)
    for unit in (cell, pair):
        (unit / f"{unit.name[3:]}.c").write_text("#error not written yet\n")
    return root


@dataclass
class Class:
    """A class: what it handed in, its results, and how its batches ran. place: all of it."""

    place: Path
    root: Path = field(default_factory=workbook)
    cache: Path = field(default_factory=cache)

    def __post_init__(self) -> None:
        (self.place / "tmp").mkdir(parents=True)
        self.submissions.mkdir()
        (self.place / "sitecustomize.py").write_text(CUSTOM)

    @classmethod
    def copy_of(cls, other: Class, place: Path) -> Class:
        """Another class with the same submissions and the same results."""
        made = cls(place, other.root, other.cache)
        made.submissions.rmdir()
        for part in ("in", "out"):
            shutil.copytree(other.place / part, place / part, symlinks=True)
        return made

    @property
    def submissions(self) -> Path:
        """The folder that the batch is given."""
        return self.place / "in"

    @property
    def out(self) -> Path:
        """The results folder."""
        return self.place / "out"

    def hand_in(self, student: str, source: str | bytes, unit: str = CELL) -> Path:
        """One student's answer to one unit. Returns the student's folder."""
        folder = self.submissions / student
        file = folder / unit / f"{unit.partition('-')[2]}.c"
        file.parent.mkdir(parents=True)
        file.write_bytes(source.encode() if isinstance(source, str) else source)
        return folder

    def environment(self, **more: str) -> dict[str, str]:
        """Of a batch: a temporary directory of its own, and the hooks of CUSTOM."""
        return {
            **os.environ,
            "HAPPENS_BEFORE_CACHE": str(self.cache),
            "TMPDIR": str(self.place / "tmp"),
            "PYTHONPATH": str(self.place),
            "HB_TEST_PIDS": str(self.place / "pids"),
            **more,
        }

    def command(self, *arguments: str | Path) -> list[str]:
        """`grader/grade teach ...`."""
        grade = self.root / "grader" / "grade"
        return [sys.executable, str(grade), "teach", *map(str, arguments)]

    def teach(self, *arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command of `teach`."""
        return subprocess.run(
            self.command(*arguments),
            env=self.environment(**environment),
            capture_output=True,
            text=True,
            check=False,
            timeout=900,
        )

    def batch(
        self, *options: str, out: Path | None = None, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Grade what was handed in for the unit CELL, unless the options say otherwise."""
        units = () if "--units" in options else ("--units", "90-cell")
        where = ("--out", out or self.out)
        return self.teach("batch", self.submissions, *where, *units, *options, **environment)

    def at(self, word: str, count: int, number: int) -> dict[str, str]:
        """Makes the first process of this command send itself a signal before its n-th write."""
        once = self.place / "done-once"
        once.unlink(missing_ok=True)
        return {"HB_TEST_AT": f"{word}:{count}:{number}:{once}"}

    def left(self) -> list[str]:
        """What the processes of all batches have left: processes, control groups, files."""
        pids = (self.place / "pids").read_text().split()
        groups = cgroup.find()
        parents = set(groups.parents.values()) if groups else set()
        found = [str(pid) for pid in processes_with(str(self.place / "pids"))]
        found += [str(g) for p in parents for n in pids for g in p.glob(f"happens-before-{n}-*")]
        found += [str(file) for file in (self.place / "tmp").iterdir()]
        return found + [str(file) for file in self.out.rglob(".new-*")]


def whole(folder: Path) -> Mapping[str, bytes]:
    """All files of a results folder, but for what tells of the run."""
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file() and file.name not in OF_THE_RUN
    }


def results(folder: Path) -> Mapping[str, tuple[int, int, bytes]]:
    """Each result: its inode, when it was written, and what it says."""
    return {
        str(file.relative_to(folder)): (
            file.stat().st_ino,
            file.stat().st_mtime_ns,
            file.read_bytes(),
        )
        for file in sorted(folder.glob("items/*/result.json"))
    }


@contextmanager
def mounted(place: Path, *options: str) -> Iterator[None]:
    """A file system at `place`, for a while: a small one (--types tmpfs -o size=...), or itself again."""
    what = str(place) if "--bind" in options else "tmpfs"
    subprocess.run(["mount", *options, what, place], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)
