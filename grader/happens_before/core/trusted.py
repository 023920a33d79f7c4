"""Running a compiler or linker on the workbook's own code: trusted, but not for ever."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from happens_before.core.errors import Cancelled, GraderFault

LIMIT_S = 120  # for one file, which needs a second or two
TICK_S = 0.05  # between two looks whether anybody still waits


def run(command: Sequence[str], directory: Path, cancel: threading.Event) -> tuple[int, str]:
    """Run to the end: the exit code, and what stood on standard error.

    Errors: Cancelled, and GraderFault when it takes too long; none of its processes is left then.
    """
    ends = time.monotonic() + LIMIT_S
    with subprocess.Popen(
        command,
        cwd=directory,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
        start_new_session=True,
    ) as process:
        while True:
            try:
                if cancel.is_set():
                    raise Cancelled
                _, errors = process.communicate(timeout=TICK_S)
                return process.returncode, errors
            except subprocess.TimeoutExpired:
                if time.monotonic() < ends:
                    continue
                os.killpg(process.pid, signal.SIGKILL)
                raise GraderFault(f"{' '.join(command)}\ntook over {LIMIT_S} s.") from None
            except BaseException:
                os.killpg(process.pid, signal.SIGKILL)
                raise
