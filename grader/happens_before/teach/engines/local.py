"""The local engine: workers on this machine, each a process, each with one item at a time."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import suppress

from happens_before.core import workbook
from happens_before.core.errors import GraderFault, InputError
from happens_before.teach.engines.base import Listener
from happens_before.teach.results import Results
from happens_before.teach.worker import Ended

LIVES = 2  # how many workers an item may cost before it is given up
REFUSALS = (2, 3)  # exit statuses of a worker that says why it cannot work
PATIENCE_S = 30  # until a worker that should end is killed


class LocalEngine:
    """See base.Engine. arguments: there are none."""

    def __init__(
        self, jobs: int | None, options: Sequence[str] = (), arguments: Sequence[str] = ()
    ) -> None:
        if arguments:
            raise InputError(f"the engine local has no use for '{' '.join(arguments)}'.")
        self._jobs, self._options = jobs or len(os.sched_getaffinity(0)), tuple(options)

    def run(self, results: Results, keys: Sequence[str], tell: Listener) -> None:
        """See base.Engine."""
        queue = _Queue(keys, tell)
        workers = [_Worker(results, self._options) for _ in range(min(self._jobs, len(keys)))]
        with ThreadPoolExecutor(max(1, len(workers))) as pool:
            try:
                futures = [pool.submit(worker.serve, queue) for worker in workers]
                done, _ = wait(futures, return_when=FIRST_EXCEPTION)
                for future in done:
                    future.result()
            finally:
                queue.close()
                for worker in workers:  # all at once: each may have to clean up first
                    worker.dismiss()
                for worker in workers:
                    worker.end()


class _Queue:
    """The items that wait; hands each out to one worker, and takes back what a lost one had."""

    def __init__(self, keys: Sequence[str], tell: Listener) -> None:
        self._waiting, self._tell = deque((key, LIVES) for key in keys), tell
        self._lock = threading.Lock()
        self.closed = False

    def close(self) -> None:
        """Nothing is handed out any more, and what still comes back is not told."""
        with self._lock:
            self.closed = True

    def take(self) -> tuple[str, int] | None:
        with self._lock:
            return self._waiting.popleft() if self._waiting and not self.closed else None

    def ended(self, ended: Ended) -> None:
        with self._lock:
            if not self.closed:
                self._tell(ended)

    def lost(self, key: str, lives: int, why: str) -> None:
        with self._lock:
            if self.closed:
                return
            if lives > 1:
                self._waiting.appendleft((key, lives - 1))
            else:
                self._tell(Ended(key, "", fault=f"its worker was lost {LIVES} times: {why}"))


class _Worker:
    """One process that grades what it is told to, started anew when it dies."""

    def __init__(self, results: Results, options: Sequence[str]) -> None:
        grade = str(workbook.ROOT / "grader" / "grade")
        directory = str(results.directory.resolve())
        self._command = [sys.executable, grade, "teach", "work", *options, directory]
        self._process: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()  # of the two below: dismiss() comes from another thread
        self._dismissed = False
        self._refusals = 0

    def serve(self, queue: _Queue) -> None:
        """Have items graded until there are no more. Errors: GraderFault: it cannot work here."""
        while taken := queue.take():
            key, lives = taken
            if ended := self._ask(key):
                self._refusals = 0
                queue.ended(ended)
            elif self._dismissed:
                return
            else:
                queue.lost(key, lives, self._last_words())

    def dismiss(self) -> None:
        """Tell the process to end: at once when it does nothing, or as soon as it has cleaned up."""
        with self._lock:
            self._dismissed = True
            if self._process and self._process.stdin:
                with suppress(OSError):
                    self._process.stdin.close()

    def end(self) -> None:
        """Wait until the process that was dismissed is no more."""
        if process := self._process:
            try:
                process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _ask(self, key: str) -> Ended | None:
        """What became of an item; None when the process died over it, or was dismissed."""
        with suppress(OSError, ValueError):
            process = self._process or self._start()
            if process is None:
                return None
            assert process.stdin and process.stdout
            process.stdin.write(f"{key}\n")
            process.stdin.flush()
            if line := process.stdout.readline():
                return Ended.read(line)
        return None

    def _start(self) -> subprocess.Popen[str] | None:
        with self._lock:
            if not self._dismissed:
                self._process = subprocess.Popen(
                    self._command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                    start_new_session=True,  # Ctrl-C is for the batch, which ends its workers itself
                )
            return self._process

    def _last_words(self) -> str:
        """How the process that died ended; another one takes its place.

        Errors: GraderFault when one after the other refuses to work.
        """
        with self._lock:
            process, self._process = self._process, None
        if process is None:
            how, refused = "it could not be started", True
        else:
            process.kill()  # if it only said what nobody understands
            status = process.wait()
            for pipe in (process.stdin, process.stdout):
                with suppress(OSError):
                    pipe.close()  # type: ignore[union-attr]
            how = f"signal {-status}" if status < 0 else f"exit status {status}"
            refused = status in REFUSALS
        self._refusals = self._refusals + 1 if refused else 0
        if self._refusals >= LIVES:
            raise GraderFault(f"no worker works here ({how}); what it says stands above.")
        return how
