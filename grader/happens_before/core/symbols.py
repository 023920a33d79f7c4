"""From addresses in a program to lines of source."""

from __future__ import annotations

import bisect
import os
import subprocess
from functools import cached_property
from pathlib import Path

from happens_before.core.errors import GraderFault
from happens_before.core.report import Place


def is_ours(place: Place) -> bool:
    """Does the place lie in the runtime, and not in a unit?"""
    return "grader/runtime/" in place.file


def _named(part: str) -> list[Place]:
    file, _, line = part.rpartition(":")
    return [Place(file, int(line))] if file and line.isdigit() else []


class Symbols:
    """The debug information of one program, asked lazily."""

    def __init__(self, program: Path) -> None:
        self._program = program
        self._known: dict[str, list[Place]] = {}

    def place(self, text: str) -> Place | None:
        """The innermost place of "+0x1234" or "file:line"; None when it is unknown."""
        places = self.places(text)
        return places[0] if places else None

    def places(self, text: str) -> list[Place]:
        """A stack, as grader/runtime/runner/channel.h writes it, innermost first.

        Functions of the runtime are left out: what a reader can mend stands in the unit.
        """
        by_chance = text.startswith("@")
        found = []
        for part in text.removeprefix("@").split(","):
            if part not in self._known:
                self._known[part] = self._ask(part[1:]) if part.startswith("+0x") else _named(part)
            found += self._known[part]
        if by_chance and found:  # a running thread may be anywhere in the function
            found[0] = Place(found[0].file, 0, found[0].function)
        return [place for place in found if not is_ours(place)]

    def _ask(self, address: str) -> list[Place]:
        command = ["addr2line", "-f", "-i", "-e", str(self._program), address]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
        if done.returncode != 0:
            raise GraderFault(f"{' '.join(command)}: {done.stderr.strip()}")
        lines = done.stdout.splitlines()
        places = []
        for function, where in zip(lines[::2], lines[1::2]):
            file, _, line = where.split(" (discriminator")[0].rpartition(":")
            if line.isdigit() and int(line):
                places.append(Place(os.path.normpath(file), int(line), function))
        return places

    def variable(self, address: int) -> str:
        """The name of the static variable at this offset, or ""."""
        starts = [start for start, _, _ in self._variables]
        index = bisect.bisect_right(starts, address) - 1
        if index < 0:
            return ""
        start, size, name = self._variables[index]
        return name if address < start + max(size, 1) else ""

    @cached_property
    def _variables(self) -> list[tuple[int, int, str]]:
        command = ["nm", "-n", "-S", "--defined-only", str(self._program)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
        found = []
        for line in done.stdout.splitlines():
            parts = line.split()
            if len(parts) == 4 and parts[2] in "bBdDrR":
                found.append((int(parts[0], 16), int(parts[1], 16), parts[3]))
        return found
