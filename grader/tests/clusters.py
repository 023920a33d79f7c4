"""A workbook of one tiny unit and a class for it, and batches over them, for the tests of engines."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from workshop import make_unit

from happens_before.core import workbook

CLEAN = (Path(__file__).parent / "judges" / "clean.c").read_text()
OF_THE_RUN = ("run.json", "progress.json", ".lock")  # files that tell of the run


def make_workbook(root: Path, *judges: str) -> Path:
    """Another workbook: this one's grader, and the made-up unit with the judge build and others."""
    make_unit(root, judges)
    leave = shutil.ignore_patterns("tests", "__pycache__")
    shutil.copytree(workbook.ROOT / "grader", root / "grader", ignore=leave)
    shutil.copy(workbook.ROOT / "tsan-suppressions", root)
    return root


def make_class(folder: Path, sources: Mapping[str, str]) -> Path:
    """A folder with a submission for each student. sources: their thing.c."""
    for student, source in sources.items():
        place = folder / student / "lessons" / "01-thing"
        place.mkdir(parents=True)
        (place / "thing.c").write_text(source)
    return folder


def right(note: object) -> str:
    """A right answer, which differs from others by a comment."""
    return f"{CLEAN}/* {note} */\n"


def wrong(note: object) -> str:
    """An answer that does not compile."""
    return f"not C /* {note} */\n"


@dataclass
class Course:
    """Submissions, a workbook and a cache to grade them with."""

    workbook: Path
    submissions: Path
    cache: Path

    def command(self, out: Path, *options: str) -> list[str]:
        """The command of a batch."""
        grade = str(self.workbook / "grader" / "grade")
        return [grade, "teach", "batch", str(self.submissions), "--out", str(out), *options]

    def start(
        self, environment: Mapping[str, str], out: Path, *options: str
    ) -> subprocess.Popen[str]:
        """Start a batch."""
        return subprocess.Popen(
            self.command(out, *options),
            env={**environment, "HAPPENS_BEFORE_CACHE": str(self.cache)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def batch(
        self, environment: Mapping[str, str], out: Path, *options: str, status: int = 0
    ) -> str:
        """Run a batch to its end, insist on its exit status, and return all that it printed."""
        process = self.start(environment, out, *options)
        words = "".join(process.communicate(timeout=300))
        assert process.returncode == status, words
        return words


def contents(results: Path) -> dict[str, bytes]:
    """All of a results folder but what tells of the run."""
    files = (file for file in results.rglob("*") if file.is_file())
    return {
        str(file.relative_to(results)): file.read_bytes()
        for file in files
        if file.name not in OF_THE_RUN
    }


def finished(results: Path) -> dict[str, int]:
    """The items with a result, and when each was written (ns)."""
    files: Iterable[Path] = results.glob("items/*/result.json")
    return {file.parent.name: file.stat().st_mtime_ns for file in files}


def queue(environment: Mapping[str, str], states: str = "") -> list[str]:
    """The tasks in Slurm's queue, one a line: number, state, node."""
    only = [f"--states={states}"] if states else []
    argv = ["squeue", "--noheader", "--array", "--format=%i %T %N", *only]
    said = subprocess.run(argv, env=environment, check=True, capture_output=True, text=True)
    return said.stdout.splitlines()
