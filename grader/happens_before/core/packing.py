"""Archives that are the same, byte for byte, whenever and wherever they are made."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from happens_before.core.errors import InputError

ZIP = (".zip",)
EPOCH = (1980, 1, 1, 0, 0, 0)  # the first time that a zip can tell


@dataclass(frozen=True, order=True)
class Member:
    """One file of an archive: its path there, with slashes, and its bytes."""

    name: str
    content: bytes
    executable: bool = False

    @property
    def mode(self) -> int:
        """Its permissions, without anybody's umask."""
        return 0o755 if self.executable else 0o644


def check_ending(file: Path, endings: tuple[str, ...]) -> None:
    """An archive's name ends as what is written, or has no ending. Errors: InputError."""
    if file.suffix and not file.name.lower().endswith(endings):
        to_do = f"Let its name end in {' or '.join(endings)}."
        raise InputError("has the ending of something else than what is written.", file, to_do)


def zip_of(members: Iterable[Member]) -> bytes:
    """A zip of the members, sorted by name."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for member in sorted(members):
            info = zipfile.ZipInfo(member.name, EPOCH)
            info.create_system = 3  # Unix: the mode counts
            info.external_attr = (0o100000 | member.mode) << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, member.content)
    return stream.getvalue()


def tar_of(members: Iterable[Member]) -> bytes:
    """A tar of the members, sorted by name, owned by nobody in particular."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for member in sorted(members):
            info = tarfile.TarInfo(member.name)
            info.size, info.mode = len(member.content), member.mode
            archive.addfile(info, io.BytesIO(member.content))
    return stream.getvalue()
