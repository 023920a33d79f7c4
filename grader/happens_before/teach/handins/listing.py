"""What lies in a folder of submissions. Nothing is unpacked, and no link is followed."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from happens_before.core import archive
from happens_before.core.archive import shown
from happens_before.core.errors import InputError

MAX_ENTRIES = 50_000
MAX_LOOKED_AT = 1_000  # names that are looked at in one student's directory
LITTER = {"__MACOSX", "Thumbs.db", "desktop.ini"}  # beside all names that begin with a dot
SUFFIXES = (".tar.gz", ".tgz", ".tar", ".zip", ".gz", ".7z", ".rar", ".xz", ".bz2")
SOURCES = (".c", ".h")
TAR_MAGIC = slice(257, 262)
HEAD = 512


@dataclass(frozen=True)
class Listing:
    """A folder's entries in the order of their names.

    refused: (path, reason) for what no platform needs to look at: links, devices, what is empty.
    litter:  names that operating systems leave behind, which are passed over.
    """

    folder: Path
    directories: tuple[Path, ...]
    files: tuple[Path, ...]
    refused: tuple[tuple[Path, str], ...]
    litter: tuple[str, ...]


def read(folder: Path) -> Listing:
    """List a folder. Errors: InputError when it cannot be read or holds too much to be one."""
    directories, files, refused, litter = [], [], [], []
    for entry in _scanned(folder):
        path = folder / entry.name
        if is_litter(entry.name):
            litter.append(entry.name)
        elif reason := _refusal(entry):
            refused.append((path, reason))
        elif entry.is_dir(follow_symlinks=False):
            directories.append(path)
        else:
            files.append(path)
    return Listing(folder, tuple(directories), tuple(files), tuple(refused), tuple(litter))


def _scanned(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as scan:
            entries = []
            for entry in scan:
                entries.append(entry)
                if len(entries) > MAX_ENTRIES:
                    raise InputError(f"holds more than {MAX_ENTRIES} entries.", folder)
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror}).", folder) from None
    return sorted(entries, key=lambda entry: entry.name)


def is_litter(name: str) -> bool:
    """Whether a name is one that operating systems leave behind."""
    return name.startswith(".") or name in LITTER


def _refusal(entry: os.DirEntry[str]) -> str:
    try:
        state = entry.stat(follow_symlinks=False)
        if stat.S_ISLNK(state.st_mode):
            return "is a link, and links are not followed: put the files themselves there."
        if stat.S_ISDIR(state.st_mode):
            return "" if any(True for _ in inside(Path(entry.path))) else "is empty."
        if not stat.S_ISREG(state.st_mode):
            return "is neither a file nor a directory."
        if state.st_size == 0:
            return "is empty."
        head(Path(entry.path))
    except OSError as error:
        return f"cannot be read ({error.strerror})."
    return ""


def inside(directory: Path) -> Iterator[os.DirEntry[str]]:
    """What lies in a directory, but for litter; not more than MAX_LOOKED_AT. Errors: OSError."""
    with os.scandir(directory) as scan:
        for count, entry in enumerate(scan):
            if count >= MAX_LOOKED_AT:
                return
            if not is_litter(entry.name):
                yield entry


def head(path: Path) -> bytes:
    """The first bytes of a file. Errors: OSError, also when it has become a link."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        return os.read(handle, HEAD)
    finally:
        os.close(handle)


def is_archive(path: Path) -> bool:
    """Whether a file looks like one that can be graded: zip, tar, tar.gz. Errors: OSError."""
    start = head(path)
    known = start.startswith((b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b"))
    return known or start[TAR_MAGIC] == b"ustar" or path.name.endswith(".tar")


def is_named_as_archive(name: str) -> bool:
    """Whether a name says that it is an archive's."""
    return name.lower().endswith(SUFFIXES)


def no_archive(path: Path) -> str:
    """What a file is that is no archive, as a sentence. Errors: OSError."""
    start = head(path)
    for beginning, kind in archive.STRANGERS.items():
        if start.startswith(beginning):
            return f"is {kind}, which is not taken. {archive.FORMATS}"
    return f"is a file, but no archive that can be read. {archive.FORMATS}"


def stem(path: Path) -> str:
    """The name without the ending that says that it is an archive."""
    lower = path.name.lower()
    ending = next((suffix for suffix in SUFFIXES if lower.endswith(suffix)), "")
    return path.name[: -len(ending)] if ending and len(ending) < len(lower) else path.name


@dataclass(frozen=True)
class Contents:
    """What is graded of some files that belong together: `chosen` of them, or a problem."""

    chosen: tuple[Path, ...]
    problem: str = ""
    note: str = ""


def of_directory(directory: Path) -> Contents:
    """The directory itself, or the one archive that lies in it."""
    try:
        entries = sorted(inside(directory), key=lambda entry: entry.name)
        if any(entry.is_dir(follow_symlinks=False) for entry in entries):
            return Contents((directory,))
        files = [Path(entry.path) for entry in entries if entry.is_file(follow_symlinks=False)]
        found = of_files(files)
    except OSError as error:
        return Contents((), f"cannot be read ({error.strerror}).")
    if found.problem or len(found.chosen) == 1 and is_archive(found.chosen[0]):
        return found
    return Contents((directory,), note=found.note)


def of_files(files: Sequence[Path]) -> Contents:
    """Loose files of one student: sources count before an archive, an archive before the rest.

    Errors: OSError.
    """
    archives = [file for file in files if is_archive(file)]
    sources = any(file.suffix in SOURCES for file in files)
    told = ", ".join(shown(file.name) for file in archives)
    if sources or not archives:
        note = f"beside the sources lies an archive, which is not looked into: {told}"
        return Contents(tuple(files), note=note if archives else "")
    if len(archives) > 1:
        return Contents(
            (), f"there are {len(archives)} archives, and it is open which counts: {told}."
        )
    others = ", ".join(shown(file.name) for file in files if file not in archives)
    note = f"beside the archive lies what is not looked at: {others}"
    return Contents((archives[0],), note=note if others else "")
