"""Results kept by the content that they came from, so that unchanged work costs nothing."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def digest_of(*parts: object) -> str:
    """SHA-256 over the parts' texts, each with its length, so that no two lists collide."""
    total = hashlib.sha256()
    for part in parts:
        data = part if isinstance(part, bytes) else str(part).encode()
        total.update(f"{len(data)}:".encode())
        total.update(data)
    return total.hexdigest()


def digest_of_files(files: Iterable[Path], base: Path) -> str:
    """SHA-256 over files' paths below `base` and contents."""
    return digest_of(*(p for f in sorted(files) for p in (f.relative_to(base), f.read_bytes())))


class Cache:
    """A directory of files named by digest. Safe to delete at any time; writers never collide."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def path(self, kind: str, key: str) -> Path:
        """Where the entry stands, or would."""
        return self.directory / kind / key[:2] / key[2:]

    def find(self, kind: str, key: str) -> Path | None:
        """The entry's file, or None."""
        path = self.path(kind, key)
        return path if path.is_file() else None

    def keep_file(self, kind: str, key: str, source: Path) -> Path:
        """Move a finished file (same file system or not) into the cache, atomically."""
        path = self.path(kind, key)
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(source.read_bytes())
            os.chmod(temporary, source.stat().st_mode & 0o777 | 0o444)
            os.replace(temporary, path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        return path

    def read_json(self, kind: str, key: str) -> Any | None:
        """The entry's JSON, or None when there is none or it is damaged."""
        path = self.find(kind, key)
        try:
            return json.loads(path.read_text(encoding="utf-8")) if path else None
        except (ValueError, OSError):
            return None

    def keep_json(self, kind: str, key: str, value: Any) -> None:
        """Write a JSON entry, atomically."""
        write_atomically(self.path(kind, key), json.dumps(value))


def write_atomically(path: Path, text: str) -> None:
    """Write a whole text file or nothing: readers see the old content or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
