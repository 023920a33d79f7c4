"""Marks into the instructor's own export of Canvas's gradebook, which Canvas imports again.

What Canvas reads and writes: instructure/canvas-lms, lib/gradebook_importer.rb and
lib/gradebook_exporter.rb. Only cells of one assignment's column are filled; everything else stays
as it was, byte for byte, but for text that a spreadsheet would run.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from happens_before.core.errors import InputError
from happens_before.teach.formats.cells import harmless, points
from happens_before.teach.formats.csv_text import BOM, Cell, rows_of, text_of
from happens_before.teach.marks import StudentMark
from happens_before.teach.handins.people import Student

HINT = "Export the gradebook in Canvas (Export, Export Entire Gradebook), and give that file."
DECIMAL = re.compile(r"-?[0-9.,]*[0-9]([.,])[0-9]{1,2}%?")
NUMBERED = re.compile(r"(.*) \(([0-9]+)\)", re.S)  # the header of an assignment
TEST_STUDENT = "Student, Test"
KEPT = ("EX", "N/A")  # excused, not assigned: Canvas's own words, which a mark must not replace
ID_COLUMNS = ("ID", "SIS User ID", "SIS Login ID")
Row = list[Cell]


@dataclass
class Filled:
    """content:  the file for Canvas.
    filled:      how many cells got a mark. rows: of how many students.
    notes:       what the instructor should know, each one sentence.
    """

    content: bytes
    filled: int = 0
    rows: int = 0
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Gradebook:
    """The export, taken apart."""

    rows: list[Row]
    header: list[str]
    students: list[Row]
    possible: Row | None

    def cell(self, row: Row, column: str) -> str:
        """What stands in a column of this name; "" where there is none."""
        place = self.header.index(column) if column in self.header else len(row)
        return row[place].text.strip() if place < len(row) else ""


def fill(
    export: bytes,
    column: str,
    marks: Sequence[StudentMark],
    unit: str = "",
    scale: bool = False,
) -> Filled:
    """Fill one assignment's column.

    column: its header, its name, or the number behind it. unit: its marks; "" for the sum of all.
    scale:  make the marks fit the column's points, where these are others.
    Errors: InputError when the file is no such export, the column is not there, not the only one or
            read-only, its points differ, or a row fits more than one student.
    """
    book = _parse(export)
    place = _column(book, column)
    fit = _scale(book, place, marks, unit, scale)
    filled = Filled(b"", rows=len(book.students))
    left = {mark.student.id: mark for mark in marks}
    for row, mark in _matches(book, marks):
        if mark is None:
            if book.cell(row, book.header[0]) != TEST_STUDENT:
                filled.notes.append(f"no mark for {_who(book, row)}; the cell stays as it was.")
            continue
        left.pop(mark.student.id)
        _fill_cell(filled, row[place], mark, unit, fit)
    for mark in left.values():
        filled.notes.append(f"{mark.student} has marks and no row in the gradebook.")
    filled.notes += _neutralised(book)
    bom = BOM if export.startswith(BOM.encode()) else ""
    filled.content = (bom + text_of(book.rows)).encode()
    return filled


def _parse(export: bytes) -> Gradebook:
    try:
        rows = rows_of(export.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise InputError("the gradebook is not UTF-8.", to_do=HINT) from None
    except ValueError as error:
        raise InputError(f"the gradebook is no CSV: {error}.", to_do=HINT) from None
    header = [cell.text for cell in rows[0]]
    behind = header[header.index("Section") + 1 :] if "Section" in header else []
    if "ID" not in header or not any(NUMBERED.fullmatch(title.strip()) for title in behind):
        raise InputError(
            "the file is no gradebook of Canvas's, which has the columns Student, ID and Section, "
            "and then one for each assignment, with its number: 'Mutex (4711)'.",
            to_do=HINT,
        )
    students, possible = [], None
    for number, row in enumerate(rows[1:], 2):
        if all(not cell.text.strip() or "Manual Posting" in cell.text for cell in row):
            continue
        if len(row) != len(header):
            raise InputError(
                f"row {number} of the gradebook has {len(row)} cells, not {len(header)}.",
                to_do=HINT,
            )
        if "Points Possible" in row[0].text:
            possible = row
        else:
            students.append(row)
    return Gradebook(rows, header, students, possible)


def _column(book: Gradebook, wanted: str) -> int:
    first = book.header.index("Section") + 1
    every = [place for place in range(first, len(book.header)) if _writable(book, place)]
    found = [place for place in every if wanted.strip() in _names(book.header[place])]
    if len(found) == 1:
        return found[0]
    names = "; ".join(book.header[place] for place in every)
    what = "no column" if not found else f"{len(found)} columns"
    raise InputError(
        f"the gradebook has {what} '{wanted}' that marks can go into.",
        to_do=f"Give the number in brackets. Columns: {names}.",
    )


def _names(header: str) -> set[str]:
    """What a column may be called: all of its header, its title, its number."""
    match = NUMBERED.fullmatch(header.strip())
    return {header.strip(), match[1].strip(), match[2]} if match else {header.strip()}


def _writable(book: Gradebook, place: int) -> bool:
    return book.possible is None or "read only" not in book.possible[place].text


@dataclass(frozen=True)
class _Scale:
    """most: what marks are out of; worth: the column's points. asked: the two may differ.

    decimal_mark: a point, or the comma that stands in the column.
    """

    most: float
    worth: float
    asked: bool
    decimal_mark: str


def _scale(
    book: Gradebook, place: int, marks: Sequence[StudentMark], unit: str, asked: bool
) -> _Scale:
    """How marks become points of the column. Errors: InputError when they do not fit, unasked."""
    text = book.possible[place].text.strip().replace(",", ".") if book.possible else ""
    most = max((_asked(mark, unit).most for mark in marks), default=0.0)
    try:
        worth = float(text) if text else most
    except ValueError:
        worth = most
    if not most or math.isclose(worth, most):
        worth = most
    elif not asked:
        raise InputError(
            f"the column '{book.header[place]}' is worth {worth:g} points, and the marks {most:g}.",
            to_do="Set the assignment's points in Canvas, or ask for --scale.",
        )
    return _Scale(most, worth, asked, _decimal_mark(book, place))


def _decimal_mark(book: Gradebook, place: int) -> str:
    """How the column writes decimals, or else the others; Canvas reads a comma and a point alike."""
    first = book.header.index("Section") + 1
    rows = [row for row in book.rows if len(row) == len(book.header)]
    cells = [*(row[place] for row in rows), *(cell for row in rows for cell in row[first:])]
    found = (DECIMAL.fullmatch(cell.text.strip()) for cell in cells)
    return next((match[1] for match in found if match), ".")


@dataclass(frozen=True)
class _Cell:
    """What a student's cell is about: the mark of a unit or of all, and the most that it can be."""

    mark: float | None
    most: float
    note: str
    excused: bool


