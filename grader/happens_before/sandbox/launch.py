"""Launching bubblewrap: its pipes, its first process, its end.

bubblewrap builds the run's world and waits at its block pipe. Meanwhile we put its first process
into the run's control groups and set its limits. Then it starts the program.
"""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from io import FileIO

from happens_before.sandbox import rlimits, syscalls
from happens_before.sandbox.cgroup import Cgroups
from happens_before.sandbox.command import Command, Limits, Outcome, SandboxError
from happens_before.sandbox.disk import Disk
from happens_before.sandbox.group import Group
from happens_before.sandbox.output import Drain
from happens_before.sandbox.reading import Gauge
from happens_before.sandbox.tree import TreeGauge
from happens_before.sandbox.watch import Watch, wait_for


PATH = "/usr/bin:/bin"  # of bubblewrap itself; the run's own stands in its arguments


@contextmanager
def started(
    bwrap_argv: list[str],
    program: list[str],
    command: Command,
    groups: Cgroups | None,
    user: int | None,
) -> Iterator[Run]:
    """A run in its world and within its limits, waiting for leave to start.

    bwrap_argv: bubblewrap and all of its arguments but its pipes. program: what it starts. user:
    who the run will be on this machine, if not us. Nothing of the run is left afterwards.
    """
    with ExitStack() as stack:
        info_read, info_write = _pipe(stack)
        block_read, block_write = _pipe(stack)
        pipes = ["--info-fd", str(info_write.fileno()), "--block-fd", str(block_read.fileno())]
        passed = [info_write.fileno(), block_read.fileno(), *command.pass_fds]
        if code := syscalls.filter_program(command.io_uring):
            filter_fd = _memory_file(stack, code)
            pipes += ["--seccomp", str(filter_fd)]
            passed.append(filter_fd)
        bwrap = subprocess.Popen(
            [*bwrap_argv, *pipes, "--", *program],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=passed,
            env={"PATH": PATH},
            cwd="/",
            start_new_session=True,  # Ctrl-C is for the grader, which ends its runs itself
        )
        stack.callback(_reap, bwrap)
        if user is not None:  # so that the run can open its own /dev/stdout
            for stream in (bwrap.stdout, bwrap.stderr):
                assert stream
                os.fchown(stream.fileno(), user, user)
        info_write.close()
        first = _first_process(info_read, bwrap)
        try:
            ended_fd = os.pidfd_open(first)
        except ProcessLookupError:
            raise _failure(bwrap) from None
        stack.callback(os.close, ended_fd)
        stack.callback(_end, ended_fd)
        group = _new_group(groups, command.limits) if groups else None
        if group:
            stack.callback(group.remove)
            # Runs before remove(): a group can be removed when its processes are gone.
            stack.callback(_end, ended_fd)
        with suppress(ProcessLookupError):  # it failed already: outcome() says why
            _restrict(first, group, command.limits)
        yield Run(command, bwrap, first, ended_fd, group, block_read, block_write)


def _new_group(groups: Cgroups, limits: Limits) -> Group:
    try:
        return groups.create(limits)
    except OSError as error:
        raise SandboxError(f"no control group can be made any more: {error}") from None


def _restrict(first: int, group: Group | None, limits: Limits) -> None:
    if group:
        group.attach(first)
    chosen = rlimits.of_each_process(limits)
    if not group or "pids" not in group.directories:
        chosen.append(rlimits.of_a_user(limits))
    for which, most in chosen:
        resource.prlimit(first, which, (most, most))


@dataclass
class Run:
    """A run that is all set. first: its namespace's first process; ended_fd: that one's pidfd."""

    command: Command
    bwrap: subprocess.Popen[bytes]
    first: int
    ended_fd: int
    group: Group | None
    block_read: FileIO
    block_write: FileIO

    def outcome(self, cancel: threading.Event | None) -> Outcome:
        """Let it start, watch it to its end, and say what came of it. Errors: SandboxError."""
        watch = self._watch(cancel)
        self.block_write.write(b"x")
        stopped_by = watch.until_end()
        _end(self.ended_fd)
        status, usage = wait_for(self.bwrap)
        if not stopped_by and _never_started(self.block_read):
            words = watch.drains[1].kept.decode("utf-8", "replace")
            raise SandboxError(f"bubblewrap failed: {words.strip()}")
        # Like a shell, bwrap says 128 + signal.
        code = 128 - status if 128 < status <= 192 else status
        return watch.outcome(stopped_by, code, usage)

    def _watch(self, cancel: threading.Event | None) -> Watch:
        limits = self.command.limits
        assert self.bwrap.stdout and self.bwrap.stderr
        keep = limits.output_kb * 1024
        drains = Drain(self.bwrap.stdout.fileno(), keep), Drain(self.bwrap.stderr.fileno(), keep)
        root = f"/proc/{self.first}/root"
        places = Disk(limits.disk_mb, self.command.scratch, (f"{root}/tmp", f"{root}/dev/shm"))
        gauges: list[Gauge] = [self.group] if self.group else []
        gauges.append(TreeGauge(self.first, 1, limits))
        kill = partial(_end, self.ended_fd)
        counted = self.group is not None
        return Watch(limits, self.ended_fd, drains, tuple(gauges), places, kill, cancel, counted)


def _pipe(stack: ExitStack) -> tuple[FileIO, FileIO]:
    """Both ends of a pipe. File objects: closing one twice closes nobody else's descriptor."""
    read, write = os.pipe()
    return stack.enter_context(FileIO(read, "r")), stack.enter_context(FileIO(write, "w"))


def _memory_file(stack: ExitStack, content: bytes) -> int:
    fd = os.memfd_create("filter")
    stack.callback(os.close, fd)
    os.write(fd, content)
    os.lseek(fd, 0, os.SEEK_SET)
    return fd


def _first_process(info: FileIO, bwrap: subprocess.Popen[bytes]) -> int:
    """The number of the namespace's first process, which waits. Errors: SandboxError."""
    try:
        return int(json.loads(info.readall())["child-pid"])
    except (ValueError, KeyError):
        raise _failure(bwrap) from None


def _failure(bwrap: subprocess.Popen[bytes]) -> SandboxError:
    """What bwrap says of its failure."""
    bwrap.kill()
    _, words = bwrap.communicate()
    return SandboxError(f"bubblewrap failed: {words.decode('utf-8', 'replace').strip()}")


def _never_started(block: FileIO) -> bool:
    """Whether bwrap never took its leave to start: it failed while it built the run's world."""
    os.set_blocking(block.fileno(), False)
    return bool(block.read(1))  # None: empty, as it should be


def _end(first_fd: int) -> None:
    """End the namespace's first process, and wait until all of the namespace is gone."""
    with suppress(ProcessLookupError):
        signal.pidfd_send_signal(first_fd, signal.SIGKILL)
    _wait_readable(first_fd)


def _wait_readable(fd: int) -> None:
    poller = select.poll()
    poller.register(fd, select.POLLIN)
    poller.poll()


def _reap(bwrap: subprocess.Popen[bytes]) -> None:
    if bwrap.poll() is None:
        bwrap.kill()
    bwrap.wait()
    for stream in (bwrap.stdout, bwrap.stderr):
        if stream:
            stream.close()
