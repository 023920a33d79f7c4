"""The roster: who is in the class, read from a CSV; and who is meant by what a platform says."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from happens_before.core.archive import shown
from happens_before.core.errors import InputError
from happens_before.teach.handins import columns
from happens_before.teach.handins import names
from happens_before.teach.handins import sheet
from happens_before.teach.handins.people import Student
from happens_before.teach.handins.sheet import Row

MAX_ID = 64
MAX_NAME = 200
MAX_TOLD = 20  # mistakes that one message lists
MAX_UNUSED = 6  # columns that one note lists
UNIQUE = ("id", "email", "login", *columns.PLATFORMS)  # what no two students share
IN_EXCELS_NOTATION = re.compile(r"\d([.,]\d+)?E\+\d+", re.IGNORECASE)


@dataclass(frozen=True)
class Roster:
    """The class.

    headers: our name of a column -> how the file calls it.
    times:   the student's id -> when they handed in, as the file has it.
    notes:   what was seen in reading, each one sentence.
    """

    students: tuple[Student, ...]
    headers: Mapping[str, str] = field(default_factory=dict, hash=False)
    times: Mapping[str, str] = field(default_factory=dict, hash=False)
    notes: tuple[str, ...] = ()

    @cached_property
    def _exact(self) -> Mapping[tuple[str, str], Student]:
        return {
            (column, value.casefold()): student
            for student in self.students
            for column in UNIQUE
            if (value := value_of(student, column))
        }

    @cached_property
    def _named(self) -> Mapping[str, Sequence[Student]]:
        return _index((form, s) for s in self.students for form in names.forms(s.name))

    @cached_property
    def _teams(self) -> Mapping[str, Sequence[Student]]:
        return _index((team, s) for s in self.students for team in _teams_of(s))

    def by(self, column: str, value: str) -> Student | None:
        """Whose id, email, login or platform's key this is; upper and lower case are the same."""
        return self._exact.get((column, columns.platform_key(column, value).casefold()))

    def named(self, name: str) -> Sequence[Student]:
        """Everybody whose name has these letters, in whatever order its words stand."""
        return self._named.get(names.letters(name), ())

    def team(self, name: str) -> Sequence[Student]:
        """Everybody in the group of this name."""
        return self._teams.get(names.letters(name), ())

    def column(self, column: str) -> str:
        """How the roster calls one of our columns."""
        return self.headers.get(column, column)


def _index(pairs: Iterable[tuple[str, Student]]) -> Mapping[str, Sequence[Student]]:
    found: dict[str, list[Student]] = defaultdict(list)
    for key, student in pairs:
        if key:
            found[key].append(student)
    return dict(found)


def _teams_of(student: Student) -> set[str]:
    """The letters of each group that the cell names: Moodle writes all of them into one."""
    return {names.letters(part) for part in (student.group, *re.split("[,;]", student.group))}


def value_of(student: Student, column: str) -> str:
    """What a student has in one of the columns of UNIQUE; empty when nothing."""
    if column in columns.PLATFORMS:
        return student.keys.get(column, "")
    value = getattr(student, column)
    return value if isinstance(value, str) else ""


def load(file: Path) -> Roster:
    """Read a roster. Errors: InputError that lists every mistake with its line."""
    table = sheet.read(file)
    found, unused = columns.columns(table, str(file))
    rows = [(row, _cells(row, found)) for row in table.rows]
    people = [(row.line, cells) for row, cells in rows if not _is_canvas_own(cells)]
    naming = columns.naming_column(found, [cells for _, cells in people])
    students = [(line, _student(cells, naming)) for line, cells in people]
    headers = {column: table.header[place] for column, place in found.items()}
    _complain([*_each_ones(students, headers[naming]), *_shared(students)], file)
    if not students:
        raise InputError("names nobody: it has a header only.", file)
    notes = [
        f"Line {row.line} of the roster is Canvas's own: '{cells['name']}'."
        for row, cells in rows
        if _is_canvas_own(cells)
    ]
    if naming != "id":
        told = f"The roster has no column 'id': its column '{headers[naming]}' names the results."
        notes.append(told)
    if unused:
        more = ", ..." if len(unused) > MAX_UNUSED else ""
        told = ", ".join(map(shown, unused[:MAX_UNUSED]))
        notes.append(f"Columns of the roster that were not used: {told}{more}.")
    everybody = tuple(student for _, student in students)
    written = zip(everybody, (cells.get("submitted", "") for _, cells in people), strict=True)
    times = {student.id: time for student, time in written if time}
    return Roster(everybody, headers, times, tuple(notes))


def _complain(mistakes: Sequence[str], file: Path) -> None:
    if mistakes:
        more = [f"... and {len(mistakes) - MAX_TOLD} more."] if len(mistakes) > MAX_TOLD else []
        lines = ["cannot be used as it is:", *mistakes[:MAX_TOLD], *more]
        raise InputError("\n  ".join(lines), file)


def _cells(row: Row, found: Mapping[str, int]) -> Mapping[str, str]:
    return {column: names.clean(row.cells[place]) for column, place in found.items()}


def _is_canvas_own(cells: Mapping[str, str]) -> bool:
    """The gradebook's second row, and the test student that a course's preview makes."""
    name = cells.get("name", "")
    return not cells.get("id") and (name == "Points Possible" or name == "Student, Test")


def _student(cells: Mapping[str, str], naming: str) -> Student:
    name = cells.get("name") or " ".join(filter(None, (cells.get("first"), cells.get("last"))))
    keys = {
        platform: columns.platform_key(platform, cells[platform])
        for platform in columns.PLATFORMS
        if cells.get(platform)
    }
    return Student(
        id=keys[naming] if naming in keys else cells[naming],
        name=name,
        keys=keys,
        **{column: cells.get(column, "") for column in ("email", "login", "section", "group")},
    )


def _each_ones(students: Sequence[tuple[int, Student]], header: str) -> Iterator[str]:
    """What is wrong with each student alone."""
    for line, student in students:
        yield from (f"line {line}: {problem}" for problem in _mistakes(student, header))


def _mistakes(student: Student, header: str) -> Iterator[str]:
    if not student.id:
        who = f" of {shown(student.name)}" if student.name else ""
        yield f"the {header}{who} is missing."
    elif IN_EXCELS_NOTATION.fullmatch(student.id):
        yield (
            f"the {header} is {student.id}: a spreadsheet has rounded the number. "
            "Format the column as text and export it again."
        )
    elif problem := id_problem(student.id):
        yield f"the {header} '{shown(student.id)}' {problem}."
    if len(student.name) > MAX_NAME:
        yield f"the name has {len(student.name)} characters; {MAX_NAME} is the most."


def id_problem(identifier: str) -> str:
    """Why a text cannot name a student's results; empty when it can: results are files."""
    if len(identifier) > MAX_ID:
        return f"has {len(identifier)} characters; {MAX_ID} is the most"
    if odd := [c for c in identifier if c in '/\\:*?"<>|' or not c.isprintable()]:
        return f"holds {shown(odd[0])!r}, which cannot stand in a file's name"
    if identifier[0] in ".-":
        return f"begins with '{identifier[0]}', which cannot begin a file's name here"
    return ""


def _shared(students: Sequence[tuple[int, Student]]) -> Iterator[str]:
    """What two students share though it should tell them apart."""
    for column in UNIQUE:
        first: dict[str, int] = {}
        for line, student in students:
            value = value_of(student, column)
            if value and (other := first.setdefault(value.casefold(), line)) != line:
                yield f"lines {other} and {line} have the same {column}: {shown(value)}."
