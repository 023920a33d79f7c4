"""What an edition would give away: the text of solutions, and the names of hidden tests and mutants.

Lines are compared without their spaces; a line that says little (a brace, an `else`, an #include)
counts for nothing. A unit's own pages quote its reference on purpose, in a few lines; its attempts
are whole answers, each with its fault, so what they share with the reference is only told.
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from happens_before.core.foundation import FOLDER
from happens_before.core.unit import Unit
from happens_before.teach.release.edition import Edition

LOOKED_AT = (".c", ".h", ".md", ".toml", ".py", ".txt")
WORD, NOT_LETTERS = re.compile(r"\w+"), re.compile(r"\W")
LETTERS = 8  # that a line must have to say something
QUOTED, ELSEWHERE = 7, 2  # lines in a row that may be shown: in the unit itself, in other files
DEMONSTRATION = "grader/demo/mutex.c"  # a whole answer with faults, as attempts are
TOLD_SHARE = 0.5  # of a reference's lines in a row in an attempt, from which it is told


@dataclass(frozen=True)
class Leak:
    """A file of the edition that gives something away. lines: in a row; 0 for a name."""

    file: str
    secret: str
    what: str
    lines: int = 0

    def __str__(self) -> str:
        much = f"{self.lines} lines in a row of" if self.lines else f"'{self.what}' of"
        return f"{self.file}: {much} {self.secret}"


@dataclass(frozen=True)
class Found:
    """What was found. leaks: none should be. near_answers: attempts with much of a reference, from
    which a student may make an answer."""

    leaks: list[Leak]
    near_answers: list[Leak]


def look(edition: Edition, root: Path) -> Found:
    """Look for the solutions below `root` in the edition."""
    found = Found(list(_names(edition, root)), [])
    runs = _Runs(edition)
    for unit in edition.units:
        for secret in secret_files(unit):
            lines = telling(secret.read_text(encoding="utf-8"))
            where = str(secret.relative_to(root))
            for name, count in sorted(runs.shared(lines).items()):
                own = name.startswith(f"{unit.path}/") or name.endswith("/bench.c")
                if not _is_answer(name) and count > (QUOTED if own else ELSEWHERE):
                    found.leaks.append(Leak(name, where, "", count))
                if secret in unit.reference and "/attempts/" in name:
                    if count >= len(lines) * TOLD_SHARE:
                        found.near_answers.append(Leak(name, where, "", count))
    return found


def secret_files(unit: Unit) -> list[Path]:
    """What students do not get, of one unit: answers, hidden tests, mutants."""
    endings = ("*.c", "*.patch", "hidden.toml")
    found = (file for ending in endings for file in unit.solution.rglob(ending))
    return sorted(file for file in found if file.name != "bench.c")


class _Runs:
    """The edition's telling lines, and where each stands."""

    def __init__(self, edition: Edition) -> None:
        self._places: dict[str, list[tuple[str, int]]] = defaultdict(list)
        for name, text in edition.texts(*LOOKED_AT):
            for number, line in enumerate(telling(text)):
                self._places[line].append((name, number))

    def shared(self, secret: list[str]) -> dict[str, int]:
        """The files that share lines with a secret: how many in a row."""
        ending: dict[tuple[str, int], int] = {}  # runs that end at this line of this file
        best: dict[str, int] = {}
        for line in secret:
            places = self._places.get(line, ())
            ending = {(name, at): ending.get((name, at - 1), 0) + 1 for name, at in places}
            for (name, _), count in ending.items():
                best[name] = max(best.get(name, 0), count)
        return best


def _is_answer(name: str) -> bool:
    parts = name.split("/")
    return "attempts" in parts or FOLDER in parts or name == DEMONSTRATION


def telling(text: str) -> list[str]:
    """The lines that say something, without spaces at their ends and a patch's marks."""
    lines = (" ".join(line.lstrip("+- \t").split()) for line in text.splitlines())
    return [
        line
        for line in lines
        if len(NOT_LETTERS.sub("", line)) >= LETTERS and not line.startswith("#include")
    ]


def secret_names(unit: Unit) -> Iterator[tuple[str, Path]]:
    """The names of hidden checks, and of mutants that no attempt is called by too."""
    hidden = unit.solution / "hidden.toml"
    if hidden.is_file():
        for plan in tomllib.loads(hidden.read_text(encoding="utf-8"))["judges"].values():
            yield from ((check["id"], hidden) for check in plan["checks"])
    attempts = {file.stem for file in (unit.directory / "attempts").glob("*.c")}
    for file in sorted((unit.solution / "mutants").glob("*_*.patch")):
        if file.stem not in attempts:
            yield file.stem, file


def _names(edition: Edition, root: Path) -> Iterator[Leak]:
    words = {name: set(WORD.findall(text)) for name, text in edition.texts(*LOOKED_AT)}
    for unit in edition.units:
        for secret, place in secret_names(unit):
            for name, there in words.items():
                if secret in there and ("__" in secret or name.startswith(f"{unit.path}/")):
                    yield Leak(name, str(place.relative_to(root)), secret)