def _asked(mark: StudentMark, unit: str) -> _Cell:
    """Errors: InputError when the marks have no such unit."""
    if not unit:
        return _Cell(mark.final, mark.max_points, mark.note, mark.excused)
    for each in mark.units:
        if unit in (each.unit, each.unit.rpartition("/")[2]):
            return _Cell(each.final, 0.0 if each.excused else each.worth, each.note, each.excused)
    names = ", ".join(each.unit for each in mark.units)
    raise InputError(f"there are no marks of a unit '{unit}'.", to_do=f"Units here: {names}.")


def _matches(
    book: Gradebook, marks: Sequence[StudentMark]
) -> Iterator[tuple[Row, StudentMark | None]]:
    seen: dict[str, str] = {}
    for row in book.students:
        held = [book.cell(row, name) for name in ID_COLUMNS]
        found = [mark for mark in marks if _fits(mark.student, *held)]
        if len(found) > 1:
            names = " and ".join(str(mark.student) for mark in found)
            raise InputError(
                f"the gradebook's row of {_who(book, row)} fits {names}.",
                to_do="Give the roster a column with Canvas's IDs.",
            )
        if found and found[0].student.id in seen:
            both = f"{seen[found[0].student.id]} and of {_who(book, row)}"
            raise InputError(f"the gradebook's rows of {both} fit {found[0].student}.")
        if found:
            seen[found[0].student.id] = _who(book, row)
        yield row, found[0] if found else None


def _fits(student: Student, canvas_id: str, sis_id: str, login: str) -> bool:
    """Canvas's own ID decides where the roster has it; else the ids that a school gives."""
    if key := student.keys.get("canvas"):
        return key == canvas_id
    if student.id in (sis_id, canvas_id):
        return True
    names = {name.casefold() for name in (student.login, student.email, student.id) if name}
    return login.casefold() in names


def _fill_cell(filled: Filled, cell: Cell, mark: StudentMark, unit: str, scale: _Scale) -> None:
    asked = _asked(mark, unit)
    value, most, stays = asked.mark, asked.most, "the cell stays as it was."
    if asked.excused:
        filled.notes.append(f"{mark.student} is excused; {stays} EX in it says so to Canvas.")
    elif value is None:
        filled.notes.append(f"{mark.student} has no mark yet; {stays} {asked.note}".rstrip())
    elif most != scale.most and not scale.asked:
        filled.notes.append(
            f"{mark.student} is excused from a part, and has {value:g} of {most:g} points; {stays} "
            f"With --scale it gets {points(value * scale.worth / most)}."
        )
    elif cell.text.strip().upper() in KEPT:
        filled.notes.append(f"{mark.student} is '{cell.text.strip()}' in Canvas, and stays so.")
    else:
        told = points(value * scale.worth / most if most else 0.0)
        cell.say(told.replace(".", scale.decimal_mark))
        filled.filled += 1


def _neutralised(book: Gradebook) -> Iterator[str]:
    """Put an apostrophe before what a spreadsheet would run; Canvas goes by the ID."""
    for number, row in enumerate(book.rows, 1):
        for cell in row:
            if (text := harmless(cell.text)) != cell.text:
                cell.say(text)
                yield f"row {number}: a cell begins as a formula does; it got an apostrophe: {text}"


def _who(book: Gradebook, row: Row) -> str:
    return f"{row[0].text} (ID {book.cell(row, 'ID')})"
