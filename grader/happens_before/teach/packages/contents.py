"""What of the workbook goes into a package: the grader, the units, and what they build on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from happens_before.core import workbook
from happens_before.core.unit import Unit
from happens_before.core.packing import Member

GRADER = ("grade", "setup.sh", "happens_before", "runtime", "schema")
UNIT_FILES = (".c", ".h", ".toml")
HIDDEN = ("hidden.toml", "hidden_tests.c")


def workbook_members(units: Sequence[Unit], public: bool = False) -> Iterator[Member]:
    """The workbook, cut down to what grading these units needs.

    public: students can read the package: without reference answers (but for those that a unit
    builds on, which are linked with it) and without hidden tests.
    """
    root = workbook.ROOT
    yield from _members((root / "tsan-suppressions", root / "LICENSE"))
    yield from _members(_files(root / "grader" / part for part in GRADER))
    yield Member("workbook/grader/packages.txt", _packages_of_everybody())
    needed = {each.path: each for unit in units for each in (*unit.foundations, unit)}
    for unit in needed.values():
        yield from _members(f for f in _files([unit.directory]) if f.suffix in UNIT_FILES)
    for unit in {each.path: each for each in answers(units, public)}.values():
        yield from _members(unit.reference)
    if not public:
        for unit in needed.values():
            hidden = (unit.solution / name for name in HIDDEN)
            yield from _members(file for file in hidden if file.is_file())


def answers(units: Sequence[Unit], public: bool) -> list[Unit]:
    """The units whose reference answers are in the package."""
    foundations = [each for unit in units for each in unit.foundations]
    return foundations if public else [*foundations, *units]


def script(platform: str, name: str, to: str, executable: bool = True) -> Member:
    """A file that stands beside this one, as a member."""
    content = (Path(__file__).parent / platform / name).read_bytes()
    return Member(to, content, executable)


def _files(places: Iterable[Path]) -> Iterator[Path]:
    for place in places:
        if place.is_file():
            yield place
        for file in sorted(place.rglob("*")) if place.is_dir() else ():
            if file.is_file() and "__pycache__" not in file.parts:
                yield file


def _members(files: Iterable[Path]) -> Iterator[Member]:
    for file in files:
        name = file.relative_to(workbook.ROOT).as_posix()
        executable = bool(file.stat().st_mode & 0o100)
        yield Member(f"workbook/{name}", file.read_bytes(), executable)


def _packages_of_everybody() -> bytes:
    text = (workbook.ROOT / "grader" / "packages.txt").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if "| maintainers |" not in line]
    return ("\n".join(lines) + "\n").encode()
