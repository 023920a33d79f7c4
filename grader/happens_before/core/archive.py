"""Reading what was handed in, without believing a word of it.

Nothing is ever unpacked to disk: members are read into memory, one by one and under a limit, and
only those whose base name a unit allows. Names, sizes and kinds come from whoever made the
archive; each of them may lie.
"""

from __future__ import annotations

import gzip
import io
import lzma
import mmap
import os
import re
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, cast

from happens_before.core.errors import InputError

MAX_FILE_BYTES = 1 << 20
MAX_TOTAL_BYTES = 64 << 20
MAX_MEMBERS = 10_000
SMALLER = "Hand in the sources only, without .git, .cache and built programs."
FORMATS = "Hand in a directory, .zip or .tar.gz."
DAMAGED = (
    zipfile.BadZipFile,
    tarfile.TarError,
    lzma.LZMAError,
    zlib.error,
    EOFError,
    OSError,
    ValueError,
    NotImplementedError,
    RuntimeError,
    MemoryError,
)
# Archives that people hand in though nobody asked for them, by their first bytes.
STRANGERS = {
    b"Rar!": "a RAR archive",
    b"7z\xbc\xaf": "a 7z archive",
    b"\xfd7zX": "an xz archive",
    b"BZh": "a bzip2 archive",
    b"(\xb5/\xfd": "a zstd archive",
    b"\x7fELF": "a program",
    b"%PDF": "a PDF",
}


@dataclass
class Entry:
    """One name in a submission: its bytes, or why they were not taken ("is a link")."""

    content: bytes = b""
    refused: str = ""


Member = tuple[str, Entry]


def shown(name: str) -> str:
    """A name as it may be printed: what is not printable is escaped, what is too long is cut."""
    text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in name)
    return text if len(text) <= 120 else f"{text[:117]}..."


def members(path: Path, wanted: set[str]) -> Iterator[Member]:
    """Every file of a .zip, .tar or .tar.gz.

    wanted: the base names whose contents are read; others come with an empty Entry. Errors:
    InputError when the file is none of these, is damaged, or is too large to be honest.
    """
    _check_total(path.stat().st_size, path)
    with path.open("rb") as stream:
        magic = stream.read(8)
    for beginning, kind in STRANGERS.items():
        if magic.startswith(beginning):
            raise InputError(f"is {kind}, which is not taken.", path, FORMATS)
    read = _zip_members if magic.startswith(b"PK") else _tar_members
    try:
        for place, member in enumerate(read(path, wanted)):
            if place >= MAX_MEMBERS:
                raise InputError(f"holds more than {MAX_MEMBERS} files.", path, SMALLER)
            yield member
    except DAMAGED as error:
        why = str(error).strip() or type(error).__name__
        raise InputError(f"is not an archive that can be read ({why}).", path, FORMATS) from None


def limited(read: Callable[[int], bytes]) -> Entry:
    """An entry of what `read` gives, unless that is too much."""
    content = read(MAX_FILE_BYTES + 1)
    if len(content) > MAX_FILE_BYTES:
        return Entry(refused=f"is larger than {MAX_FILE_BYTES >> 20} MiB")
    return Entry(content)


def _zip_members(path: Path, wanted: set[str]) -> Iterator[Member]:
    _check_directory(path)
    with zipfile.ZipFile(path) as archive:
        total = 0
        for member in archive.infolist():
            if member.is_dir():
                continue
            name = member.filename.replace("\\", "/")
            entry = Entry(refused=_zip_refusal(member))
            if not entry.refused and PurePosixPath(name).name in wanted:
                with archive.open(member) as stream:
                    entry = limited(stream.read)
                total += len(entry.content)
                _check_total(total, path)
            yield name, entry


def _zip_refusal(member: zipfile.ZipInfo) -> str:
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        return "is a link" if kind == stat.S_IFLNK else "is a device or another special file"
    if member.flag_bits & 0x41:
        return "is encrypted: pack it without a password"
    # zipfile gives bzip2 and LZMA no limit: a few bytes would unpack to gigabytes in one step.
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "is packed in an unusual way: use plain deflate, as every zip tool does by itself"
    return ""


