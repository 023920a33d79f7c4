"""What is in the book, and where: every file of the workbook has one page, at one place."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from happens_before.core import unit as units
from happens_before.core import workbook
from happens_before.core.unit import Unit

FRONT = "index.html"
EXPLORER = "grader/runtime/explorer/README.md"
READINGS = (  # after the chapters; those that are there
    (EXPLORER, "How the explorer works"),
    ("README.md", "The workbook and its commands"),
    ("CONTRIBUTING.md", "Working on it"),
)
NOT_SHOWN = "solutions/"  # what a reader should find by themselves
OUTSIDE = re.compile(r"[a-z][a-z0-9+.-]*:|//", re.I)
TITLE = re.compile(r"^# +(.*)$", re.M)


@dataclass(frozen=True)
class Chapter:
    """A page that one reads from beginning to end. label: its number, or ""; unit: of a lesson."""

    name: str
    url: str
    title: str
    label: str = ""
    unit: Unit | None = None


def url_of(name: str, folder: bool = False) -> str:
    """The page of a file, or folder, of the workbook; both are paths from the top."""
    if folder:
        return f"source/{name}/index.html"
    if name.endswith("/README.md"):
        return name.removesuffix("README.md") + "index.html"
    return name.removesuffix(".md") + ".html" if name.endswith(".md") else f"source/{name}.html"


def link(from_url: str, to_url: str) -> str:
    """The link from one page to another, which holds on any host and on a disk."""
    return posixpath.relpath(to_url, posixpath.dirname(from_url) or ".")


def target_of(name: str, href: str) -> tuple[str, str] | None:
    """The workbook's file that a link in the text `name` leads to, and the fragment.

    None for one that leads out of the workbook, or to a place in the same text.
    """
    path, _, fragment = href.partition("#")
    if not path or OUTSIDE.match(path):
        return None
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), path)), fragment


def chapters(root: Path = workbook.ROOT) -> list[Chapter]:
    """All chapters, in reading order: a day's lessons, then its exercises. Errors: InputError for a broken unit.toml."""
    every = [units.load(directory) for directory in workbook.unit_directories(root)]
    found = [_of_unit(unit) for unit in sorted(every, key=lambda unit: unit.day)]
    for name, title in READINGS:
        if (root / name).is_file():
            found.append(Chapter(name, url_of(name), title))
    return found


def _of_unit(unit: Unit) -> Chapter:
    name = f"{unit.path}/README.md"
    kind = "" if unit.path.startswith("lessons/") else "Exercise "
    return Chapter(name, url_of(name), unit.title, kind + unit.name.split("-")[0], unit)


def groups(every: list[Chapter]) -> Iterator[tuple[str, list[Chapter]]]:
    """The chapters as the table of contents has them: by day, then what is read beside."""
    days = sorted({chapter.unit.day for chapter in every if chapter.unit})
    for day in days:
        yield f"Day {day}", [c for c in every if c.unit and c.unit.day == day]
    if beside := [c for c in every if not c.unit]:
        yield "Beside the course", beside


def files_of(unit: Unit) -> list[str]:
    """The unit's files that a reader looks into while working, by their paths from the top."""
    names = (*unit.headers, *unit.editable, "tests.c", "scenarios.c")
    return [f"{unit.path}/{name}" for name in names if (unit.directory / name).is_file()]
