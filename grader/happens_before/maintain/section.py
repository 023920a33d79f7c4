"""A part of a Markdown file that a command writes, between two marker lines."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from happens_before.core.cache import write_atomically
from happens_before.core.errors import InputError


@dataclass(frozen=True)
class Section:
    """Where it stands: behind the line `begin`, before the line `end`."""

    file: Path
    begin: str
    end: str

    def read(self) -> str:
        """What stands there. Errors: InputError when the markers are not there."""
        return self._parts()[1].strip()

    def write(self, text: str) -> None:
        """Put the text there; a file that has it already stays untouched. Errors: as read()."""
        before, old, after = self._parts()
        if old.strip() != text:
            written = f"{before}{self.begin}\n\n{text}\n\n{self.end}{after}"
            write_atomically(self.file, written)

    def _parts(self) -> tuple[str, str, str]:
        before, begin, rest = self.file.read_text(encoding="utf-8").partition(self.begin)
        inside, end, after = rest.partition(self.end)
        if not begin or not end:
            raise InputError(f"has no line '{self.begin}' or no '{self.end}' after it.", self.file)
        return before, inside, after
