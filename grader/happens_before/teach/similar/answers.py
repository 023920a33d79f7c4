"""Answers: the different sets of files that a class handed in for one unit, as texts with lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from happens_before.core.errors import InputError
from happens_before.core.source_rules import without_comments
from happens_before.teach.intake import Taken
from happens_before.teach.handins.people import Student
from happens_before.teach.results import Results


@dataclass(frozen=True)
class Answer:
    """One set of files, as one text; `students` all handed in exactly these."""

    key: str
    files: Mapping[str, bytes]
    students: tuple[Student, ...] = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Answer) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    def code(self) -> bytes:
        """The text with comments and strings blanked, line by line as before."""
        raw = b"\n".join(self.files.values()).decode("utf-8", "surrogateescape")
        return without_comments(raw).encode("utf-8", "surrogateescape")

    @cached_property
    def lines(self) -> tuple[tuple[str, int, str], ...]:
        """Each line of the text: its file, its number there from 1, what stands in it."""
        return tuple(
            (name, number, line.rstrip("\r"))
            for name, content in self.files.items()
            for number, line in enumerate(content.decode("utf-8", "replace").split("\n"), 1)
        )

    def excerpt(self, first: int, last: int) -> Sequence[tuple[str, int, str]]:
        """Some of the lines; first and last count from 1."""
        return self.lines[first - 1 : last]


def answers_to(results: Results, taken: Sequence[Taken], unit: str) -> list[Answer]:
    """The different answers of a class to a unit, by key. Errors: InputError for a damaged item."""
    students: dict[str, list[Student]] = {}
    for each in taken:
        if key := each.items.get(unit):
            students.setdefault(key, []).append(each.student)
    return [
        Answer(key, results.item(key).files.files, tuple(those))
        for key, those in sorted(students.items())
    ]


def of_files(files: Mapping[str, bytes]) -> Answer:
    """An answer that no student gave."""
    return Answer("", files)


def read_files(directory: Path, names: Sequence[str]) -> Answer:
    """The same, of files of the workbook. Errors: InputError when one is not there."""
    try:
        return of_files({name: (directory / name).read_bytes() for name in names})
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror}).", str(error.filename)) from None
