"""CSV taken apart and put together again, with every byte that is not changed as it was."""

from __future__ import annotations

import re
from dataclasses import dataclass

BOM = "\ufeff"
QUOTED = r'"(?:[^"]|"")*"'


@dataclass
class Cell:
    """One cell: its raw text, quotes and all, and the separator or line end behind it.

    separator: the file's, for which a text needs quotes.
    """

    raw: str
    behind: str
    separator: str

    @property
    def text(self) -> str:
        """What it says."""
        inner = self.raw[1:-1] if len(self.raw) > 1 and self.raw.startswith('"') else self.raw
        return inner.replace('""', '"') if inner is not self.raw else self.raw

    def say(self, text: str) -> None:
        """Change what it says; it keeps its quotes, and gets some where it needs them."""
        quoted = self.raw.startswith('"') or any(mark in text for mark in self.separator + '"\r\n')
        self.raw = '"' + text.replace('"', '""') + '"' if quoted else text


def rows_of(text: str) -> list[list[Cell]]:
    """The rows of a CSV file that separates with commas or semicolons.

    Errors: ValueError with the row, when a quote is not closed or stands where none may.
    """
    first = text.split("\n", 1)[0]
    separator = ";" if first.count(";") > first.count(",") else ","
    pattern = re.compile(rf"({QUOTED}|[^\"{separator}\r\n]*)({separator}|\r\n|\n|\r|\Z)")
    rows: list[list[Cell]] = [[]]
    place = 0
    while place < len(text):
        match = pattern.match(text, place)
        if not match:
            raise ValueError(f"row {len(rows)}: a quote is not closed, or stands within a cell")
        rows[-1].append(Cell(match[1], match[2], separator))
        place = match.end()
        if match[2] != separator:
            rows.append([])
    if rows[-1] or len(rows) == 1:
        return rows
    return rows[:-1]


def text_of(rows: list[list[Cell]]) -> str:
    """The inverse of rows_of."""
    return "".join(cell.raw + cell.behind for row in rows for cell in row)
