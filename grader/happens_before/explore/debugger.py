"""A fault under gdb: the program is replayed, and stops where the fault is found."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from happens_before.core import workbook
from happens_before.core.errors import InputError
from happens_before.explore.runner import ENVIRONMENT

STOP = "explorer_fault_here"  # the runtime calls it at the faulty step
# The runtime write-protects pages to see which ones change: those faults are no news. Behind the
# stop, the reader begins in their own code: the innermost frame that is not the runtime's.
SCRIPT = f"""set breakpoint pending on
set pagination off
handle SIGSEGV nostop noprint pass
directory {workbook.ROOT}
break {STOP}
run
python
def ours(frame):
    table = frame.find_sal().symtab
    return table is None or "grader/runtime/explorer" in table.filename
if gdb.selected_inferior().pid:
    frame = gdb.newest_frame()
    while ours(frame) and frame.older() is not None:
        frame = frame.older()
    frame.select()
    gdb.execute("frame")
end
"""


def command_of(program: Path, arguments: Sequence[str], batch: bool = False) -> list[str]:
    """gdb's command line; its script is laid beside the program. batch: leave at the stop."""
    script = program.with_name("commands.gdb")
    script.write_text(SCRIPT, encoding="utf-8")
    options = ["-q", "-nx", *(["-batch"] if batch else []), "-x", str(script)]
    return ["gdb", *options, "--args", str(program), *arguments]


def debug(program: Path, arguments: Sequence[str]) -> int:
    """Hand the terminal to gdb. Returns gdb's exit status. Errors: InputError without gdb."""
    if shutil.which("gdb") is None:
        raise InputError("gdb is not installed.", to_do="Install Debian's package gdb.")
    command = command_of(program, arguments, batch=not os.isatty(0))
    environment = {**os.environ, "LC_ALL": ENVIRONMENT["LC_ALL"]}
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is gdb's
    try:
        return subprocess.run(command, env=environment, check=False).returncode
    finally:
        signal.signal(signal.SIGINT, before)
