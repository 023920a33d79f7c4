"""An edition on the disk: a folder, and archives whose bytes hang on nothing but the content."""

from __future__ import annotations

import gzip
import io
import os
import shutil
import tarfile
import tempfile
import zipfile
from pathlib import Path

from happens_before.core.errors import InputError
from happens_before.core.packing import check_ending
from happens_before.teach.release.edition import Edition, File

TOP = "happens-before"  # the one folder in an archive
COMPRESSED = (".tar.gz", ".tgz")
TAR = (".tar", *COMPRESSED)
BEGIN = (1980, 1, 1, 0, 0, 0)  # the earliest time that a .zip can tell


def check_place(place: Path, root: Path) -> None:
    """Errors: InputError when a folder cannot come there without harm to what is there."""
    if place.is_symlink() or (place.exists() and not place.is_dir()):
        raise InputError("is there, and is no folder.", place, "Name an empty or a new one.")
    if place.is_dir() and any(place.iterdir()):
        raise InputError("is not empty.", place, "Name an empty folder, or one that is not there.")
    if place.resolve().is_relative_to(root.resolve()):
        raise InputError("lies in the workbook itself.", place, "Name a folder outside of it.")


def check_file(file: Path, endings: tuple[str, ...]) -> None:
    """Errors: InputError when the archive's file is there already, or has none of these endings."""
    check_ending(file, endings)
    if os.path.lexists(file):
        raise InputError("is there already.", file, "Remove it, or name another file.")


def write(edition: Edition, place: Path, archives: dict[Path, bytes]) -> None:
    """All of it, or nothing: each is written beside its place, and they are renamed at the end.

    Errors: OSError, as for a full disk; what was begun is gone then.
    """
    finished: list[tuple[Path, Path]] = []
    try:
        for final in (place, *archives):
            final.parent.mkdir(parents=True, exist_ok=True)
            name = tempfile.mkdtemp(dir=final.parent, prefix=f".{final.name}.new-")
            finished.append((Path(name), final))
        for beside, final in finished:
            if final in archives:
                (beside / final.name).write_bytes(archives[final])
            else:
                _write_folder(edition, beside)
        for beside, final in finished:
            os.rename(beside / final.name if final in archives else beside, final)
    finally:
        for beside, _ in finished:
            shutil.rmtree(beside, ignore_errors=True)


def _write_folder(edition: Edition, folder: Path) -> None:
    folder.chmod(0o755)
    for name, file in sorted(edition.files.items()):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)
        path.chmod(_mode(file))


def as_zip(edition: Edition) -> bytes:
    """The edition as a .zip: sorted, and each file of the same old time."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, file in sorted(edition.files.items()):
            info = zipfile.ZipInfo(f"{TOP}/{name}", BEGIN)
            info.compress_type, info.create_system = zipfile.ZIP_DEFLATED, 3  # Unix: it has modes
            info.external_attr = (0o100000 | _mode(file)) << 16
            archive.writestr(info, file.content)
    return out.getvalue()


def as_tar(edition: Edition, compress: bool) -> bytes:
    """The edition as a .tar, or .tar.gz: sorted, nobody's, and each file of the same time."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, file in sorted(edition.files.items()):
            info = tarfile.TarInfo(f"{TOP}/{name}")
            info.size, info.mode = len(file.content), _mode(file)
            archive.addfile(info, io.BytesIO(file.content))
    return gzip.compress(out.getvalue(), 9, mtime=0) if compress else out.getvalue()


def _mode(file: File) -> int:
    return 0o755 if file.runs else 0o644
