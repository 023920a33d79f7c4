"""Running without isolation, for code that one trusts: limits, and a clean end, but no walls."""

from __future__ import annotations

import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from happens_before.sandbox import disk, owner, reaper, rlimits
from happens_before.sandbox.cgroup import Cgroups
from happens_before.sandbox.command import Command, Outcome
from happens_before.sandbox.disk import Disk
from happens_before.sandbox.group import Group
from happens_before.sandbox.output import Drain
from happens_before.sandbox.reading import Gauge
from happens_before.sandbox.tree import TreeGauge, processes
from happens_before.sandbox.watch import Watch, wait_for

PATH = "/usr/bin:/bin"
END_S = 5.0  # how long the reaper may take to end, before we end it


@dataclass(frozen=True)
class NoSandbox:
    """See sandbox.command.Sandbox. Paths inside are translated to the host's in the arguments."""

    groups: Cgroups | None

    def run(self, command: Command, cancel: threading.Event | None = None) -> Outcome:
        """See Sandbox."""
        with ExitStack() as stack:
            home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=owner.prefix())))
            stack.callback(disk.tidy, home)
            if command.scratch:
                stack.callback(disk.tidy, command.scratch)
            places = _lend(command, home)
            order = _order(command, home, places)
            outcome = stack.enter_context(_started(self, command, order)).outcome(cancel)
            if command.scratch and outcome.stopped_by != "disk":
                disk.check_room(command.scratch)
        return replace(outcome, places=places)

    def describe(self) -> list[tuple[str, str]]:
        """See Sandbox."""
        who = "a user of its own" if os.geteuid() == 0 else "you, with all your rights"
        return [
            ("isolation", "NONE (--no-sandbox): a run sees all files, processes and networks"),
            ("user", who),
            ("system calls", "all"),
            *rlimits.describe(self.groups),
        ]


@contextmanager
def _started(sandbox: NoSandbox, command: Command, order: dict[str, object]) -> Iterator[_Run]:
    with ExitStack() as stack:
        status_read, status_write = os.pipe()
        stack.callback(os.close, status_read)
        process = _spawn_reaper(status_write, command.pass_fds)
        stack.callback(_reap, process)
        ended_fd = os.pidfd_open(process.pid)
        stack.callback(os.close, ended_fd)
        group = None
        if sandbox.groups:
            group = sandbox.groups.create(command.limits)
            stack.callback(group.remove)
            group.attach(process.pid)
        stack.callback(_end, process.pid, ended_fd)
        yield _Run(command, order, process, ended_fd, status_read, group)


