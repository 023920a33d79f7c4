"""Starts one program and outlives it, so that nothing of it is left: the helper of none.py.

Run as a script by itself: it must start fast, and it imports nothing of ours. It reads from its
standard input, once, what to run (JSON: argv, directory, environment, rlimits, personality, user), adopts
every orphan of the program, and when the program ends, or the grader does, or SIGTERM comes, kills
all that is left. It writes the program's wait status to the file descriptor that its argument names.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import suppress

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
ADDR_NO_RANDOMIZE = 0x0040000


def parents() -> dict[int, int]:
    """The parent of each living process; zombies are left out."""
    found = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:
                    fields = file.read().rpartition(")")[2].split()
            except OSError:
                continue
            if fields[0] not in "ZX":
                found[int(name)] = int(fields[1])
    return found


def below(root: int) -> set[int]:
    """All living processes that descend from `root`, without itself."""
    children: dict[int, list[int]] = {}
    for pid, parent in parents().items():
        children.setdefault(parent, []).append(pid)
    found = [root]
    for pid in found:  # grows as we go
        found += children.get(pid, [])
    return set(found[1:])


def kill_below(root: int) -> None:
    """Kill all below `root`: stop them first, so that none can make another meanwhile."""
    while living := below(root):
        stopped: set[int] = set()
        while living - stopped:
            _send(living - stopped, signal.SIGSTOP)
            stopped |= living
            living = below(root)
        _send(living, signal.SIGKILL)


def _send(pids: set[int], number: signal.Signals) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue


def _start(order: dict, status_fd: int) -> int:  # type: ignore[type-arg]
    import ctypes
    import resource

    pid = os.fork()
    if pid:
        return pid
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        for ignored in (signal.SIGPIPE, signal.SIGXFSZ):  # by Python, not by whoever started us
            signal.signal(ignored, signal.SIG_DFL)
        os.setsid()
        os.close(status_fd)
        null = os.open("/dev/null", os.O_RDONLY)
        os.dup2(null, 0)
        for which, most in order["rlimits"]:
            hard = resource.getrlimit(which)[1]
            most = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(which, (most, most))
        if order["personality"]:
            ctypes.CDLL(None).personality(ADDR_NO_RANDOMIZE)
        if order["user"] is not None:
            os.setgroups([])
            os.setresgid(*3 * [order["user"]])
            os.setresuid(*3 * [order["user"]])
        os.chdir(order["directory"])
        os.execve(order["argv"][0], order["argv"], order["environment"])
    except OSError as error:
        print(f"{order['argv'][0]}: {error.strerror}", file=sys.stderr, flush=True)
    os._exit(127)


def _wait_for(program: int) -> int:
    while True:
        pid, status = os.wait()
        if pid == program:
            return status


def adopt_orphans() -> None:
    """From now on whoever below this process loses its parent becomes its child."""
    import ctypes

    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def finish(*_: object) -> None:
    """Kill until no child is left: whoever loses its parent becomes ours, so nobody is missed."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with suppress(ChildProcessError):
        while True:
            kill_below(os.getpid())
            if os.waitpid(-1, os.WNOHANG) == (0, 0):
                time.sleep(0.001)
    os._exit(0)


def main() -> None:
    """See the module."""
    import ctypes
    import json

    adopt_orphans()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    signal.signal(signal.SIGTERM, finish)
    words = sys.stdin.buffer.read()
    if not words:  # the grader is gone already
        return
    status_fd = int(sys.argv[1])
    status = _wait_for(_start(json.loads(words), status_fd))
    os.write(status_fd, str(status).encode())
    finish()


if __name__ == "__main__":
    main()
