"""The tree of a run's processes, read from /proc: the gauge where no control group counts.

All of a run descends from one process that adopts its orphans (the first process of a process
namespace, or a subreaper), so whoever calls setsid or forks twice is still in the tree.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from happens_before.sandbox.command import Limits
from happens_before.sandbox.reading import Reading

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Process:
    """One line of /proc/PID/stat: the fields that we need."""

    pid: int
    parent: int
    state: str
    cpu_ticks: int  # its own and its waited-for children's
    own_ticks: int
    threads: int
    started: int
    resident: int  # bytes


def read_process(pid: int) -> Process | None:
    """One process, or None when it is gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return None
    f = text.rpartition(")")[2].split()
    own = int(f[11]) + int(f[12])
    waited = int(f[13]) + int(f[14])
    resident = int(f[21]) * PAGE_BYTES
    return Process(pid, int(f[1]), f[0], own + waited, own, int(f[17]), int(f[19]), resident)


def processes() -> list[Process]:
    """All processes of the machine that can be seen."""
    found = (read_process(int(name)) for name in os.listdir("/proc") if name.isdigit())
    return [process for process in found if process]


def descendants(root: int) -> list[Process]:
    """All living processes below `root`, and itself."""
    every = processes()
    children: dict[int, list[Process]] = {}
    for process in every:
        children.setdefault(process.parent, []).append(process)
    found = [process for process in every if process.pid == root]
    for process in found:  # grows as we go: a breadth-first walk
        found += children.get(process.pid, [])
    return found


class TreeGauge:
    """Reads a run off its process tree.

    root: the process that adopts the orphans. base: how many processes of the tree are the
    sandbox's own. Processor time is the larger of two counts, each of which may miss something: of
    all that was ever seen, what each used itself; and of the living, that and what the children
    used that they waited for.
    """

    def __init__(self, root: int, base: int, limits: Limits) -> None:
        self._root, self._base, self._limits = root, base, limits
        self._ticks: dict[tuple[int, int], int] = {}
        self._living = 0
        self._peak = 0

    def reading(self) -> Reading:
        """See Gauge. Memory counts shared pages once, when it matters."""
        found = descendants(self._root)
        for process in found:
            self._ticks[process.pid, process.started] = process.own_ticks
        tasks = sum(process.threads for process in found) - self._base
        memory = sum(process.resident for process in found)
        if memory > self._limits.memory_mb << 20 and tasks <= self._limits.processes:
            memory = sum(_proportional(process) for process in found)
        self._peak = max(self._peak, memory)
        self._living = max(self._living, sum(process.cpu_ticks for process in found))
        ticks = max(sum(self._ticks.values()), self._living)
        return Reading(ticks / TICKS_PER_S, memory, self._peak, max(tasks, 0))


def _proportional(process: Process) -> int:
    """A process's share of the memory that it uses, in bytes; all of it where that is hidden."""
    try:
        text = Path(f"/proc/{process.pid}/smaps_rollup").read_text()
    except OSError:
        return process.resident
    for line in text.splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return process.resident
