"""The files that a run writes: measured while it runs, and made harmless when it is over."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from happens_before.sandbox.command import SandboxError

MIB = 1 << 20
LEAST_ROOM = 32 * MIB  # on the host's disk; with less, a run may fail for want of it
MOST_FILES = 4096  # in each place; an inode costs memory even when its file is empty
DEEPEST = 16  # levels of directories that survive a run: rmtree needs a stack frame for each


@dataclass(frozen=True)
class Disk:
    """The places that a run may write.

    scratch: a directory of the host, or None. tmpfs: mounted file systems of the run's own, as
    seen from the host (below /proc/PID/root).
    """

    limit_mb: int
    scratch: Path | None
    tmpfs: tuple[str, ...] = ()

    def over(self) -> bool:
        """Whether a place is full, or holds too many files."""
        if any(_full(state) for state in self._states()):
            return True
        return self.scratch is not None and _directory_full(self.scratch, self.limit_mb * MIB)

    def used_bytes(self) -> int:
        """Bytes in the file systems that live in memory."""
        return sum((state.f_blocks - state.f_bfree) * state.f_frsize for state in self._states())

    def _states(self) -> Iterator[os.statvfs_result]:
        """Of the run's own file systems, which their size tells from the host's: until the run's
        world is built, its first process still sees the host's there.
        """
        for path in self.tmpfs:
            try:
                state = os.statvfs(path)
            except OSError:
                continue
            if state.f_blocks * state.f_frsize == self.limit_mb * MIB:
                yield state


def _full(state: os.statvfs_result) -> bool:
    return state.f_bavail == 0 < state.f_blocks or state.f_files - state.f_ffree > MOST_FILES


def _directory_full(directory: Path, limit: int) -> bool:
    used = files = 0
    for entry in _walk(directory):
        files += 1
        try:
            used += entry.stat(follow_symlinks=False).st_blocks * 512
        except OSError:
            continue
        if used >= limit or files > MOST_FILES:
            return True
    return False


def _walk(directory: Path) -> Iterator[os.DirEntry[str]]:
    """Every entry below, without recursion, following no link; what vanishes is skipped."""
    waiting = [(str(directory), 0)]
    while waiting:
        path, depth = waiting.pop()
        try:
            with os.scandir(path) as entries:
                for entry in entries:
                    yield entry
                    if entry.is_dir(follow_symlinks=False) and depth < DEEPEST:
                        waiting.append((entry.path, depth + 1))
        except OSError:
            continue


def check_room(scratch: Path) -> None:
    """Errors: SandboxError when the host's disk is about full: what ran there says nothing."""
    state = os.statvfs(scratch)
    if state.f_bavail * state.f_frsize < LEAST_ROOM or state.f_favail == 0 < state.f_files:
        raise SandboxError(f"{scratch.parent}: the disk is full. Make room, or set TMPDIR.")


def tidy(scratch: Path) -> None:
    """Leave only what any caller can read and remove: plain files and a few levels of directories.

    Links, sockets, pipes and devices go, and so does a directory that is nested too deep; what is
    left is given to us and made readable. Call it when no process of the run is left.
    """
    if not scratch.is_dir() or scratch.is_symlink():
        return
    _claim(str(scratch), 0o700)
    waiting = [(str(scratch), 0)]
    while waiting:
        path, depth = waiting.pop()
        with os.scandir(path) as entries:
            found = list(entries)
        for entry in found:
            if entry.is_dir(follow_symlinks=False):
                _claim(entry.path, 0o700)
                if depth + 1 >= DEEPEST:
                    remove_deep(entry.path)
                else:
                    waiting.append((entry.path, depth + 1))
            elif (
                entry.is_file(follow_symlinks=False)
                and entry.stat(follow_symlinks=False).st_nlink == 1
            ):
                _claim(entry.path, 0o600)
            else:
                os.unlink(entry.path)


def remove_deep(path: str) -> None:
    """Remove a directory of any depth: what is nested is first moved up beside its parent.

    Depth costs neither stack nor file descriptors nor path length.
    """
    number = 0
    for name in os.listdir(path):
        inner = os.path.join(path, name)
        if not stat.S_ISDIR(os.lstat(inner).st_mode):
            os.unlink(inner)
    while subdirectories := os.listdir(path):
        for name in subdirectories:
            inner = os.path.join(path, name)
            _claim(inner, 0o700)
            for nested in os.listdir(inner):
                deeper = os.path.join(inner, nested)
                if stat.S_ISDIR(os.lstat(deeper).st_mode):
                    _claim(deeper, 0o700)
                    number += 1
                    os.rename(deeper, os.path.join(path, f".removing-{os.getpid()}-{number}"))
                else:
                    os.unlink(deeper)
            os.rmdir(inner)
    os.rmdir(path)


def _claim(path: str, mode: int) -> None:
    """Make a file ours and readable to us."""
    if os.geteuid() == 0:
        os.chown(path, 0, 0, follow_symlinks=False)
    os.chmod(path, mode | stat.S_IMODE(os.lstat(path).st_mode) & 0o777)
