"""What a student hands in: a directory or an archive, of which only the editable files are taken.

Nothing is ever unpacked to disk: members are read into memory, one by one and under a limit, and
only when their name is one of those that a unit allows.
"""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, cast

from happens_before.core.errors import InputError
from happens_before.core.unit import Unit

MAX_FILE_BYTES = 1 << 20
MAX_TOTAL_BYTES = 64 << 20
MAX_MEMBERS = 10_000
ARCHIVE_ERRORS = (
    zipfile.BadZipFile,
    tarfile.TarError,
    lzma.LZMAError,
    zlib.error,
    EOFError,
    OSError,
    ValueError,
    NotImplementedError,
    RuntimeError,
)


@dataclass
class Entry:
    """One name in a submission: its bytes, or why they were not taken."""

    content: bytes = b""
    refused: str = ""


@dataclass
class Submission:
    """The names that a submission holds, with the content of the files that any unit may take."""

    name: str
    entries: dict[str, Entry] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class UnitFiles:
    """What one unit takes from a submission."""

    files: dict[str, bytes]
    problems: tuple[str, ...]  # each one sentence; any of them fails the build

    @property
    def digest(self) -> str:
        """SHA-256 over names and contents: equal digests are graded once."""
        total = hashlib.sha256()
        for name in sorted(self.files):
            total.update(f"{name}\0{len(self.files[name])}\0".encode())
            total.update(self.files[name])
        for problem in self.problems:
            total.update(problem.encode())
        return total.hexdigest()


def open_submission(path: Path, units: list[Unit]) -> Submission:
    """Read a directory, .zip, .tar, .tar.gz, .tar.xz or .tar.bz2.

    Errors: InputError when it is none of these, is damaged, or is too large to be honest.
    """
    if path.is_dir():
        return _read_directory(path, units)
    if not path.exists():
        raise InputError("there is no such file or directory.", path)
    if not path.is_file():
        raise InputError("is neither a directory nor an archive.", path)
    _check_total(path.stat().st_size, path)
    wanted = {name for unit in units for name in unit.editable}
    members = (_zip_members if zipfile.is_zipfile(path) else _tar_members)(path, wanted)
    submission = Submission(path.name)
    try:
        for place, (name, entry) in enumerate(members):
            if place >= MAX_MEMBERS:
                raise InputError(f"holds more than {MAX_MEMBERS} files.", path)
            _take(submission, name, entry)
    except ARCHIVE_ERRORS as error:
        what = f"is not an archive that can be read ({error})."
        raise InputError(what, path, "Hand in a directory, .zip or .tar.gz.") from None
    return submission


def _take(submission: Submission, name: str, entry: Entry) -> None:
    shown = name.encode("unicode_escape").decode()
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if name.startswith(("/", "\\")) or ".." in parts or any(":" in part for part in parts[:1]):
        submission.notes.append(f"'{shown}' points outside the archive and was left out.")
        return
    clean = "/".join(part for part in parts if part != ".")
    if clean in submission.entries:
        submission.notes.append(f"'{shown}' stands there twice; the first one counts.")
        return
    submission.entries[clean] = entry
    if entry.refused:
        submission.notes.append(f"'{shown}' {entry.refused} and was left out.")


def _read_directory(path: Path, units: list[Unit]) -> Submission:
    submission = Submission(path.resolve().name)
    for unit in units:
        for file in unit.editable:
            for place in _places(unit, file):
                full = path / place
                if full.is_symlink() or any(p.is_symlink() for p in _inner_parents(full, path)):
                    entry = Entry(refused="is a link")
                elif full.is_file():
                    entry = _read_plain(full)
                elif full.exists():
                    entry = Entry(refused="is not a file")
                else:
                    continue
                if place not in submission.entries:
                    _take(submission, place, entry)
    return submission


def _inner_parents(full: Path, top: Path) -> Iterator[Path]:
    for parent in full.parents:
        if parent == top:
            return
        yield parent


def _read_plain(full: Path) -> Entry:
    try:
        with full.open("rb") as stream:
            content = stream.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        return Entry(refused=f"cannot be read ({error.strerror})")
    return _limited(content)


def _limited(content: bytes) -> Entry:
    if len(content) > MAX_FILE_BYTES:
        return Entry(refused=f"is larger than {MAX_FILE_BYTES >> 20} MiB")
    return Entry(content)


