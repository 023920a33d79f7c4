"""Which files of the workbook go into the students' edition."""

from __future__ import annotations

import re
import stat
import subprocess
from collections.abc import Sequence
from pathlib import Path

from happens_before.core import tree, workbook
from happens_before.core import unit as units
from happens_before.core.errors import InputError
from happens_before.core.unit import Unit
from happens_before.learn import demo, own
from happens_before.teach.release.edition import Edition, File

# Files, and folders with their slash. Every one of them must be there: a test says so.
LEFT_OUT = (
    ".ci/",
    "CONTRIBUTING.md",
    "solutions/",
    "grader/mypy.ini",
    "grader/happens_before/commands/export.py",
    "grader/happens_before/commands/maintain.py",
    "grader/happens_before/commands/teach.py",
    "grader/happens_before/maintain/",
    "grader/happens_before/teach/",
    "grader/schema/course.schema.json",
    "grader/schema/hidden.schema.json",
    "grader/schema/marks.schema.json",
    "grader/slurm/",
    "grader/tests/",
)
KEPT = ("grader/tests/explorer/",)  # the programs that the explorer's chapter walks through
# What only instructors' modules use goes with them.
NEEDS_OURS = re.compile(r"^(from|import) happens_before\.(teach|maintain)\b", re.M)


def chosen(root: Path, names: Sequence[str]) -> list[Unit]:
    """The units of these names, all that they build on, and the one of the demonstration.

    No names: every unit. Errors: InputError for an unknown name.
    """
    every = [units.load(directory) for directory in workbook.unit_directories(root)]
    if not every:
        raise InputError("holds no units.", root)
    if not names:
        return every
    asked = [units.load(workbook.find_unit(name, root)) for name in names]
    wanted = {demo.UNIT, *(u.name for unit in asked for u in (unit, *unit.foundations))}
    return [unit for unit in every if unit.name in wanted]


def read(root: Path, inside: list[Unit]) -> Edition:
    """The files as they stand in the working tree, still unchanged.

    Errors: InputError for a skeleton that was edited, for a link, and for what cannot be read.
    """
    left_out = [
        f"{place.parent.name}/{place.name}"
        for place in workbook.unit_directories(root)
        if place not in [unit.directory for unit in inside]
    ]
    _complain_of_edited(root, inside)
    edition = Edition(inside, left_out)
    gone = (*LEFT_OUT, *(f"{path}/" for path in left_out))
    for name in tree.names(root, tracked=True):
        if name.startswith(KEPT) or not name.startswith(gone):
            edition.files[name] = _file(root, name)
    for name, text in edition.texts(".py"):
        if NEEDS_OURS.search(text):
            del edition.files[name]
    for unit in inside:
        for name in unit.editable:  # for `make diff` and `make reset`
            edition.files[f"{unit.path}/{own.FOLDER}/{name}"] = edition.files[f"{unit.path}/{name}"]
        if (unit.solution / "bench.c").is_file():
            place = (unit.solution / "bench.c").relative_to(root)
            edition.files[f"{unit.path}/bench.c"] = _file(root, str(place))
    return edition


def _file(root: Path, name: str) -> File:
    path = root / name
    try:
        state = path.lstat()
        if not stat.S_ISREG(state.st_mode):
            raise InputError("is no plain file; an edition holds nothing else.", path)
        return File(path.read_bytes(), bool(state.st_mode & 0o100))
    except FileNotFoundError:
        to_do = f"Bring it back (git restore {name}), or commit that it is gone."
        raise InputError("is tracked by git, and not there.", path, to_do) from None
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror}).", path) from None


def _complain_of_edited(root: Path, inside: list[Unit]) -> None:
    """Whoever tried a unit out in place would give the answer away as its skeleton."""
    if not (root / ".git").exists():
        return
    skeletons = [f"{unit.path}/{name}" for unit in inside for name in unit.editable]
    command = ["git", "status", "--porcelain", "--untracked-files=no", "--", *skeletons]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    edited = [line[3:] for line in done.stdout.splitlines()]
    if edited:
        raise InputError(
            f"{', '.join(edited)}: edited since the last commit, and students would get it so.",
            root,
            "Commit it, or keep your answer elsewhere and undo it here (git restore).",
        )
