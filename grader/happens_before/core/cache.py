"""Results kept by the content that they came from, so that unchanged work costs nothing.

An entry is a file named KEY.SUM: the digest of all that it was made from, and the digest of what
it holds. So it is written by one atomic rename, and an entry that was damaged on the disk is seen,
deleted and made again.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from happens_before.core.errors import GraderFault, InputError

SUM_DIGITS = 32
TEMPORARY = ".new-"  # what the name of a half-written file begins with


def digest_of(*parts: object) -> str:
    """SHA-256 over the parts' texts, each with its length, so that no two lists collide."""
    total = hashlib.sha256()
    for part in parts:
        data = part if isinstance(part, bytes) else str(part).encode("utf-8", "surrogateescape")
        total.update(f"{len(data)}:".encode())
        total.update(data)
    return total.hexdigest()


def digest_of_files(files: Iterable[Path], base: Path) -> str:
    """SHA-256 over files' paths below `base` and contents."""
    return digest_of(*(p for f in sorted(files) for p in (f.relative_to(base), f.read_bytes())))


class Cache:
    """A directory of files named by digest.

    Safe to delete at any time, and to use from any number of threads and processes.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def find(self, kind: str, key: str) -> Path | None:
        """The entry's file; None when there is none, or only a damaged one (which is deleted)."""
        found = self._find(kind, key)
        return found[0] if found else None

    def keep_file(self, kind: str, key: str, source: Path) -> Path:
        """Copy a finished file into the cache, atomically.

        Errors: GraderFault when the disk will not take it.
        """
        try:
            content, mode = source.read_bytes(), source.stat().st_mode & 0o555 | 0o444
        except OSError as error:
            raise GraderFault(f"{source}: cannot be read ({error.strerror}).") from None
        return self._keep(kind, key, content, mode)

    def read_json(self, kind: str, key: str) -> Any | None:
        """The entry's JSON, or None when there is none or it is damaged."""
        found = self._find(kind, key)
        try:
            return json.loads(found[1]) if found else None
        except ValueError:
            return None

    def keep_json(self, kind: str, key: str, value: Any) -> None:
        """Write a JSON entry, atomically. Errors: GraderFault when the disk will not take it."""
        self._keep(kind, key, json.dumps(value).encode(), 0o444)

    def _find(self, kind: str, key: str) -> tuple[Path, bytes] | None:
        directory, stem = self.directory / kind / key[:2], f"{key[2:]}."
        try:
            names = [name for name in os.listdir(directory) if name.startswith(stem)]
        except OSError:
            return None
        for name in sorted(names):
            try:
                content = (directory / name).read_bytes()
            except OSError:  # another process has just deleted it
                continue
            if name == stem + _sum(content):
                return directory / name, content
            (directory / name).unlink(missing_ok=True)
        return None

    def _keep(self, kind: str, key: str, content: bytes, mode: int) -> Path:
        path = self.directory / kind / key[:2] / f"{key[2:]}.{_sum(content)}"
        try:
            _replace(path, content, mode)
        except OSError as error:
            raise GraderFault(
                f"{self.directory}: results cannot be kept there ({error.strerror}). "
                "Make room, or name another directory in HAPPENS_BEFORE_CACHE."
            ) from None
        return path


def write_atomically(path: Path, text: str | bytes) -> None:
    """Write a whole file or nothing: readers see the old content or the new one.

    A path that is no regular file (such as /dev/stdout) is written to, not replaced.

    Errors: InputError naming the path.
    """
    content = text if isinstance(text, bytes) else text.encode("utf-8", "backslashreplace")
    try:
        if path.exists() and not stat.S_ISREG(path.stat().st_mode):
            path.write_bytes(content)
        else:
            _replace(Path(os.path.realpath(path)), content, 0o644)
    except OSError as error:
        raise InputError(f"cannot be written ({error.strerror}).", path) from None


def _replace(path: Path, content: bytes, mode: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=TEMPORARY)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        os.chmod(temporary, mode)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _sum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:SUM_DIGITS]
