"""What a run uses at one moment, whoever measured it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Reading:
    """One look at a run.

    cpu_s:  processor seconds so far. memory, peak: bytes now, and at most so far. tasks: processes
    and threads now. None: not known here.
    out_of_memory, refused_a_task: the kernel has enforced a limit already.
    """

    cpu_s: float | None = None
    memory: int | None = None
    peak: int | None = None
    tasks: int | None = None
    out_of_memory: bool = False
    refused_a_task: bool = False

    def or_else(self, other: Reading) -> Reading:
        """This reading, with what it does not know taken from another."""
        return Reading(
            other.cpu_s if self.cpu_s is None else self.cpu_s,
            other.memory if self.memory is None else self.memory,
            other.peak if self.peak is None else self.peak,
            other.tasks if self.tasks is None else self.tasks,
            self.out_of_memory or other.out_of_memory,
            self.refused_a_task or other.refused_a_task,
        )


class Gauge(Protocol):
    """Whatever can take a reading of a run."""

    def reading(self) -> Reading:
        """What the run uses now."""
