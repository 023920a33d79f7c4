"""What the units of an edition build on: the references of earlier lessons, as objects or as source.

An object is made here, once, for each way of compiling that links foundations. It holds machine code
and the names of functions and variables, for stacks and traces, but no source. It fits machines of
one kind; the source fits all.
"""

from __future__ import annotations

import platform
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from happens_before.core import foundation
from happens_before.core.compilers import INSTRUMENTED, PLAIN, Flavour, object_command
from happens_before.core.errors import GraderFault, InputError
from happens_before.core.unit import Unit
from happens_before.teach.release.edition import Edition, File

OBJECT, SOURCE = "object", "source"
FLAVOURS = (INSTRUMENTED, PLAIN)  # for the judges and the explorer; for benchmarks and plots
AS_SOURCE = """\
# What other units build on

The reference of this lesson, in source. Linked with it: {units}. So nobody is stuck behind an
unfinished lesson. Read it when you have written your own.
"""
AS_OBJECT = """\
# What other units build on

The reference of this lesson, compiled. Linked with it: {units}. So nobody is stuck behind an
unfinished lesson. There is an object for the judges and the explorer (`instrumented`), and one for
benchmarks and plots (`plain`).

They are for {machine}, made with {compilers}.
On another kind of machine they cannot be linked, and the grader says so: then ask for an edition
with `--foundations source`.
"""


def add(edition: Edition, root: Path, form: str) -> list[str]:
    """Put a folder `foundation/` into each unit that another one builds on.

    form: OBJECT or SOURCE. Returns the paths of these units.

    Errors: InputError when a reference is missing; GraderFault when one does not compile.
    """
    users: dict[str, list[str]] = {}
    below: dict[str, Unit] = {}
    for unit in edition.units:
        for each in unit.foundations:
            below[each.path] = each
            users.setdefault(each.path, []).append(unit.name)
    for path, unit in sorted(below.items()):
        for file in unit.reference:
            if not file.is_file():
                raise InputError("is not there, and other units build on it.", file)
        _add_one(edition, root, unit, form, users[path])
    return sorted(below)


def _add_one(edition: Edition, root: Path, unit: Unit, form: str, users: list[str]) -> None:
    folder = f"{unit.path}/{foundation.FOLDER}"
    words = AS_SOURCE if form == SOURCE else AS_OBJECT
    about = words.format(
        units=", ".join(users),
        machine=platform.machine(),
        compilers=" and ".join(_version(flavour.compiler) for flavour in FLAVOURS),
    )
    edition.put(f"{folder}/README.md", about)
    if form == SOURCE:
        for file in unit.reference:
            edition.files[f"{folder}/{file.name}"] = File(file.read_bytes())
        return
    work = [(file, flavour) for file in unit.reference for flavour in FLAVOURS]
    with ThreadPoolExecutor() as pool:
        made = pool.map(lambda item: compiled(unit, root, *item), work)
        for (file, flavour), content in zip(work, made):
            edition.files[f"{folder}/{foundation.object_name(file.name, flavour)}"] = File(content)


def compiled(unit: Unit, root: Path, file: Path, flavour: Flavour) -> bytes:
    """The object of a unit's reference: the same bytes wherever the workbook stands.

    Errors: GraderFault when it does not compile.
    """
    include = root / "grader" / "runtime" / "include"
    with tempfile.TemporaryDirectory(prefix="happens-before-") as scratch:
        stage, out = Path(scratch) / "stage", Path(scratch) / "out.o"
        stage.mkdir()
        for part in unit.includes:
            for header in part.glob("*.h"):
                (stage / header.name).write_bytes(header.read_bytes())
        (stage / file.name).write_bytes(file.read_bytes())
        maps = (f"-ffile-prefix-map={stage}=.", f"-ffile-prefix-map={root}=.")
        command = object_command(flavour, file.name, str(out), ("-I.", f"-I{include}", *maps))
        done = subprocess.run(
            command,
            cwd=stage,
            capture_output=True,
            text=True,
            check=False,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
        )
        if done.returncode != 0:
            raise GraderFault(f"{file}: does not compile:\n{done.stderr.strip()}")
        return out.read_bytes()


def _version(compiler: str) -> str:
    done = subprocess.run([compiler, "--version"], capture_output=True, text=True, check=False)
    return done.stdout.partition("\n")[0].strip() or compiler
