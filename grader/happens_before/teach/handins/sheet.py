"""Tables as CSV: read as spreadsheets and platforms write them, written so that none runs them."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from happens_before.core.errors import InputError
from happens_before.teach.formats.cells import harmless

MAX_BYTES = 16 << 20
MAX_ROWS = 100_000
DELIMITERS = ",;\t"
AS_UTF8 = "In Excel: Save as, 'CSV UTF-8'. Elsewhere: iconv -f ENCODING -t UTF-8."


@dataclass(frozen=True)
class Row:
    """One row: the line of the file where it ends, and its cells, as many as the header has."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Sheet:
    """A table with its header."""

    header: tuple[str, ...]
    rows: tuple[Row, ...]


def read(file: Path) -> Sheet:
    """Read a table: UTF-8 or UTF-16, with commas, semicolons or tabs; empty rows are left out.

    Errors: InputError naming the file and the line.
    """
    text = _text(file)
    first, _, rest = text.partition("\n")
    told = first.rstrip("\r").lower()
    if told.startswith("sep=") and len(told) == 5:  # a line of Excel's own
        rows = list(_rows(rest, told[4], file, above=1))
    else:
        rows = list(_rows(text, _delimiter(first), file, above=0))
    if not rows:
        raise InputError("is empty.", file, "Its first row names the columns.")
    header = tuple(cell.strip() for cell in rows[0].cells)
    return Sheet(header, tuple(_fitted(row, len(header), file) for row in rows[1:]))


def write(rows: Iterable[Sequence[str]]) -> str:
    """The rows as CSV; a cell that a spreadsheet would take for a formula begins with a quote."""
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows([harmless(c) for c in row] for row in rows)
    return stream.getvalue()


def _text(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror}).", file) from None
    if len(content) > MAX_BYTES:
        raise InputError(f"is larger than {MAX_BYTES >> 20} MiB: no table of a class.", file)
    if content.startswith(b"PK"):
        raise InputError("is a workbook, not CSV.", file, "Save the sheet as 'CSV UTF-8'.")
    wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        what = "UTF-16 that is cut off" if wide else f"not UTF-8 (line {line})"
        raise InputError(f"is {what}.", file, AS_UTF8) from None
    if "\0" in text:
        raise InputError(
            "holds zero bytes: it is UTF-16 without a mark, or no text.", file, AS_UTF8
        )
    return text


def _delimiter(header: str) -> str:
    """The one that the header has most of outside quotes; the first of equals."""
    bare = "".join(header.split('"')[::2])
    return max(DELIMITERS, key=bare.count)


def _rows(text: str, delimiter: str, file: Path, above: int) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for count, cells in enumerate(reader):
            if count > MAX_ROWS:
                raise InputError(f"has more than {MAX_ROWS} rows.", file)
            if any(cell.strip() for cell in cells):
                yield Row(reader.line_num + above, tuple(cells))
    except csv.Error as error:
        line = reader.line_num + above
        raise InputError(f"line {line} is not CSV ({error}).", file) from None


def _fitted(row: Row, width: int, file: Path) -> Row:
    """The row as wide as the header. A spreadsheet leaves out empty cells at the end, or adds some."""
    if any(cell.strip() for cell in row.cells[width:]):
        raise InputError(
            f"line {row.line} has {len(row.cells)} cells, but the header has {width}.",
            file,
            'A cell that holds the delimiter stands in double quotes: "Lovelace, Ada".',
        )
    return Row(row.line, (*row.cells, *[""] * (width - len(row.cells)))[:width])
