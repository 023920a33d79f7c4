"""From the addresses of a run to places in the source and names of variables.

The program is linked at fixed addresses, so those of a run are those of its file. A program counter
is a return address: the call that it belongs to ends one byte before it.
"""

from __future__ import annotations

import bisect
import os
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from happens_before.core.errors import GraderFault
from happens_before.explore.members import Members
from happens_before.explore.slots import name_of

UNKNOWN = "??"


@dataclass(frozen=True)
class Frame:
    """One function in a stack. file: as shown to a reader; "" when it is unknown."""

    pc: str
    function: str = ""
    file: str = ""
    line: int = 0
    source: str = ""

    def to_json(self) -> dict[str, Any]:
        """In the form of explore.schema.json."""
        return {
            "pc": self.pc,
            "function": self.function or None,
            "file": self.file or None,
            "line": self.line or None,
            "source": self.source or None,
        }


@dataclass(frozen=True)
class Region:
    """Memory that has no name in the program's file: a heap block, a stack, a thread's own."""

    low: int
    high: int
    what: str


class Symbols:
    """What one program's file says of its addresses.

    roots: where sources named by relative paths are looked for.
    """

    def __init__(self, program: Path, roots: Sequence[Path] = ()) -> None:
        self._program, self._roots = program, (*roots, Path.cwd())
        self._frames: dict[str, tuple[Frame, ...]] = {}
        self._sources: dict[str, list[str]] = {}
        self._paths: dict[str, str] = {}  # of files, as they are shown
        self._variables: list[tuple[int, int, str]] | None = None
        self._members = Members(program)

    def learn(self, pcs: Iterable[str]) -> None:
        """Look up many program counters at once. Errors: GraderFault."""
        new = sorted({pc for pc in pcs if pc not in self._frames and int(pc, 16) > 0})
        if not new:
            return
        asked = "".join(f"{int(pc, 16) - 1:#x}\n" for pc in new)
        command = ["addr2line", "-a", "-f", "-i", "-e", str(self._program)]
        done = subprocess.run(
            command, input=asked, capture_output=True, text=True, timeout=60, check=False
        )
        if done.returncode != 0:
            raise GraderFault(f"{' '.join(command)}: {done.stderr.strip()}")
        answers = _answers(done.stdout.splitlines())
        for pc in new:
            pairs = answers.get(int(pc, 16) - 1, [])
            self._frames[pc] = tuple(self._frame(pc, name, where) for name, where in pairs)

    def frames(self, pc: str | None) -> tuple[Frame, ...]:
        """The function at a program counter and those it is inlined in, innermost first.

        Never empty for a program counter: what is unknown says so by having no file.
        """
        if pc is None:
            return ()
        self.learn([pc])
        return self._frames.get(pc) or (Frame(pc),)

    def name(self, address: int, regions: Sequence[Region] = ()) -> str:
        """What a reader would call this address: "queue.head", "heap block 1 of thread 2 + 8"."""
        if named := self._variable(address):
            start, name = named
            return name + self._members.path(start, address - start)
        inside = [region for region in regions if region.low <= address < region.high]
        if not inside:
            return name_of(address)
        region = min(inside, key=lambda region: region.high - region.low)
        offset = address - region.low
        return f"{region.what} + {offset}" if offset else region.what

    def _frame(self, pc: str, function: str, where: str) -> Frame:
        path, _, line = where.split(" (discriminator")[0].rpartition(":")
        function = "" if function == UNKNOWN else function
        if path in ("", UNKNOWN) or not line.isdigit() or int(line) == 0:
            return Frame(pc, function)
        path = os.path.normpath(path)
        file = shown(path, self._roots)
        lines = self._read(path)
        self._paths[file] = path
        source = lines[int(line) - 1].strip() if int(line) <= len(lines) else ""
        return Frame(pc, function, file, int(line), source)

    def lines(self, file: str) -> Sequence[str]:
        """All lines of a file, by its name as frames show it; none if it cannot be read."""
        return self._read(self._paths.get(file, file))

    def _read(self, path: str) -> Sequence[str]:
        if path not in self._sources:
            places = [Path(path)] if Path(path).is_absolute() else [r / path for r in self._roots]
            found = next((place for place in places if place.is_file()), None)
            text = found.read_text("utf-8", "replace") if found else ""
            self._sources[path] = text.splitlines()
        return self._sources[path]

    def _variable(self, address: int) -> tuple[int, str] | None:
        if self._variables is None:
            self._variables = _static_variables(self._program)
        index = bisect.bisect_right(self._variables, (address, 1 << 64, "")) - 1
        if index < 0:
            return None
        start, size, name = self._variables[index]
        return (start, name) if address < start + max(size, 1) else None


def shown(path: str, roots: Sequence[Path]) -> str:
    """A path as a reader types it: one below a root is told from there."""
    for root in roots:
        if Path(path).is_absolute() and Path(path).is_relative_to(root):
            return str(Path(path).relative_to(root))
    return path


def regions_of(data: Mapping[str, Any]) -> list[Region]:
    """The regions that a raw JSON names, if it does."""
    return [
        Region(int(item["low"], 16), int(item["high"], 16), item["what"])
        for item in data.get("regions") or ()
    ]


def _answers(lines: Sequence[str]) -> dict[int, list[tuple[str, str]]]:
    """addr2line -a -f -i: an address, then a pair of lines for each function at it."""
    found: dict[int, list[tuple[str, str]]] = {}
    pairs: list[tuple[str, str]] = []
    at = 0
    while at < len(lines):
        if lines[at].startswith("0x"):
            pairs = found.setdefault(int(lines[at], 16), [])
            at += 1
        else:
            pairs.append((lines[at], lines[at + 1] if at + 1 < len(lines) else ""))
            at += 2
    return found


def _static_variables(program: Path) -> list[tuple[int, int, str]]:
    """Start, size and name of every object in the program's segments, in order."""
    command = ["nm", "-n", "-S", "--defined-only", str(program)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    if done.returncode != 0:
        raise GraderFault(f"{' '.join(command)}: {done.stderr.strip()}")
    rows = [line.split() for line in done.stdout.splitlines()]
    return [
        (int(row[0], 16), int(row[1], 16), _plain(row[3]))
        for row in rows
        if len(row) == 4 and row[2] in "bBdDrRvVuC"
    ]


def _plain(name: str) -> str:
    """A static local variable's name without the compiler's number: `count.0`, `main.count`."""
    parts = [part for part in name.split(".") if not part.isdigit()]
    return parts[-1] if parts else name
