"""The kernel's limits of single processes: the last line of defence behind those of a whole run."""

from __future__ import annotations

import resource

from happens_before.sandbox.cgroup import Cgroups
from happens_before.sandbox.command import Limits

SPARE_PROCESSES = 256  # between the watchdog's limit and the kernel's, where no cgroup counts
SPARE_CPU_S = 2


def of_each_process(limits: Limits) -> list[tuple[int, int]]:
    """(RLIMIT_..., most) pairs.

    Never the address space: ThreadSanitizer's shadow takes terabytes of it. Processor time lies
    above what the run as a whole may use, so that the watcher is the one to say why it ended it.
    """
    return [
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, limits.disk_mb << 20),
        (resource.RLIMIT_CPU, int(limits.cpu_s) + SPARE_CPU_S),
    ]


def of_a_user(limits: Limits, others: int = 0) -> tuple[int, int]:
    """The same for processes and threads, which the kernel counts by user, for want of a cgroup.

    others: how many the user has already.
    """
    return resource.RLIMIT_NPROC, others + limits.processes + SPARE_PROCESSES


def describe(groups: Cgroups | None) -> list[tuple[str, str]]:
    """How each limit of a run is kept here, as (what, how) pairs."""
    named = {"memory": "memory", "pids": "processes", "cpu": "processor time"}
    by = f"cgroup v{groups.version}" if groups else ""
    watchdog = "a watchdog over the process tree (no writable cgroup)"
    kept = [
        (what, by if groups and kind in groups.parents else watchdog)
        for kind, what in named.items()
    ]
    return [*kept, ("time, output, files", "a watchdog")]
