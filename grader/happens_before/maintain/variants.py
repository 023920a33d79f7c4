"""The variants that a unit ships to prove its judges: mutants, alternates, and the reference."""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from happens_before.core.errors import InputError
from happens_before.core.submission import UnitFiles
from happens_before.core.unit import Unit

HEADER = re.compile(r"^(?P<key>[A-Z][a-z-]+): (?P<value>.+)$")
NEEDED = ("Bug", "Class", "Caught-by")


@dataclass(frozen=True)
class Mutant:
    """One realistic bug, as a patch on the reference.

    caught_by: the checks ("judge/id") that must fail on it; at least one.
    """

    name: str
    bug: str
    bug_class: str
    seen: str
    caught_by: tuple[str, ...]
    files: UnitFiles


def reference(unit: Unit) -> UnitFiles:
    """The unit's reference answer. Errors: InputError when a file of it is missing."""
    return _read(unit, unit.solution)


def alternates(unit: Unit) -> dict[str, UnitFiles]:
    """The other correct answers, by name; a file that one leaves out is the reference's."""
    found = sorted(path for path in (unit.solution / "alternates").glob("*") if path.is_dir())
    return {directory.name: _read(unit, directory, unit.solution) for directory in found}


def mutants(unit: Unit) -> list[Mutant]:
    """The unit's mutants, by name. Errors: InputError for a bad header, check name or patch."""
    return [mutant(unit, file) for file in mutant_files(unit)]


def mutant_files(unit: Unit) -> list[Path]:
    """The patches that make the unit's mutants, by name."""
    return sorted((unit.solution / "mutants").glob("*.patch"))


def _read(unit: Unit, *directories: Path) -> UnitFiles:
    files = {}
    for name in unit.editable:
        place = next((d / name for d in directories if (d / name).is_file()), None)
        if place is None:
            raise InputError(f"{name} is not there.", directories[0])
        files[name] = place.read_bytes()
    return UnitFiles(files, ())


def mutant(unit: Unit, file: Path) -> Mutant:
    """The mutant of one patch. Errors: InputError for a bad header, check name or patch."""
    header = header_of(file)
    names = caught_by(header)
    known = {check.name for check in unit.checks}
    if odd := [name for name in names if name not in known]:
        raise InputError(f"Caught-by: {unit.name} has no check '{odd[0]}'.", file)
    return Mutant(
        file.stem,
        header["Bug"],
        header["Class"],
        header.get("Seen", ""),
        names,
        _patched(unit, file),
    )


def caught_by(header: Mapping[str, str]) -> tuple[str, ...]:
    """The checks that a header names."""
    return tuple(name.strip() for name in header["Caught-by"].split(",") if name.strip())


def header_of(file: Path) -> dict[str, str]:
    """The "Key: value" lines before the diff; an indented line goes on with the value above."""
    header: dict[str, str] = {}
    key = ""
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.startswith(("---", "diff ")):
            break
        if match := HEADER.match(line):
            key = match["key"]
            header[key] = match["value"].strip()
        elif line.startswith(" ") and key:
            header[key] += " " + line.strip()
    if missing := [key for key in NEEDED if not header.get(key)]:
        raise InputError(f"its header lacks '{missing[0]}:'.", file, "CONTRIBUTING.md has one.")
    return header


def _patched(unit: Unit, file: Path) -> UnitFiles:
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        original = reference(unit).files
        for name, content in original.items():
            (place / name).write_bytes(content)
        command = ["patch", "-p1", "--fuzz=0", "--no-backup-if-mismatch", "-i", str(file)]
        done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False)
        said = f"{done.stdout}{done.stderr}".strip()
        if done.returncode != 0 or "offset" in said:
            raise InputError(f"does not fit the reference: {said}", file, "Make the patch again.")
        files = {name: (place / name).read_bytes() for name in unit.editable}
    if files == original:
        raise InputError("changes nothing.", file)
    return UnitFiles(files, ())
