"""C as a preprocessor leaves it: which line of which file holds what.

Reads the output of `gcc -E -dD` and `clang -E -dD`, which say with line markers where each piece
of text comes from (GCC manual, "Preprocessor Output").
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

MARKER = re.compile(r'^# (?P<line>\d+) "(?P<file>(?:[^"\\]|\\.)*)"(?P<flags>(?: [1-4])*)\s*$')
TOKEN = re.compile(
    r"""(?P<text>(?:u8|[uUL])?"(?:[^"\\]|\\.)*"|[uUL]?'(?:[^'\\]|\\.)*')"""
    r"""|(?P<name>[A-Za-z_$][\w$]*)|(?P<number>\.?\d(?:[eEpP][+-]|[\w.])*)"""
    r"""|(?P<mark>\[|\]|<:|:>|\(|\)|\{|\}|<%|%>|[^\s\w])"""
)
DIGRAPHS = {"<:": "[", ":>": "]", "<%": "{", "%>": "}"}


@dataclass(frozen=True)
class Line:
    """One line of text, and where it stands."""

    file: str
    number: int
    text: str


@dataclass(frozen=True)
class Token:
    """One token. kind: text (a string or character), name, number or mark."""

    kind: str
    text: str
    file: str
    line: int


@dataclass(frozen=True)
class Entered:
    """A file that an #include led into, and from where."""

    file: str
    by: str
    line: int


class Preprocessed:
    """The preprocessor's output for one file.

    main:    the file's name.
    lines:   every line that is not empty, in order.
    entered: every file that was included, in order.
    forged:  where a #line directive gave the text that follows another file's name.
    """

    def __init__(self, main: str, output: str) -> None:
        self.main = main
        self.lines: list[Line] = []
        self.entered: list[Entered] = []
        self.forged: list[Line] = []
        self._read(output)

    def _read(self, output: str) -> None:
        # The compiler's own preamble names the file once; its text begins at the second time.
        file, number, names = "", 0, 0
        open_files: list[int] = []  # places in self.entered
        for text in output.split("\n"):
            if marker := MARKER.match(text):
                there = _plain(marker["file"])
                flags = marker["flags"].split()
                if "1" in flags:
                    open_files.append(len(self.entered))
                    self.entered.append(Entered(there, file, number))
                elif "2" in flags and open_files:  # the line after the #include tells where it is
                    entered = self.entered[open_files[-1]]
                    self.entered[open_files.pop()] = replace(entered, line=int(marker["line"]) - 1)
                elif "2" not in flags and there != file and names > 1:
                    self.forged.append(Line(file, number, there))
                file, number = there, int(marker["line"])
                names += file == self.main
                continue
            if text.strip():
                self.lines.append(Line(file, number, text))
            number += 1

    def directives(self, files: set[str]) -> list[Line]:
        """The #pragma lines of these files: the only directives, beside #define, that are left."""
        return [
            line
            for line in self.lines
            if line.file in files and line.text.lstrip().startswith("#pragma")
        ]

    def tokens(self, files: set[str]) -> Iterator[Token]:
        """The tokens of these files' own text, with macros replaced."""
        for line in self.lines:
            if line.file in files and not line.text.lstrip().startswith("#"):
                yield from _tokens(line)

    def written(self, file: str) -> set[int]:
        """The numbers of the file's lines that left something, a #define included."""
        return {line.number for line in self.lines if line.file == file}


def _tokens(line: Line) -> Iterator[Token]:
    for match in TOKEN.finditer(line.text):
        kind = match.lastgroup or "mark"
        text = match.group()
        yield Token(kind, DIGRAPHS.get(text, text), line.file, line.number)


def _plain(name: str) -> str:
    name = re.sub(r"\\(.)", r"\1", name)
    return name.removeprefix("./")