def _spawn_reaper(status_write: int, pass_fds: tuple[int, ...]) -> subprocess.Popen[bytes]:
    """The reaper, waiting for its order."""
    python = sys.executable or "/usr/bin/python3"
    try:
        return subprocess.Popen(
            [python, "-I", "-S", reaper.__file__, str(status_write)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=(status_write, *pass_fds),
            env={"PATH": PATH},
            cwd="/",
            start_new_session=True,
        )
    finally:
        os.close(status_write)


@dataclass
class _Run:
    command: Command
    order: dict[str, object]
    process: subprocess.Popen[bytes]
    ended_fd: int
    status_fd: int
    group: Group | None

    def outcome(self, cancel: threading.Event | None) -> Outcome:
        watch = self._watch(cancel)
        assert self.process.stdin
        with suppress(BrokenPipeError), self.process.stdin as order:
            order.write(json.dumps(self.order).encode())
        stopped_by = watch.until_end()
        _end(self.process.pid, self.ended_fd)
        _, usage = wait_for(self.process)
        status = os.read(self.status_fd, 64)
        code = os.waitstatus_to_exitcode(int(status)) if status else -signal.SIGKILL
        return watch.outcome(stopped_by, code, usage)

    def _watch(self, cancel: threading.Event | None) -> Watch:
        limits = self.command.limits
        assert self.process.stdout and self.process.stderr
        keep = limits.output_kb * 1024
        out, err = self.process.stdout.fileno(), self.process.stderr.fileno()
        gauges: list[Gauge] = [self.group] if self.group else []
        gauges.append(TreeGauge(self.process.pid, 1, limits))
        places = Disk(limits.disk_mb, self.command.scratch)
        kill = partial(_end, self.process.pid, self.ended_fd)
        drains = Drain(out, keep), Drain(err, keep)
        counted = self.group is not None
        return Watch(limits, self.ended_fd, drains, tuple(gauges), places, kill, cancel, counted)


def _lend(command: Command, home: Path) -> dict[str, str]:
    """Where on the host each path inside stands.

    As root, a run is a user of its own: what it writes is given to it, and what it could not reach
    (a checkout below /root) is copied into its home.
    """
    places = {inside: host.absolute() for host, inside in command.read_only}
    if command.scratch:
        places["/scratch"] = command.scratch.absolute()
    if os.geteuid() == 0:
        for number, (host, inside) in enumerate(command.read_only):
            if not _open_to_all(host.absolute()):
                places[inside] = copy = home / f"{number}-{host.name}"
                shutil.copytree(host, copy) if host.is_dir() else shutil.copy2(host, copy)
                _open(copy)
    return {inside: str(host) for inside, host in places.items()}


def _open_to_all(path: Path) -> bool:
    """Whether any user can read a file or a directory's files, by their modes."""
    if path.is_dir() and not all(_open_to_all_alone(inner) for inner in path.iterdir()):
        return False
    return all(part.stat().st_mode & 0o001 for part in path.parents) and _open_to_all_alone(path)


def _open_to_all_alone(path: Path) -> bool:
    needed = 0o005 if path.is_dir() else 0o004
    return path.stat().st_mode & needed == needed


def _open(path: Path) -> None:
    for inner in (path, *(path.rglob("*") if path.is_dir() else ())):
        inner.chmod(inner.stat().st_mode | (0o055 if inner.is_dir() else 0o044))


def _order(command: Command, home: Path, places: dict[str, str]) -> dict[str, object]:
    """What the reaper is told (see reaper.py)."""
    environment = {"PATH": PATH, "HOME": str(home), "TMPDIR": str(home), **command.environment}
    environment = {name: translate(value, places) for name, value in environment.items()}
    if environment["TMPDIR"] == "/tmp":
        environment["TMPDIR"] = str(home)
    limits = command.limits
    user = owner.next_run_id() if os.geteuid() == 0 else None
    if user is not None:
        for place in (home, command.scratch):
            if place:
                os.chown(place, user, user)
    return {
        "user": user,
        "argv": [translate(word, places) for word in command.argv],
        "directory": places.get(command.directory, str(home)),
        "environment": environment,
        "rlimits": [*rlimits.of_each_process(limits), rlimits.of_a_user(limits, _others(user))],
        "personality": command.personality,
    }


def _others(user: int | None) -> int:
    """How many processes and threads the run's user has already: the kernel counts them too."""
    if user is not None:
        return 0
    me, count = os.getuid(), 0
    for process in processes():
        with suppress(OSError):
            count += process.threads * (os.stat(f"/proc/{process.pid}").st_uid == me)
    return count


def translate(text: str, places: dict[str, str]) -> str:
    """Replace each path inside by the host's, where it stands as a whole path (or behind -I)."""
    if not places:
        return text
    longest_first = sorted(places, key=len, reverse=True)
    inside = "|".join(re.escape(path) for path in longest_first)
    pattern = rf"(?:(?<=^-I)|(?<![\w./-]))({inside})(?![\w.-])"
    return re.sub(pattern, lambda match: places[match[1]], text)


def _end(pid: int, ended_fd: int) -> None:
    """Kill all below the reaper, then have it end; it lacks the memory to, it may be, by itself."""
    poller = select.poll()
    poller.register(ended_fd, select.POLLIN)
    if poller.poll(0):
        return
    reaper.kill_below(pid)
    with suppress(ProcessLookupError):
        signal.pidfd_send_signal(ended_fd, signal.SIGTERM)
        signal.pidfd_send_signal(ended_fd, signal.SIGCONT)
    if not poller.poll(END_S * 1000):
        reaper.kill_below(pid)
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(ended_fd, signal.SIGKILL)
        poller.poll()


def _reap(process: subprocess.Popen[bytes]) -> None:
    process.wait()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream:
            with suppress(BrokenPipeError):
                stream.close()
