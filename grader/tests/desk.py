"""A reader's desk: a workbook of its own to edit, and a terminal to sit at."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import termios
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pexpect
from conftest import lend_compiled
from happens_before.core import workbook
from happens_before.render.keys import HOME, LEAVE
from workshop import FAULTS, make_unit

PATIENCE_S = 120  # until what is waited for counts as never coming
NOT_A_READERS = (workbook.CACHE_VARIABLE, "NO_COLOR")
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
COLOUR = re.compile(r"\x1b\[([0-9;]*;)?([349]|10)[0-7][;m]")

VERDICTS = """[unpublished]
shows = "what is not released does not arrive"
[unpublished.fails]
"explore/scenario__runs" = "race"
"""
HINTS = """[[hint]]
when = { judge = "explore" }
tiers = [
  "What makes the edge that the reader of the message needs?",
  "A release by who writes it, and an acquire by who reads it.",
  "Store the flag with memory_order_release, behind the message.",
]
"""


class Desk:
    """A small workbook below `root`: the made-up unit 01-thing, and lesson 01 beside it.

    What was compiled anywhere before is not compiled again; progress is its own.
    """

    def __init__(self, root: Path) -> None:
        self.root, self.cache = root, root / ".cache"
        leave = shutil.ignore_patterns("tests", "__pycache__", "slurm")
        shutil.copytree(workbook.ROOT / "grader", root / "grader", ignore=leave)
        for name in ("Makefile", "tsan-suppressions"):
            shutil.copy(workbook.ROOT / name, root / name)
        lesson = "lessons/01-memory-ordering"
        for place in (lesson, f"solutions/{lesson}"):  # where its hidden checks are
            shutil.copytree(workbook.ROOT / place, root / place)
        self.unit = make_unit(root, ("tests", "explore"))
        unit = self.unit.directory
        self.file = unit / "thing.c"
        for folder in ("attempts", "skeleton"):
            (unit / folder).mkdir()
        (unit / "attempts" / "verdicts.toml").write_text(VERDICTS)
        shutil.copy(FAULTS / "missing_release.c", unit / "attempts" / "unpublished.c")
        shutil.copy(FAULTS / "missing_release.c", unit / "skeleton" / "thing.c")
        (unit / "hints.toml").write_text(HINTS)
        self.write("missing_release")
        lend_compiled(self.cache)

    def write(self, fault: str) -> None:
        """Save one of the made-up answers."""
        self.file.write_bytes((FAULTS / f"{fault}.c").read_bytes())

    def command(self, *words: str) -> list[str]:
        """A command of the grader's; or the front door's, if the first word is "make"."""
        if words[0] == "make":
            return [*words]
        return ["/usr/bin/python3", str(self.root / "grader" / "grade"), *words]

    @property
    def environment(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if k not in NOT_A_READERS}
        return {**kept, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}

    def run(
        self, *words: str, typed: str = "", **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in a pipe."""
        return subprocess.run(
            self.command(*words),
            input=typed,
            capture_output=True,
            text=True,
            cwd=self.root,
            env={**self.environment, **environment},
            timeout=PATIENCE_S * 2,
            check=False,
        )

    @contextmanager
    def terminal(
        self, *words: str, columns: int = 80, lines: int = 24, **environment: str
    ) -> Iterator[Terminal]:
        """Run a command at a terminal; it must have ended when the block is left."""
        terminal = Terminal(
            self.command(*words), self.root, {**self.environment, **environment}, (lines, columns)
        )
        try:
            yield terminal
        finally:
            terminal.child.close(force=True)

    @contextmanager
    def shell(self, *words: str) -> Iterator[Terminal]:
        """Run a command at a terminal, in a shell that can stop it and let it go on.

        dash: it leaves the terminal's modes as it finds them, so that ours are seen.
        """
        terminal = Terminal(["/bin/dash", "-i", "-m"], self.root, self.environment, (24, 80))
        try:
            terminal.until(r"[#$] ")
            terminal.press(f"{shlex.join(self.command(*words))}\r")
            yield terminal
        finally:
            terminal.child.close(force=True)


class Terminal:
    """A pseudo-terminal with a command in it."""

    def __init__(
        self,
        command: Sequence[str],
        place: Path,
        environment: dict[str, str],
        size: tuple[int, int],
    ) -> None:
        self.child = pexpect.spawn(
            command[0],
            list(command[1:]),
            cwd=str(place),
            env=environment,
            dimensions=size,
            timeout=PATIENCE_S,
            encoding="utf-8",
        )
        self.child.delaybeforesend = None
        self._before: list[Any] = termios.tcgetattr(self.child.child_fd)
        self.seen, self._told = "", 0

    def until(self, *patterns: str) -> re.Match[str]:
        """Read until each of these has come, in this order, whatever steers the terminal between.

        Returns the match of the last one.
        """
        found: list[re.Match[str]] = []
        for pattern in patterns:
            while not (match := re.search(pattern, self._fresh())):
                self._read()
            self._told += match.end()
            found.append(match)
        return found[-1]

    def _fresh(self) -> str:
        return CONTROL.sub("", self.seen)[self._told :]

    def _read(self) -> None:
        try:
            self.seen += self.child.read_nonblocking(1 << 16, timeout=PATIENCE_S)
        except (pexpect.EOF, pexpect.TIMEOUT) as error:
            raise AssertionError(
                f"{type(error).__name__} behind: {self._fresh()[-2000:]}"
            ) from None

    def press(self, keys: str) -> None:
        self.child.send(keys)

    def ended(self) -> int:
        """Wait for the end; returns the exit status."""
        self.child.expect(pexpect.EOF)
        self.seen += self.child.before
        self.child.wait()
        return int(self.child.exitstatus if self.child.exitstatus is not None else -1)

    @property
    def takes_keys(self) -> bool:
        """Whether each key is read at once, and not shown."""
        local = termios.tcgetattr(self.child.child_fd)[3]
        return not local & (termios.ICANON | termios.ECHO)

    @property
    def restored(self) -> bool:
        """Whether the terminal is as it was: its modes, its main screen, its cursor."""
        modes = termios.tcgetattr(self.child.child_fd)
        screen = self.seen.count("\x1b[?1049h") == self.seen.count("\x1b[?1049l")
        return (
            modes == self._before
            and screen
            and self.seen.rfind("\x1b[?25h") >= self.seen.rfind("\x1b[?25l")
        )

    @property
    def widest(self) -> int:
        """Columns of the widest line that was drawn."""
        lines = self.seen.replace(HOME, "\n").replace(LEAVE, "\n").splitlines()
        return max(len(CONTROL.sub("", line).rstrip()) for line in lines)
