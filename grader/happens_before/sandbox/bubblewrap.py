"""The sandbox: bubblewrap's namespaces, control groups or a watchdog, and a seccomp filter.

A run sees /usr, what `Command.read_only` names, and nothing else of the machine: no home, no
repository, no network, no other process. When the first process of its namespace ends, for whatever
reason, the kernel ends all of it.
"""

from __future__ import annotations

import os
import threading
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from happens_before.sandbox import disk, owner, remedy, rlimits, syscalls
from happens_before.sandbox.cgroup import Cgroups
from happens_before.sandbox.command import Command, Limits, Outcome, SandboxError
from happens_before.sandbox.launch import started

BWRAP, SETPRIV, SETARCH = "/usr/bin/bwrap", "/usr/bin/setpriv", "/usr/bin/setarch"
NAMESPACES = ("--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts")
PATH = "/usr/bin:/bin"
ETC = ("/etc/alternatives", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d")
INSIDE_ID = 60578  # who a run is inside, when it is us outside
PROBE = Command(("/usr/bin/true",), Limits(wall_s=10, cpu_s=10, memory_mb=256, processes=16))


@dataclass(frozen=True)
class Bubblewrap:
    """See sandbox.command.Sandbox.

    as_root: the grader is root: namespaces need no user namespace, and the run becomes a user that
    owns nothing (in a user namespace it would still own what root owns, /proc/sys among it).
    Otherwise a user namespace holds the run, and it cannot make another.
    """

    groups: Cgroups | None
    as_root: bool

    @classmethod
    def find(cls, groups: Cgroups | None) -> Bubblewrap:
        """The strongest form that works here, tried out. Errors: SandboxError."""
        if not os.access(BWRAP, os.X_OK):
            raise SandboxError(remedy.NOT_INSTALLED)
        sandbox = cls(groups, os.geteuid() == 0)
        try:
            outcome = sandbox.run(PROBE)
        except SandboxError as error:
            raise SandboxError(remedy.no_namespaces(str(error))) from None
        if outcome.exit_code != 0 or outcome.stopped_by:
            words = outcome.stderr.decode("utf-8", "replace").strip() or str(outcome)
            raise SandboxError(remedy.no_namespaces(words))
        return sandbox

    def run(self, command: Command, cancel: threading.Event | None = None) -> Outcome:
        """See Sandbox."""
        user = owner.next_run_id() if self.as_root else None
        bwrap_argv = [BWRAP, *self.arguments(command)]
        with ExitStack() as stack:
            if command.scratch:
                stack.callback(disk.tidy, command.scratch)
                if user is not None:
                    os.chown(command.scratch, user, user)
            program = self.program(command, user)
            started_run = started(bwrap_argv, program, command, self.groups, user)
            outcome = stack.enter_context(started_run).outcome(cancel)
            if command.scratch and outcome.stopped_by != "disk":
                disk.check_room(command.scratch)
        return outcome

    def describe(self) -> list[tuple[str, str]]:
        """See Sandbox."""
        who = "a user of its own" if self.as_root else "an unprivileged user namespace"
        refused = "refuses calls that no submission needs (seccomp)"
        calls = refused if syscalls.available() else "none (python3-seccomp is missing)"
        return [
            ("isolation", "bubblewrap: own processes, network (none), files and users"),
            ("user", who),
            ("system calls", calls),
            *rlimits.describe(self.groups),
        ]

    def arguments(self, command: Command) -> list[str]:
        """bwrap's arguments, but for its pipes: the world that the run sees."""
        size = str(command.limits.disk_mb << 20)
        given = [*self._privileges(), *NAMESPACES, "--unshare-cgroup-try"]
        given += ["--die-with-parent", "--new-session", "--hostname", "happens-before"]
        given += [*_system(), "--proc", "/proc", "--dev", "/dev"]
        for place in ("/tmp", "/dev/shm"):
            given += ["--perms", "1777", "--size", size, "--tmpfs", place]
        for host, inside in command.read_only:
            given += ["--ro-bind", str(host), inside]
        if command.scratch:
            given += ["--bind", str(command.scratch), "/scratch"]
        given += [
            "--remount-ro",
            "/dev",
            "--remount-ro",
            "/",
            "--chdir",
            command.directory,
            "--clearenv",
        ]
        for name, value in {"PATH": PATH, "HOME": "/tmp", **command.environment}.items():
            given += ["--setenv", name, value]
        return given

    def program(self, command: Command, user: int | None) -> list[str]:
        """What bwrap starts: as root, setpriv comes first and gives up what root could do.

        setarch comes after it: the kernel forgets fixed addresses when rights change.
        """
        argv = list(command.argv)
        if command.personality:
            argv = [SETARCH, "--addr-no-randomize", *argv]
        if user is None:
            return argv
        ids = [f"--reuid={user}", f"--regid={user}", "--clear-groups"]
        return [SETPRIV, *ids, "--inh-caps=-all", "--bounding-set=-all", "--", *argv]

    def _privileges(self) -> list[str]:
        if not self.as_root:
            user = str(INSIDE_ID)
            return ["--unshare-user", "--disable-userns", "--uid", user, "--gid", user]
        kept = ("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP")  # what setpriv needs
        return ["--cap-drop", "ALL", *(word for cap in kept for word in ("--cap-add", cap))]


def _system() -> list[str]:
    """/usr, the links into it, and what the loader and Debian's alternatives need of /etc."""
    given = ["--ro-bind", "/usr", "/usr"]
    for name in ("bin", "sbin", "lib", "lib32", "lib64", "libx32"):
        path = Path("/", name)
        if path.is_symlink():
            given += ["--symlink", os.readlink(path), str(path)]
        elif path.is_dir():
            given += ["--ro-bind", str(path), str(path)]
    for name in ETC:
        given += ["--ro-bind-try", name, name]
    return given
