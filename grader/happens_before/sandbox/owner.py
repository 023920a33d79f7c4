"""Whose things are whose: names that tell which grader made them, and users for runs.

What a grader makes outside its own memory (control groups, temporary directories) is named after
its process, so that the next grader can sweep what a killed one left behind.
"""

from __future__ import annotations

import itertools
import os
import shutil
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from happens_before.sandbox import disk

PREFIX = "happens-before-"
# As root, each run is a user of its own: a range that systemd leaves free (systemd.io/UIDS-GIDS).
RUN_IDS = range(60578, 61184)

_next_id = itertools.count(os.getpid())


def next_run_id() -> int:
    """A user for one run, when the grader is root."""
    return RUN_IDS[next(_next_id) % len(RUN_IDS)]


def prefix() -> str:
    """What the name of each thing that this process makes begins with."""
    return f"{PREFIX}{os.getpid()}-{_start_time(os.getpid())}-"


def is_stale(name: str) -> bool:
    """Whether a thing of this name was made by a grader that is no more."""
    pid, _, rest = name.removeprefix(PREFIX).partition("-")
    started = rest.partition("-")[0]
    if not name.startswith(PREFIX) or not (pid.isdigit() and started.isdigit()):
        return False
    return _start_time(int(pid)) != started


def sweep_directories(parent: Path | None = None) -> list[Path]:
    """Remove the temporary directories that killed graders left. Returns what was removed."""
    removed = []
    for directory in (parent or Path(tempfile.gettempdir())).glob(f"{PREFIX}*"):
        with suppress(OSError):
            if is_stale(directory.name) and _is_ours(directory.lstat()):
                disk.tidy(directory)
                shutil.rmtree(directory)
                removed.append(directory)
    return removed


def _is_ours(state: os.stat_result) -> bool:
    """A directory, not a link to one, that belongs to us or, if we are root, to a run of ours."""
    owners = (0, *RUN_IDS) if os.geteuid() == 0 else (os.geteuid(),)
    return stat.S_ISDIR(state.st_mode) and state.st_uid in owners


def _start_time(pid: int) -> str:
    """When a process started, in the kernel's ticks; tells it from a later one of its number."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    return text.rpartition(")")[2].split()[19]
