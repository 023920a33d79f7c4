"""What a unit is linked with of the units that it builds on: their references, or what stands for them.

A students' edition has no references. There, a unit that others build on has a folder `foundation/`
with either their source, or an object for each way of compiling (NAME.FLAVOUR.o), which can be
linked and is not meant to be read.
"""

from __future__ import annotations

import platform
from pathlib import Path

from happens_before.core.cache import digest_of
from happens_before.core.compilers import Flavour
from happens_before.core.errors import GraderFault
from happens_before.core.toolchain import Compiled
from happens_before.core.unit import Unit

FOLDER = "foundation"
MACHINES = {62: "x86_64", 183: "aarch64", 243: "riscv64"}  # ELF's e_machine
SOURCE_EDITION = "Ask for an edition with `--foundations source`."


def files(unit: Unit, flavour: Flavour) -> tuple[Path, ...]:
    """A C file or an object for each of the unit's editable files.

    Errors: GraderFault when there is neither.
    """
    return tuple(_file(unit, name, flavour) for name in unit.editable)


def object_name(source: str, flavour: Flavour) -> str:
    """What the object of a C file is called: "mutex.plain.o"."""
    return f"{source.removesuffix('.c')}.{flavour.name}.o"


def source_of(unit: Unit, name: str) -> Path | None:
    """The text of one of the unit's files, where a unit that builds on it may show it."""
    places = [unit.solution / name, unit.directory / FOLDER / name]
    if name not in unit.editable:  # what stands there under that name is the reader's own
        places.append(unit.directory / name)
    return next((place for place in places if place.is_file()), None)


def ready(file: Path) -> Compiled:
    """An object that was compiled elsewhere. Errors: GraderFault when it is for other machines."""
    content = file.read_bytes()
    machine = MACHINES.get(int.from_bytes(content[18:20], "little"), "another machine")
    if content[:4] != b"\x7fELF" or machine != platform.machine():
        what = f"is for {machine}" if content[:4] == b"\x7fELF" else "is damaged"
        raise GraderFault(f"{file}: {what}, and this is {platform.machine()}. {SOURCE_EDITION}")
    return Compiled(file.resolve(), digest_of("ready", content))


def _file(unit: Unit, name: str, flavour: Flavour) -> Path:
    folder = unit.directory / FOLDER
    places = (unit.solution / name, folder / name, folder / object_name(name, flavour))
    for place in places:
        if place.is_file():
            return place
    raise GraderFault(f"{unit.path}: other units build on {name}, but its reference is not here.")
