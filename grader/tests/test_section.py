"""A part of a Markdown file that a command writes: only that part changes."""

from __future__ import annotations

from pathlib import Path

import pytest
from happens_before.core.errors import InputError
from happens_before.maintain.section import Section


def test_the_part_between_the_markers_is_written_and_nothing_else(tmp_path: Path) -> None:
    section = Section(tmp_path / "README.md", "<!-- b -->", "<!-- e -->")
    section.file.write_text("before\n\n<!-- b -->\nold\n<!-- e -->\n\nafter\n")
    section.write("new")
    assert section.read() == "new"
    assert section.file.read_text() == "before\n\n<!-- b -->\n\nnew\n\n<!-- e -->\n\nafter\n"


@pytest.mark.parametrize("text", ["no markers", "<!-- b --> no end", "<!-- e --><!-- b -->"])
def test_missing_markers_are_told(tmp_path: Path, text: str) -> None:
    section = Section(tmp_path / "README.md", "<!-- b -->", "<!-- e -->")
    section.file.write_text(text)
    for use in (section.read, lambda: section.write("new")):
        with pytest.raises(InputError, match="has no line"):
            use()
    assert section.file.read_text() == text
