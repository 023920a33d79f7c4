"""The workbook's tree: where its parts stand, and which units it has."""

from __future__ import annotations

import os
from pathlib import Path

from happens_before.core.errors import InputError

ROOT = Path(__file__).resolve().parents[3]
RUNTIME = ROOT / "grader" / "runtime"
SCHEMA = ROOT / "grader" / "schema"
CACHE_VARIABLE = "HAPPENS_BEFORE_CACHE"  # an absolute path: keep results there instead
CACHE = Path(os.environ.get(CACHE_VARIABLE) or ROOT / ".cache")
KINDS = ("lessons", "exercises")


def unit_directories(root: Path = ROOT) -> list[Path]:
    """Every directory with a unit.toml, in course order: lessons first."""
    found: list[Path] = []
    for kind in KINDS:
        found += sorted(file.parent for file in (root / kind).glob("*/unit.toml"))
    return found


def find_unit(name: str, root: Path = ROOT) -> Path:
    """The directory of a unit named "04-mutex", "mutex", "lessons/04-mutex" or by any unique part.

    Errors: InputError when no unit or more than one fits.
    """
    every = unit_directories(root)
    wanted = name.strip("/").removeprefix("./")
    exact = [u for u in every if wanted in (u.name, f"{u.parent.name}/{u.name}")]
    close = exact or [u for u in every if wanted in u.name]
    if len(close) == 1:
        return close[0]
    known = ", ".join(u.name for u in every) or "none"
    if close:
        raise InputError(f"'{name}' fits more than one unit: {', '.join(u.name for u in close)}.")
    raise InputError(f"there is no unit '{name}'.", to_do=f"Units here: {known}.")


def solution_of(unit: Path) -> Path:
    """Where the reference, mutants, alternates and hidden tests of a unit stand (if they do)."""
    return unit.parents[1] / "solutions" / unit.parent.name / unit.name
