"""A keeper: a process that starts a daemon, adopts whatever it starts, and leaves none of it behind.

A keeper is known by a lock file, which it holds as long as anything of the daemon lives.
"""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from happens_before.sandbox import reaper


def start(lock: Path, words: Path, argv: Sequence[str], environment: Mapping[str, str]) -> None:
    """Start a daemon (in its foreground mode) below a keeper; both outlive this process.

    words: where what the daemon prints is appended. Errors: BlockingIOError when it runs already.
    """
    held = os.open(lock, os.O_RDWR | os.O_CREAT, 0o644)
    fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    pid = os.fork()
    if pid == 0:
        _keep(words, argv, environment)
    os.ftruncate(held, 0)
    os.pwrite(held, str(pid).encode(), 0)
    os.close(held)  # the keeper has it, too


def _keep(words: Path, argv: Sequence[str], environment: Mapping[str, str]) -> None:
    """Be a daemon's keeper: have its lock until the daemon, and all that it started, is gone."""
    try:
        os.setsid()
        reaper.adopt_orphans()
        signal.signal(signal.SIGTERM, reaper.finish)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        log = os.open(words, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        for stream in (1, 2):
            os.dup2(log, stream)
        daemon = subprocess.Popen(argv, env=environment)  # closes the lock: it is the keeper's
        while os.wait()[0] != daemon.pid:
            pass
        reaper.finish()  # and exits
    finally:
        os._exit(1)


def holder(lock: Path) -> int:
    """The keeper that has a lock; 0 when nobody has."""
    with lock.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return int(file.read())
    return 0


def end(lock: Path) -> None:
    """End a keeper, and wait until it is gone."""
    if keeper := holder(lock):
        os.kill(keeper, signal.SIGTERM)
        with lock.open() as file:
            fcntl.flock(file, fcntl.LOCK_EX)
