"""Watching a run: its output, its limits, its end."""

from __future__ import annotations

import os
import resource
import select
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from happens_before.sandbox.command import FLOOD_FACTOR, Limits, Outcome
from happens_before.sandbox.disk import Disk
from happens_before.sandbox.output import Drain
from happens_before.sandbox.reading import Gauge, Reading

TICK_S = 0.01  # between two looks at the gauges
DISK_TICK_S = 0.03
STANDSTILL_S = 1.0  # that counts at most between two looks: more is Ctrl-Z, or a stopped machine
LOOK_SHARE = 8  # a look may take 1 / LOOK_SHARE of the time; slow gauges are read less often


@dataclass
class Watch:
    """One run under watch.

    ended_fd: becomes readable when the run's first process has ended. drains: its output.
    gauges:   the best first; each fills in what the ones before it do not know.
    kill:     ends all of the run at once.
    counted:  whether the first gauge is exact (control groups).

    _waited counts against the wall limit: the seconds up to _seen in which we were there to look.
    """

    limits: Limits
    ended_fd: int
    drains: tuple[Drain, Drain]
    gauges: tuple[Gauge, ...]
    disk: Disk
    kill: Callable[[], None]
    cancel: threading.Event | None
    counted: bool
    started: float = field(default_factory=time.monotonic)
    last: Reading = Reading()
    _seen: float = 0.0
    _waited: float = 0.0
    _next_look: float = 0.0
    _next_disk: float = 0.0

    def __post_init__(self) -> None:
        self._seen = self.started
        self._next_look = self.started + TICK_S / 2
        self._next_disk = self.started + DISK_TICK_S

    def until_end(self) -> str:
        """Wait for the run's end, and end it where it goes too far. Returns one of STOPS."""
        poller = select.poll()
        for fd in (self.ended_fd, *(drain.fd for drain in self.drains)):
            poller.register(fd, select.POLLIN)
        stopped_by = ""
        while not stopped_by:
            ready = {fd for fd, _ in poller.poll(self._patience() * 1000)}
            for drain in self.drains:
                if drain.fd in ready:
                    drain.read()
                    if drain.ended:
                        poller.unregister(drain.fd)
            if self.ended_fd in ready:
                return self._last_look()
            stopped_by = self._too_far()
        self.kill()
        return stopped_by

    def outcome(self, stopped_by: str, code: int, usage: resource.struct_rusage) -> Outcome:
        """What came of the run, when it is over.

        stopped_by: what until_end() said. code: the run's exit code, or minus the number of the
        signal that ended it. usage: of the sandbox's process and all that was waited for, which
        serves where the gauges saw too little.
        """
        wall_s = time.monotonic() - self.started
        self.look()
        cpu_s, peak = self.last.cpu_s or 0.0, self.last.peak or 0
        if not self.counted:
            cpu_s = max(cpu_s, usage.ru_utime + usage.ru_stime)
            peak = max(peak, usage.ru_maxrss * 1024)
        if not stopped_by and code == -signal.SIGXFSZ:
            stopped_by = "disk"
        out, err = self.drains
        return Outcome(
            exit_code=code if code >= 0 else 128 - code,
            signal=max(0, -code),
            stopped_by=stopped_by,
            stdout=out.kept,
            stderr=err.kept,
            stdout_cut=out.cut,
            stderr_cut=err.cut,
            cpu_s=cpu_s,
            wall_s=wall_s,
            peak_mb=peak / (1 << 20),
        )

    def look(self) -> Reading:
        """Read the gauges."""
        reading = Reading()
        for gauge in self.gauges:
            if None in (reading.cpu_s, reading.memory, reading.tasks):
                reading = reading.or_else(gauge.reading())
        self.last = reading.or_else(self.last)
        return reading

    def _patience(self) -> float:
        return max(0.0, min(TICK_S, self.limits.wall_s - self._waited))

    def _too_far(self) -> str:
        now = time.monotonic()
        self._waited += min(now - self._seen, STANDSTILL_S)
        self._seen = now
        if self.cancel and self.cancel.is_set():
            return "cancelled"
        if self._flooded():
            return "output"
        if self._waited >= self.limits.wall_s:
            return self._measured() or "wall"  # a limit that is to blame as well says more
        if now >= self._next_look:
            found = self._measured()
            spent = time.monotonic() - now
            self._next_look = now + max(TICK_S, LOOK_SHARE * spent)
            return found
        return ""

    def _flooded(self) -> bool:
        most = self.limits.output_kb * 1024 * FLOOD_FACTOR
        return any(drain.total > most for drain in self.drains)

    def _measured(self) -> str:
        now = time.monotonic()
        if found := self._judged(self.look()):
            return found
        if now >= self._next_disk:
            full = self.disk.over()
            self._next_disk = now + max(DISK_TICK_S, LOOK_SHARE * (time.monotonic() - now))
            return "disk" if full else ""
        return ""

    def _judged(self, reading: Reading) -> str:
        # Processes come first: too many of them need too much memory as well.
        if reading.refused_a_task or (reading.tasks or 0) > self.limits.processes + 1:
            return "processes"
        if reading.out_of_memory or (reading.memory or 0) > self.limits.memory_mb << 20:
            return "memory"
        if (reading.cpu_s or 0.0) > self.limits.cpu_s:
            return "cpu"
        return ""

    def _last_look(self) -> str:
        """What the kernel enforced while nobody looked; and the end of the output."""
        for drain in self.drains:
            while not drain.ended and _readable(drain.fd):
                drain.read()
        if self._flooded():
            return "output"
        return self._judged(self.look())


def _readable(fd: int) -> bool:
    poller = select.poll()
    poller.register(fd, select.POLLIN)
    return bool(poller.poll(0))


def wait_for(process: subprocess.Popen[bytes]) -> tuple[int, resource.struct_rusage]:
    """Wait for the sandbox's own process: its exit code or minus its signal, and what was used."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, usage
