"""An edition on its way to the disk: every file's name and content, and what was decided."""

from __future__ import annotations

from dataclasses import dataclass, field

from happens_before.core.unit import Unit


@dataclass(frozen=True)
class File:
    """One file. runs: it is executable."""

    content: bytes
    runs: bool = False

    @property
    def text(self) -> str | None:
        """The content as text; None when it is not UTF-8."""
        try:
            return self.content.decode("utf-8")
        except UnicodeDecodeError:
            return None


@dataclass
class Edition:
    """The files by their path in the workbook.

    units: those in it, in course order. left_out: the paths of those that are not.
    """

    units: list[Unit]
    left_out: list[str]
    files: dict[str, File] = field(default_factory=dict)

    def put(self, name: str, text: str) -> None:
        """Add or replace a file's text; it stays executable if it was."""
        was = self.files.get(name)
        self.files[name] = File(text.encode(), was.runs if was else False)

    def texts(self, *endings: str) -> list[tuple[str, str]]:
        """The name and text of each text file whose name ends so, by name."""
        found = [
            (name, self.files[name].text) for name in sorted(self.files) if name.endswith(endings)
        ]
        return [(name, text) for name, text in found if text is not None]
