"""The control groups of one run: their limits, their counters, their end."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from happens_before.sandbox.command import Limits
from happens_before.sandbox.reading import Reading

MIB = 1 << 20
SPARE_PROCESSES = 1  # the sandbox's own first process
REMOVAL_S = 2.0


class Group:
    """The control groups of one run. See GroupV1 and GroupV2 for the files that they use."""

    def __init__(self, directories: dict[str, Path]) -> None:
        self.directories = directories

    def make(self, limits: Limits) -> None:
        """Make the directories and set the limits."""
        for directory in set(self.directories.values()):
            directory.mkdir()
        self._limit(limits)

    def attach(self, pid: int) -> None:
        """Move a process in; all that it starts from now on is counted too."""
        for directory in set(self.directories.values()):
            (directory / "cgroup.procs").write_text(str(pid))

    def remove(self) -> bool:
        """Kill whoever is left, and remove the groups. False when one could not be removed."""
        return all([remove_group(directory) for directory in set(self.directories.values())])

    def reading(self) -> Reading:
        """What the run uses now; None where no group counts it."""
        raise NotImplementedError

    def _limit(self, limits: Limits) -> None:
        raise NotImplementedError

    def _write(self, kind: str, name: str, value: object, needed: bool = True) -> None:
        if kind in self.directories:
            try:
                (self.directories[kind] / name).write_text(str(value))
            except OSError:
                if needed:
                    raise

    def _number(self, kind: str, name: str, key: str = "") -> int | None:
        """A number of a file, or of the line of it that starts with `key`; None if not there."""
        if kind not in self.directories:
            return None
        try:
            text = (self.directories[kind] / name).read_text()
        except OSError:
            return None
        if not key:
            return int(text)
        words = dict(line.split(maxsplit=1) for line in text.splitlines())
        return int(words[key]) if key in words else None


class GroupV1(Group):
    """One directory per controller.

    The kernel's own out-of-memory killer would end one process and let the others report a crash,
    now this one, now that. It is switched off: whoever needs more memory sleeps, `under_oom` turns
    1, and the watcher ends the run as a whole.
    """

    def _limit(self, limits: Limits) -> None:
        limit = limits.memory_mb * MIB
        self._write("memory", "memory.limit_in_bytes", limit)
        self._write("memory", "memory.memsw.limit_in_bytes", limit, needed=False)
        self._write("memory", "memory.oom_control", 1, needed=False)
        self._write("pids", "pids.max", limits.processes + SPARE_PROCESSES)

    def reading(self) -> Reading:
        """See Group."""
        cpu_ns = self._number("cpu", "cpuacct.usage")
        stuck = self._number("memory", "memory.oom_control", "under_oom")
        killed = self._number("memory", "memory.oom_control", "oom_kill")
        return Reading(
            cpu_s=None if cpu_ns is None else cpu_ns / 1e9,
            memory=self._number("memory", "memory.usage_in_bytes"),
            peak=self._number("memory", "memory.max_usage_in_bytes"),
            tasks=self._number("pids", "pids.current"),
            out_of_memory=bool(stuck or killed),
            refused_a_task=bool(self._number("pids", "pids.events", "max")),
        )


class GroupV2(Group):
    """One directory for all. An out-of-memory kill ends the run as a whole (memory.oom.group)."""

    def _limit(self, limits: Limits) -> None:
        self._write("memory", "memory.max", limits.memory_mb * MIB)
        self._write("memory", "memory.swap.max", 0, needed=False)
        self._write("memory", "memory.oom.group", 1, needed=False)
        self._write("pids", "pids.max", limits.processes + SPARE_PROCESSES)

    def reading(self) -> Reading:
        """See Group."""
        cpu_us = self._number("cpu", "cpu.stat", "usage_usec")
        memory = self._number("memory", "memory.current")
        return Reading(
            cpu_s=None if cpu_us is None else cpu_us / 1e6,
            memory=memory,
            peak=self._number("memory", "memory.peak") or memory,
            tasks=self._number("pids", "pids.current"),
            out_of_memory=bool(self._number("memory", "memory.events", "oom_kill")),
            refused_a_task=bool(self._number("pids", "pids.events", "max")),
        )


def remove_group(directory: Path) -> bool:
    """Kill all in a group and remove it. A group stays busy for a moment after its last process."""
    deadline = time.monotonic() + REMOVAL_S
    pause = 0.0005
    while True:
        try:
            directory.rmdir()
            return True
        except FileNotFoundError:
            return True
        except OSError:
            if time.monotonic() > deadline:
                return False
        _kill_all(directory)
        time.sleep(pause)
        pause = min(2 * pause, 0.02)


def _kill_all(directory: Path) -> None:
    try:
        for pid in (directory / "cgroup.procs").read_text().split():
            os.kill(int(pid), signal.SIGKILL)
    except (OSError, ValueError):
        return  # gone meanwhile
