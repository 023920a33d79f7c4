"""The reader's own files: beside the skeleton, put back to it, beside the reference, handed in."""

from __future__ import annotations

import difflib
import os
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from happens_before.core import workbook
from happens_before.core.cache import write_atomically
from happens_before.core.errors import InputError
from happens_before.core.packing import ZIP, Member, check_ending, zip_of
from happens_before.core.unit import Unit

FOLDER = "skeleton"  # in a students' edition: a unit's skeletons as they were given out
KEPT = ".kept"  # what the name of a kept copy ends with


def skeleton(unit: Unit, name: str) -> bytes:
    """One of the unit's editable files as it was given out: kept in an edition, or known to git.

    Errors: InputError when neither has it.
    """
    kept = unit.directory / FOLDER / name
    if kept.is_file():
        return kept.read_bytes()
    root = unit.directory.parents[1]
    for commit in (_git(root, "merge-base", "HEAD", "@{upstream}"), b"HEAD"):
        text = commit and _git(root, "show", f"{commit.decode().strip()}:{unit.path}/{name}")
        if text:
            return text
    raise InputError(
        "its skeleton is not known: neither git nor the edition has it.",
        f"{unit.path}/{name}",
        "Take it from where you have the workbook from.",
    )


def _git(root: Path, *arguments: str) -> bytes:
    """What git says; nothing when it fails, or is not there."""
    command = ["git", "-C", str(root), *arguments]
    try:
        return subprocess.run(command, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return b""


def mine(unit: Unit, name: str) -> bytes:
    """The reader's file; nothing when it is gone. Errors: InputError when it cannot be read."""
    file = unit.directory / name
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror}).", file) from None


def diff(unit: Unit) -> Iterator[str]:
    """What the reader has changed since the skeleton, as lines of a unified diff."""
    for name in unit.editable:
        old, new = (
            text.decode("utf-8", "replace").splitlines()
            for text in (skeleton(unit, name), mine(unit, name))
        )
        place = f"{unit.path}/{name}"
        yield from difflib.unified_diff(
            old, new, f"{place} (skeleton)", f"{place} (yours)", lineterm=""
        )


def reset(unit: Unit) -> list[tuple[Path, Path | None]]:
    """Put the skeletons back. Returns each file that was changed, and where its copy is kept.

    No copy: the file was gone. Nothing is changed before all copies are kept.
    Errors: InputError when a copy or the file cannot be written.
    """
    changed = []
    for name in unit.editable:
        old, new = mine(unit, name), skeleton(unit, name)
        if old != new:
            file = unit.directory / name
            changed.append((file, _keep(file, old) if old else None, new))
    for file, _, new in changed:
        write_atomically(file, new)
    return [(file, copy) for file, copy, _ in changed]


def _keep(file: Path, content: bytes) -> Path:
    """Write a copy under a name that is still free."""
    number = 1
    while True:
        copy = file.with_name(f"{file.name}.{number}{KEPT}")
        try:
            handle = os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        except FileExistsError:
            number += 1
            continue
        except OSError as error:
            to_do = "Nothing was changed."
            raise InputError(f"no copy can be kept ({error.strerror}).", copy, to_do) from None
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        return copy


def reference(unit: Unit, passed: bool) -> list[Path]:
    """The files of the reference answer, for who has passed the unit or insists.

    Errors: InputError in a students' edition, and when it is too early.
    """
    there = [file for file in unit.reference if file.is_file()]
    if not there:
        raise InputError(
            f"the reference answer of {unit.name} is not in this edition: your instructor has it."
        )
    if not passed:
        raise InputError(
            f"{unit.name} is not passed yet, and its answer is worth more when you have your own.",
            to_do=f"`make hint U={unit.name}` helps. Or: make solution U={unit.name} YES=1",
        )
    return there


def archive(units: Sequence[Unit], file: Path) -> list[str]:
    """Write a zip of exactly the editable files that there are; returns their names.

    The same files give the same bytes. Errors: InputError when it cannot be written, would be empty,
    or has the ending of another kind of archive.
    """
    check_ending(file, ZIP)
    members = [
        Member(f"{unit.path}/{name}", content)
        for unit in units
        for name in unit.editable
        if (content := mine(unit, name))
    ]
    if not members:
        raise InputError("there is nothing to hand in: every editable file is gone or empty.")
    write_atomically(file, zip_of(members))
    return [member.name for member in members]


def default_archive() -> Path:
    """Where a hand-in is written unless somebody says otherwise."""
    return workbook.ROOT / "handin.zip"