def _check_directory(path: Path) -> None:
    """Count the directory's entries before zipfile builds an object of each."""
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
        for count, _ in enumerate(re.finditer(rb"PK\x01\x02", data)):
            if count >= 2 * MAX_MEMBERS:
                raise InputError(f"holds more than {MAX_MEMBERS} files.", path, SMALLER)


class _Bounded(io.RawIOBase):
    """A decompressed stream that refuses to grow for ever, whatever its headers claim."""

    def __init__(self, stream: IO[bytes], path: Path) -> None:
        super().__init__()
        self._stream, self._path, self._total = stream, path, 0

    def read(self, size: int = -1) -> bytes:
        """As a file's read; InputError once MAX_TOTAL_BYTES have passed."""
        data = self._stream.read(min(size, MAX_TOTAL_BYTES) if size >= 0 else MAX_TOTAL_BYTES)
        self._total += len(data)
        _check_total(self._total, self._path)
        return data


class _Header(tarfile.TarInfo):
    """A header that ends the reading when it is damaged, instead of ending the archive there."""

    @classmethod
    def fromtarfile(cls, archive: tarfile.TarFile) -> _Header:
        """As TarInfo's; only the zero block at the archive's end counts as its end."""
        try:
            return super().fromtarfile(archive)
        except tarfile.EOFHeaderError:  # type: ignore[attr-defined]
            raise
        except tarfile.HeaderError as error:
            raise tarfile.ReadError(f"it is cut off or damaged: {error}") from None


def _tar_members(path: Path, wanted: set[str]) -> Iterator[Member]:
    with path.open("rb") as stream:
        packed = stream.read(2) == b"\x1f\x8b"
    with gzip.open(path) if packed else path.open("rb") as plain, tarfile.open(
        fileobj=cast(IO[bytes], _Bounded(cast(IO[bytes], plain), path)),
        mode="r|",
        tarinfo=_Header,
    ) as archive:
        for member in archive:
            archive.members.clear()  # type: ignore[attr-defined]
            if member.isdir():
                continue
            entry = Entry(refused=_tar_refusal(member))
            name = member.name.replace("\\", "/")
            if not entry.refused and PurePosixPath(name).name in wanted:
                opened = archive.extractfile(member)
                if opened is None:
                    raise tarfile.ReadError(f"{shown(name)} has no content")
                entry = limited(opened.read)
            yield name, entry


def _tar_refusal(member: tarfile.TarInfo) -> str:
    if member.issym() or member.islnk():
        return "is a link"
    if member.issparse():
        return "is stored as a sparse file: pack it without --sparse"
    return "" if member.isreg() else "is a device or another special file"


def _check_total(total: int, path: Path) -> None:
    if total > MAX_TOTAL_BYTES:
        raise InputError(f"unpacks to more than {MAX_TOTAL_BYTES >> 20} MiB.", path, SMALLER)


def read_below(top: Path, place: str) -> Entry | None:
    """The file at top/place; None when nothing is there.

    No link is followed below `top`, nor is one that is put there meanwhile; a FIFO does not block.
    """
    try:
        directory = os.open(top, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror}).", top) from None
    *folders, name = place.split("/")
    try:
        for folder in folders:
            inner = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=directory)
            os.close(directory)
            directory = inner
        return _read_plain(name, directory)
    except FileNotFoundError:
        return None
    except NotADirectoryError:  # a file, or a link: O_NOFOLLOW with O_DIRECTORY says so too
        linked = any((top / p).is_symlink() for p in _heads(folders))
        return Entry(refused="is reached by a link") if linked else None
    except OSError as error:
        return Entry(refused=f"cannot be read ({error.strerror})")
    finally:
        os.close(directory)


def _heads(folders: list[str]) -> list[str]:
    return ["/".join(folders[: count + 1]) for count in range(len(folders))]


def _read_plain(name: str, directory: int) -> Entry:
    state = os.stat(name, dir_fd=directory, follow_symlinks=False)
    if stat.S_ISLNK(state.st_mode):
        return Entry(refused="is a link")
    if not stat.S_ISREG(state.st_mode):
        return Entry(refused="is not a file")
    handle = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=directory)
    with os.fdopen(handle, "rb") as stream:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return Entry(refused="is not a file")
        return limited(stream.read)
