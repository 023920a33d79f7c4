"""Archives for the tests, honest and otherwise."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

GOOD = b"int main(void) { return 0; }\n"


def zip_of(path: Path, files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    """A zip with these files."""
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def zip_with(path: Path, name: str, content: bytes, mode: int) -> Path:
    """A zip with one member of this Unix mode: a link, a device, ..."""
    member = zipfile.ZipInfo(name)
    member.external_attr = mode << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, content)
    return path


def tar_of(path: Path, files: Mapping[str, bytes], mode: str = "w:gz") -> Path:
    """A tar with these files."""
    with tarfile.open(path, mode) as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def tar_with(path: Path, name: str, change: Callable[[tarfile.TarInfo], None]) -> Path:
    """A tar with one member without content, changed: a link, a FIFO, ..."""
    member = tarfile.TarInfo(name)
    change(member)
    with tarfile.open(path, "w") as archive:
        archive.addfile(member)
    return path


def zeros(path: Path, name: str, size: int) -> Path:
    """A small .tar.gz that unpacks to `size` zero bytes, and says so."""
    header = tarfile.TarInfo(name)
    header.size = size
    with gzip.open(path, "wb") as stream:
        stream.write(header.tobuf())
        block = bytes(1 << 20)
        for _ in range(size // len(block)):
            stream.write(block)
        stream.write(bytes(1024))
    return path
