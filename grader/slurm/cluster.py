"""A Slurm cluster below a directory: what one-machine does.

A node is a daemon with a name and a port of its own (slurmd -N); Debian builds Slurm so that it can.
"""

from __future__ import annotations

import os
import pwd
import random
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import keeper

from happens_before.core.errors import GraderFault, InputError

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "sinfo")
PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
PORTS = range(20000, 32000)  # below those that the kernel gives to whoever connects
LONGEST_SOCKET = 107  # bytes of a Unix socket's path, unix(7)
WAIT_S = 30.0
MB_OF_A_CPU = 8192  # said of each, so that what asks for a real node's memory gets it
SOCKET = "munge.socket"
TEMPLATE = Path(__file__).resolve().with_name("slurm.conf.in")
NODE = (
    "NodeName={name} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} "
    "CPUs={cpus} RealMemory={mb}\n"
)
PARTITION = "PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP\n"


class Cluster:
    """The cluster below a directory: slurm.conf, munge.key, log/, run/, spool/, state/."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory.resolve()
        self.conf = self.directory / "slurm.conf"

    def up(self, nodes: int, cpus: int, local: Path | None) -> None:
        """Start all of it, and wait until each node is ready for a job."""
        missing = [name for name in PROGRAMS if not shutil.which(name, path=PATH)]
        if missing:
            packages = "apt-get install slurmctld slurmd slurm-client munge"
            raise InputError(f"{', '.join(missing)}: not installed.", to_do=f"As root: {packages}")
        if len(os.fsencode(self.directory / SOCKET)) > LONGEST_SOCKET:
            raise InputError("too long a path for a socket below it.", self.directory)
        if re.search(r'[\s#%"]', str(self.directory)):
            raise InputError("slurm.conf cannot hold such a path.", self.directory, "Name another.")
        if local and os.geteuid() != 0:
            raise InputError("--local needs root: it mounts.", local)
        if self.directory.exists() and any(self.directory.iterdir()):
            raise InputError("is not empty.", self.directory, "Name a new directory.")
        names = [f"node{number}" for number in range(1, nodes + 1)]
        try:
            self._lay_out(names, cpus, local)
            self._start_all(names)
        except BaseException:
            self._end_all()
            raise

    def down(self) -> None:
        """End all of it, and remove the directory."""
        self._check()
        self._end_all()

    def take_down(self, node: str) -> None:
        """Kill a node's daemon and all that runs there, as when a machine loses its power."""
        keeper.end(self._lock_of_node(node))

    def bring_back(self, node: str) -> None:
        """Start a node again, once the controller has missed it, and wait until it is ready."""
        lock = self._lock_of_node(node)
        if keeper.holder(lock):
            raise InputError(f"{node} is up.", self.directory)
        self._await(f"{node} missed", lambda: self._states().get(node, "").startswith("down"))
        self._start_node(node)
        self._await(f"{node} ready", lambda: self._states().get(node) == "idle", node)

    def _end_all(self) -> None:
        locks = (self.directory / "run").glob("*.lock")
        for lock in sorted(locks, key=lambda lock: lock.stem in ("slurmctld", "munged")):
            keeper.end(lock)
        shutil.rmtree(self.directory)

    def _check(self) -> None:
        if not self.conf.exists() or not (self.directory / "run").is_dir():
            raise InputError("there is no cluster.", self.directory, "`up` starts one.")

    def _lock_of_node(self, node: str) -> Path:
        self._check()
        if not (self.directory / "spool" / node).is_dir():
            known = ", ".join(sorted(os.listdir(self.directory / "spool")))
            raise InputError(f"there is no node '{node}'.", self.directory, f"Nodes: {known}.")
        return self._lock(node)

    def _lock(self, daemon: str) -> Path:
        return self.directory / "run" / f"{daemon}.lock"

    def _lay_out(self, names: list[str], cpus: int, local: Path | None) -> None:
        for part in ("log", "run", "state", *(f"spool/{name}" for name in names)):
            (self.directory / part).mkdir(parents=True)
        self.directory.chmod(0o755)  # munge's clients, too, insist that nobody else can write here
        key = self.directory / "munge.key"
        key.touch(0o600)
        key.write_bytes(os.urandom(128))
        if local:
            (self.directory / "local").write_text(str(local.absolute()))
        host, (port, *ports) = socket.gethostname().partition(".")[0], _free_ports(len(names) + 1)
        user = pwd.getpwuid(os.geteuid()).pw_name
        text = TEMPLATE.read_text().format(
            host=host, port=port, user=user, directory=self.directory
        )
        for name, node_port in zip(names, ports):
            text += NODE.format(
                name=name, host=host, port=node_port, cpus=cpus, mb=cpus * MB_OF_A_CPU
            )
        self.conf.write_text(text + PARTITION)

    def _start_all(self, names: list[str]) -> None:
        base = self.directory
        self._start(
            "munged",
            # --force: below a directory that only its owner may enter, only the owner is served.
            *("munged", "--foreground", "--force", f"--socket={base / SOCKET}"),
            *(f"--key-file={base}/munge.key", f"--seed-file={base}/run/munge.seed"),
            *(f"--log-file={base}/log/munged", f"--pid-file={base}/run/munged.own-pid"),
        )
        self._await("munged", (base / SOCKET).exists, "munged")
        self._start("slurmctld", "slurmctld", "-D", "-f", str(self.conf))
        for name in names:
            self._start_node(name)
        ready = ["idle"] * len(names)
        daemons = ("munged", "slurmctld", *names)
        self._await("the nodes", lambda: list(self._states().values()) == ready, *daemons)

    def _start_node(self, name: str) -> None:
        argv = ["slurmd", "-D", "-f", str(self.conf), "-N", name]
        local = self.directory / "local"
        if local.exists():  # a mount that only this node sees
            own = 'mount -t tmpfs node "$1" && shift && exec "$@"'
            argv = ["unshare", "--mount", "sh", "-c", own, "sh", local.read_text(), *argv]
        self._start(name, *argv)

    def _start(self, name: str, *argv: str) -> None:
        """Start a daemon below a keeper of its own; both outlive this command."""
        environment = {"PATH": PATH, "SLURM_CONF": str(self.conf)}
        words = self.directory / "log" / f"{name}.words"
        keeper.start(self._lock(name), words, argv, environment)

    def _states(self) -> dict[str, str]:
        """What the controller says of each node; nothing while it does not answer."""
        environment = {"PATH": PATH, "SLURM_CONF": str(self.conf)}
        argv = ["sinfo", "--noheader", "--Node", "--format=%N %T"]
        said = subprocess.run(argv, env=environment, capture_output=True, text=True)
        return dict(line.split()[:2] for line in said.stdout.splitlines())

    def _await(self, what: str, condition: Callable[[], bool], *daemons: str) -> None:
        """Wait for a condition, and for as long as some daemons live. Errors: GraderFault."""
        deadline = time.monotonic() + WAIT_S
        while not condition():
            gone = [name for name in daemons if not keeper.holder(self._lock(name))]
            if gone or time.monotonic() > deadline:
                why = f"{gone[0]} has ended" if gone else f"not within {WAIT_S:.0f} s"
                raise GraderFault(f"{what}: {why}.\n{self._last_words()}")
            time.sleep(0.02)

    def _last_words(self) -> str:
        logs = sorted((self.directory / "log").iterdir())
        return "\n".join(
            f"{log.name}: {line}"
            for log in logs
            for line in log.read_text(errors="replace").splitlines()[-5:]
        )


def _free_ports(count: int) -> list[int]:
    """Ports of the loopback that nobody listens at."""
    found: list[int] = []
    for port in random.sample(PORTS, len(PORTS)):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            found.append(port)
        if len(found) == count:
            return found
    raise GraderFault("no free ports on the loopback.")
