"""The system calls that no submission needs, refused by a seccomp filter.

Processes of one user may else read and write each other's memory, and much of the kernel's surface
that is rarely used is where its bugs are found. Refused calls give EPERM, or ENOSYS where glibc has
a fallback, so that a program can go on.
"""

from __future__ import annotations

import errno
import os
import tempfile
from functools import lru_cache
from typing import Any

REFUSED = {
    "other processes' memory": (
        "ptrace",
        "process_vm_readv",
        "process_vm_writev",
        "kcmp",
        "pidfd_getfd",
        "process_madvise",
    ),
    "mounts and namespaces": (
        "mount",
        "umount",
        "umount2",
        "pivot_root",
        "chroot",
        "move_mount",
        "open_tree",
        "fsopen",
        "fsconfig",
        "fsmount",
        "fspick",
        "mount_setattr",
        "unshare",
        "setns",
    ),
    "the kernel": (
        "bpf",
        "perf_event_open",
        "userfaultfd",
        "init_module",
        "finit_module",
        "delete_module",
        "kexec_load",
        "kexec_file_load",
        "reboot",
        "swapon",
        "swapoff",
        "syslog",
        "acct",
        "quotactl",
        "quotactl_fd",
        "lookup_dcookie",
        "iopl",
        "ioperm",
        "fanotify_init",
        "vhangup",
        "nfsservctl",
    ),
    "keys": ("add_key", "request_key", "keyctl"),
    "clocks": ("clock_settime", "clock_adjtime", "settimeofday", "adjtimex"),
    "files by handle": ("name_to_handle_at", "open_by_handle_at"),
}
IO_URING = ("io_uring_setup", "io_uring_enter", "io_uring_register")
NAMESPACE_FLAGS = 0x7E020000  # CLONE_NEW{NS,CGROUP,UTS,IPC,USER,PID,NET}
FAMILIES = (1, 2, 10, 16)  # AF_UNIX, AF_INET, AF_INET6, AF_NETLINK; above 16 all are refused


def available() -> bool:
    """Whether python3-seccomp is installed."""
    try:
        import seccomp  # type: ignore[import]  # noqa: F401
    except ImportError:
        return False
    return True


@lru_cache
def filter_program(io_uring: bool) -> bytes:
    """The filter as the kernel reads it (struct sock_filter[]); empty without python3-seccomp."""
    if not available():
        return b""
    import seccomp

    chosen = seccomp.SyscallFilter(seccomp.ALLOW)
    names = [name for group in REFUSED.values() for name in group]
    for name in names + ([] if io_uring else list(IO_URING)):
        _refuse(chosen, seccomp.ERRNO(errno.EPERM), name)
    _refuse(chosen, seccomp.ERRNO(errno.ENOSYS), "clone3")  # its flags are out of a filter's sight
    for bit in range(32):
        if NAMESPACE_FLAGS >> bit & 1:
            flag = 1 << bit
            _refuse(
                chosen,
                seccomp.ERRNO(errno.EPERM),
                "clone",
                seccomp.Arg(0, seccomp.MASKED_EQ, flag, flag),
            )
    seldom = seccomp.ERRNO(errno.EAFNOSUPPORT)
    for family in set(range(max(FAMILIES))) - set(FAMILIES):
        _refuse(chosen, seldom, "socket", seccomp.Arg(0, seccomp.EQ, family))
    _refuse(chosen, seldom, "socket", seccomp.Arg(0, seccomp.GT, max(FAMILIES)))
    with tempfile.TemporaryFile() as file:
        chosen.export_bpf(file)
        return os.pread(file.fileno(), 1 << 20, 0)


def _refuse(chosen: Any, how: int, name: str, *arguments: Any) -> None:
    """Add a rule; a call that this machine's libseccomp does not know needs none."""
    import seccomp

    try:
        number = seccomp.resolve_syscall(seccomp.Arch(), name)
        if number >= 0:
            chosen.add_rule(how, name, *arguments)
    except (ValueError, RuntimeError):
        return
