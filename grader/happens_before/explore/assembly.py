"""Finding inline assembly, which the explorer cannot see into.

What a compiler passes on to the assembler shows it between #APP and #NO_APP. A hint to the
processor (`pause`) and an empty statement (a barrier for the compiler only) change nothing that
threads can see; anything else could.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

HINT = re.compile(r"(nop\w*|pause|yield|endbr64)$")
FILE = re.compile(r'\s*\.file\s+(?P<number>\d+)\s+(?:"(?P<directory>[^"]*)"\s+)?"(?P<name>[^"]*)"')
LINE = re.compile(r"\s*\.loc\s+(?P<file>\d+)\s+(?P<line>\d+)")
BEGIN, END = re.compile(r"\s*#\s?APP\b"), re.compile(r"\s*#\s?NO_APP\b")


@dataclass(frozen=True)
class Opaque:
    """Inline assembly whose effect is unknown: its text, and the line that it stands at."""

    text: str
    file: str
    line: int


def opaque_statements(listing: str) -> list[Opaque]:
    """The inline assembly in a compiler's output that may touch what threads share."""
    files: dict[str, str] = {}
    found: dict[tuple[str, int], list[str]] = {}
    inside, here = False, ("", 0)
    for text in listing.splitlines():
        if match := FILE.match(text):
            directory = f"{match['directory']}/" if match["directory"] else ""
            name = match["name"]
            files[match["number"]] = name if name.startswith("/") else directory + name
        elif match := LINE.match(text):
            here = files.get(match["file"], ""), int(match["line"])
        elif BEGIN.match(text) or END.match(text):
            inside = BEGIN.match(text) is not None
        elif inside and (code := _instructions(text)):
            found.setdefault(here, []).extend(code)
    return [Opaque("; ".join(code), *where) for where, code in found.items()]


def _instructions(text: str) -> list[str]:
    """What of a line is neither comment nor hint."""
    parts = [" ".join(part.split()) for part in text.split("#")[0].split(";")]
    return [part for part in parts if part and part != "rep" and not HINT.match(part)]