def _zip_members(path: Path, wanted: set[str]) -> Iterator[tuple[str, Entry]]:
    with zipfile.ZipFile(path) as archive:
        total = 0
        for member in archive.infolist():
            if member.is_dir():
                continue
            mode = member.external_attr >> 16
            if mode and not stat.S_ISREG(mode) and stat.S_IFMT(mode):
                yield member.filename, Entry(refused=_kind(stat.S_IFMT(mode)))
            elif PurePosixPath(member.filename).name not in wanted:
                yield member.filename, Entry()
            elif member.flag_bits & 1:
                yield member.filename, Entry(refused="is encrypted")
            else:
                with archive.open(member) as stream:
                    entry = _limited(stream.read(MAX_FILE_BYTES + 1))
                total += len(entry.content)
                _check_total(total, path)
                yield member.filename, entry


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


def _decompressed(path: Path) -> IO[bytes]:
    with path.open("rb") as stream:
        magic = stream.read(6)
    if magic.startswith(b"\x1f\x8b"):
        return gzip.open(path)
    if magic.startswith(b"BZh"):
        return bz2.open(path)
    return lzma.open(path) if magic == b"\xfd7zXZ\0" else path.open("rb")


def _tar_members(path: Path, wanted: set[str]) -> Iterator[tuple[str, Entry]]:
    with _decompressed(path) as stream, tarfile.open(
        fileobj=cast(IO[bytes], _Bounded(stream, path)), mode="r|"
    ) as archive:
        for member in archive:
            if member.isdir():
                continue
            if not member.isreg():
                kind = stat.S_IFLNK if member.issym() or member.islnk() else 0
                yield member.name, Entry(refused=_kind(kind))
            elif PurePosixPath(member.name).name not in wanted:
                yield member.name, Entry()
            else:
                opened = archive.extractfile(member)
                content = opened.read(MAX_FILE_BYTES + 1) if opened else b""
                yield member.name, _limited(content)


def _kind(mode: int) -> str:
    return "is a link" if mode == stat.S_IFLNK else "is a device or another special file"


def _check_total(total: int, path: Path) -> None:
    if total > MAX_TOTAL_BYTES:
        raise InputError(
            f"unpacks to more than {MAX_TOTAL_BYTES >> 20} MiB.",
            path,
            "Hand in the sources only (`make handin` packs just these).",
        )


def _places(unit: Unit, file: str) -> list[str]:
    """Where a unit's file may stand in a submission, the most exact place first."""
    return [f"{unit.path}/{file}", f"{unit.name}/{file}", file]


def files_of(submission: Submission, unit: Unit, alone: bool) -> UnitFiles | None:
    """The unit's editable files, found and checked; None when the submission holds none of them.

    alone: the unit is the only one asked for, so a file at the top level is meant for it.
    """
    files: dict[str, bytes] = {}
    problems: list[str] = []
    found_any = False
    for name in unit.editable:
        place, entry = _find(submission, unit, name, alone)
        if entry is None:
            problems.append(f"{name} is missing: it was looked for as {unit.path}/{name}.")
            continue
        found_any = True
        problem = f"{entry.refused}" if entry.refused else _text_problem(entry.content)
        if problem:
            problems.append(f"{place} {problem}.")
        else:
            files[name] = entry.content
    return UnitFiles(files, tuple(problems)) if found_any or alone else None


def _find(submission: Submission, unit: Unit, name: str, alone: bool) -> tuple[str, Entry | None]:
    exact, short, bare = _places(unit, name)
    places = [exact, short, bare] if alone else [exact, short]
    for wanted in places:
        if wanted in submission.entries:
            return wanted, submission.entries[wanted]
    for wanted in places:  # one folder around everything, as most archives have
        inside = [e for e in submission.entries if e.split("/", 1)[-1] == wanted]
        if len(inside) == 1:
            return inside[0], submission.entries[inside[0]]
    return name, None


def _text_problem(content: bytes) -> str:
    if not content.strip():
        return "is empty"
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "is UTF-16; save it as UTF-8"
    if b"\0" in content:
        return f"is not text: it holds a zero byte at offset {content.index(0)}"
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return f"is not UTF-8: see line {line}; save it as UTF-8"
    return ""
