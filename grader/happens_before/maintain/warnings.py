"""All C of the workbook under both compilers, with every warning an error."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from happens_before.core import unit as units
from happens_before.core import workbook

STRICT = ("-std=c17", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-pthread")
# Written to break a rule of the compilers, or not for them.
LEFT_OUT = (
    "grader/tests/cheats/",
    "grader/tests/bombs/",
    "grader/tests/bad/",
    "grader/tests/explorer/bad/",
)
PARTS = (
    "runner",
    "lab",
    "history",
    "explorer/include",
)  # of the runtime, whose headers our code sees


@dataclass(frozen=True)
class Source:
    """A C file with the flags that it is compiled with."""

    file: Path
    flags: tuple[str, ...]


def sources() -> Iterator[Source]:
    """Every C file that git knows or could know, with its flags."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", "*.c"]
    listed = subprocess.run(
        command, cwd=workbook.ROOT, capture_output=True, text=True, check=True
    ).stdout
    for name in listed.split():
        if not name.startswith(LEFT_OUT) and (workbook.ROOT / name).is_file():
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


def complaints() -> list[str]:
    """What gcc and clang say of the workbook's C, one string a file; empty when all is clean."""
    work = [(compiler, source) for source in sources() for compiler in ("gcc", "clang")]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return [said for said in pool.map(_ask, work) if said]


def _ask(work: tuple[str, Source]) -> str:
    compiler, source = work
    command = [compiler, *STRICT, *source.flags, str(source.file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return f"{compiler}: {done.stderr.strip()}" if done.returncode or done.stderr else ""
