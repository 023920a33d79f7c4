"""A fault under gdb: the program is replayed and stops where the fault is found."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from happens_before.core.errors import InputError
from happens_before.explore.runner import ENVIRONMENT

STOP = "explorer_fault_here"  # the runtime calls it at the faulty step
# The runtime watches pages by write-protecting them: its own faults are no news.
COMMANDS = (
    "set breakpoint pending on",
    "set pagination off",
    "handle SIGSEGV nostop noprint pass",
    f"break {STOP}",
    "run",
)
AT_THE_STOP = ("up-silently", "bt 8")


def command_of(program: Path, arguments: Sequence[str], batch: bool = False) -> list[str]:
    """gdb's command line. batch: print the stack and leave."""
    words = ["gdb", "-q", "-nx"]
    if batch:
        words.append("-batch")
    for text in (*COMMANDS, *AT_THE_STOP):
        words += ["-ex", text]
    return [*words, "--args", str(program), *arguments]


def debug(program: Path, arguments: Sequence[str]) -> int:
    """Hand the terminal to gdb. Returns gdb's exit status. Errors: InputError without gdb."""
    if shutil.which("gdb") is None:
        raise InputError("gdb is not installed.", to_do="Install Debian's package gdb.")
    environment = {**ENVIRONMENT, **{k: os.environ[k] for k in ("TERM",) if k in os.environ}}
    command = command_of(program, arguments)
    return os.spawnvpe(os.P_WAIT, command[0], command, {**os.environ, **environment})
