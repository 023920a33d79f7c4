"""What is run, within which limits, and what came of it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from happens_before.core.errors import GraderFault

# Why a run may be stopped before its end. "" is a run that ended by itself.
STOPS = ("", "wall", "cpu", "memory", "processes", "output", "disk", "cancelled")
FLOOD_FACTOR = 16  # a run that prints this many times its allowance is stopped


class SandboxError(GraderFault):
    """No sandbox is possible here, or it failed to start: why, and what mends it."""


@dataclass(frozen=True)
class Limits:
    """What one run may use, all its processes and threads together.

    wall_s:    seconds from start to end, less those in which the grader itself stood still.
    cpu_s:     seconds of processor time.
    memory_mb: MiB of memory, files in /tmp and /dev/shm included.
    processes: processes and threads alive at one time.
    output_kb: KiB kept of each of stdout and stderr; FLOOD_FACTOR times as much stops the run.
    disk_mb:   MiB of files in each of /scratch, /tmp and /dev/shm.
    """

    wall_s: float = 30
    cpu_s: float = 30
    memory_mb: int = 1024
    processes: int = 128
    output_kb: int = 64
    disk_mb: int = 64

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if value <= 0:
                raise ValueError(f"a limit must be above 0, and {name} is {value}")


@dataclass(frozen=True)
class Command:
    """A program, and all of the world that it may see.

    argv:        the program (an absolute path, as seen inside) and its arguments.
    read_only:   (host path, path inside) pairs, beside the system's own /usr.
    scratch:     a host directory that the program may write; it sees it as /scratch.
    directory:   where the program starts, as seen inside.
    environment: all of its environment, but for PATH and HOME, which have fixed values unless
                 named here.
    pass_fds:    file descriptors that stay open in the program, under the same numbers.
    personality: load the program at fixed addresses (setarch --addr-no-randomize).
    io_uring:    allow the io_uring system calls, which the sandbox refuses otherwise.
    """

    argv: tuple[str, ...]
    limits: Limits = Limits()
    read_only: tuple[tuple[Path, str], ...] = ()
    scratch: Path | None = None
    directory: str = "/tmp"
    environment: Mapping[str, str] = field(default_factory=dict)
    pass_fds: tuple[int, ...] = ()
    personality: bool = False
    io_uring: bool = False


@dataclass(frozen=True)
class Outcome:
    """How a run ended, and what it used.

    exit_code:  what the program exited with; 128 + signal when a signal ended it.
    signal:     the signal that ended it, or 0. As in a shell, an exit code of 129 to 192 reads as
                a signal too: no verdict may rest on the difference.
    stopped_by: one of STOPS; when it is not "", the two above say nothing of the program.
    stdout, stderr: what was kept of them; *_cut: there was more.
    cpu_s, wall_s: seconds. peak_mb: the most MiB of memory seen in use at one time.
    places:     path inside -> where it stood, for paths that the program saw elsewhere.
    """

    exit_code: int
    signal: int
    stopped_by: str
    stdout: bytes
    stderr: bytes
    stdout_cut: bool
    stderr_cut: bool
    cpu_s: float
    wall_s: float
    peak_mb: float
    places: Mapping[str, str] = field(default_factory=dict)

    def as_inside(self, text: str) -> str:
        """What the program wrote, with the paths that the command had named."""
        for inside, elsewhere in sorted(self.places.items(), key=lambda pair: -len(pair[1])):
            text = text.replace(elsewhere, inside)
        return text


class Sandbox(Protocol):
    """One way of running commands. Safe to use from several threads at one time."""

    def run(self, command: Command, cancel: threading.Event | None = None) -> Outcome:
        """Run to the end, or to a limit, or until `cancel` is set.

        When this returns, or raises, no process of the run is left. Errors: SandboxError when the
        sandbox itself failed.
        """

    def describe(self) -> list[tuple[str, str]]:
        """What isolates and what limits a run here, as (what, how) pairs."""
