"""The files of a workbook, and the flags that its C files are compiled with by hand."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from happens_before.core import workbook
from happens_before.core import unit as units

NOT_OURS = {".git", ".cache", "build", "__pycache__", ".mypy_cache", ".pytest_cache"}
PARTS = (  # of the runtime, whose headers our code sees
    "runner",
    "lab",
    "history",
    "fence",
    "explorer/include",
)


@dataclass(frozen=True)
class Source:
    """A C file with the flags that it is compiled with."""

    file: Path
    flags: tuple[str, ...]


def names(root: Path, tracked: bool = False) -> list[str]:
    """The paths below `root` of its files, sorted.

    tracked: only what git tracks; otherwise also what it would. Where `root` is not the top of a
    git repository: all that is there, without caches and what was built.
    """
    if (root / ".git").exists():
        others = () if tracked else ("--others", "--exclude-standard")
        command = ["git", "ls-files", "-z", "--cached", *others]
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
        return sorted(set(filter(None, done.stdout.split("\0"))))
    found: list[str] = []
    for directory, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name not in NOT_OURS]
        found += (os.path.relpath(os.path.join(directory, name), root) for name in files)
    return sorted(found)


def sources() -> Iterator[Source]:
    """Every C file of the workbook, with its flags."""
    for name in names(workbook.ROOT):
        if name.endswith(".c") and (workbook.ROOT / name).is_file():
            yield Source(workbook.ROOT / name, _flags(Path(name)))


def _flags(name: Path) -> tuple[str, ...]:
    """Include directories by where the file stands; our own code may use GNU's names."""
    include = workbook.RUNTIME / "include"
    flags = [f"-I{include}"]
    for kind in workbook.KINDS:
        parts = name.parts[1:] if name.parts[0] == "solutions" else name.parts
        if parts[0] == kind:
            flags += _unit_flags(workbook.ROOT / kind / parts[1])
    if name.parts[:2] == ("grader", "demo"):
        flags.append(f"-I{workbook.ROOT / 'lessons' / '04-mutex'}")
    # Behind the unit's: `channel.h` is in both.
    if name.parts[0] == "grader" or name.name == "bench.c":
        flags += ["-D_GNU_SOURCE", *(f"-I{workbook.RUNTIME / part}" for part in PARTS)]
    return tuple(flags)


@lru_cache
def _unit_flags(directory: Path) -> tuple[str, ...]:
    known = (directory / "unit.toml").is_file()
    includes = units.load(directory).includes if known else (directory,)
    return tuple(f"-I{path}" for path in includes)
