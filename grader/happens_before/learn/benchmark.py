"""A unit's benchmark: its bench.c, linked with the reference or with the reader's own files."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from happens_before.core import foundation, workbook
from happens_before.core.compilers import PLAIN
from happens_before.core.errors import InputError
from happens_before.core.unit import Unit

PROGRAM = "bench.c"
# Peers that a bench.c may measure beside ours, where they are installed: header -> library.
PEERS = {
    "nsync.h": "-lnsync",
    "ck_spinlock.h": "-lck",
}
FLAGS = ("-std=c17", "-O2", "-g", "-Wall", "-Wextra", "-D_GNU_SOURCE", "-pthread")


def run(unit: Unit, submission: Path | None) -> int:
    """Build and run; what it prints is the unit's table of figures. Returns its exit status.

    submission: a directory with the unit's files, or None for the reference; where that is not
    (in a students' edition), for the workbook's own files.
    Errors: InputError when a file is missing or does not compile.
    """
    sources = [_source(unit, name, submission) for name in unit.editable]
    sources += [file for each in unit.foundations for file in foundation.files(each, PLAIN)]
    sources.append(_program(unit))
    sources += sorted((workbook.RUNTIME / "system").glob("*.c"))
    with tempfile.TemporaryDirectory(prefix="happens-before-") as directory:
        program = Path(directory) / "bench"
        _build(unit, sources, program)
        return subprocess.run([str(program)], check=False).returncode


def _source(unit: Unit, name: str, submission: Path | None) -> Path:
    if submission is None:
        references = unit.solution.is_dir()
        return _existing((unit.solution if references else unit.directory) / name)
    places = (submission / unit.path / name, submission / unit.name / name, submission / name)
    return _existing(next((place for place in places if place.is_file()), places[0]))


def _program(unit: Unit) -> Path:
    """It stands beside the reference; in a students' edition, in the unit itself."""
    own = unit.directory / PROGRAM
    return own if own.is_file() else _existing(unit.solution / PROGRAM)


def _existing(file: Path) -> Path:
    if not file.is_file():
        raise InputError("is not there.", file)
    return file


def _build(unit: Unit, sources: list[Path], program: Path) -> None:
    includes = [f"-I{path}" for path in (workbook.RUNTIME / "include", *unit.includes)]
    command = ["gcc", *FLAGS, *includes, *map(str, sources), "-o", str(program), *_peers()]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise InputError(f"does not compile:\n{done.stderr.strip()}", sources[0])


def _peers() -> list[str]:
    return [library for header, library in PEERS.items() if Path("/usr/include", header).is_file()]
