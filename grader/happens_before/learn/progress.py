"""Where the reader stands: the last verdict of every check, in one small file.

The file is safe to delete, and two gradings at one time do not lose each other's verdicts.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from happens_before.core import workbook
from happens_before.core.cache import write_atomically
from happens_before.core.errors import InputError
from happens_before.core.report import Report, Status
from happens_before.core.unit import Unit

VERSION = 1
FILE = workbook.CACHE / "progress.json"


@dataclass(frozen=True)
class Seen:
    """The last verdict of one check: its status and, if it failed, how."""

    status: str
    how: str = ""


Known = dict[str, dict[str, Seen]]  # unit path, check name


def remember(report: Report, file: Path = FILE) -> None:
    """Add a report's verdicts to what is known; ungraded checks keep their last verdict.

    Errors: InputError when the file cannot be written.
    """
    with _held(file):
        known = recall(file)
        for unit in report.units:
            checks = known.setdefault(unit.unit, {})
            for result in unit.results:
                if result.status is not Status.UNGRADED:
                    checks[result.check.name] = Seen(str(result.status), result.how)
        units = {unit: {name: vars(seen) for name, seen in c.items()} for unit, c in known.items()}
        plain = {"version": VERSION, "units": units}
        write_atomically(file, json.dumps(plain, indent=1, sort_keys=True) + "\n")


@contextmanager
def _held(file: Path) -> Iterator[None]:
    """Only one process at a time between reading the file and writing it."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(f"{file}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise InputError(f"progress cannot be kept ({error.strerror}).", file) from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def recall(file: Path = FILE) -> Known:
    """What is known; nothing when the file is missing, damaged or of another version.

    What can still be read of a damaged file is kept; the next check mends the rest.
    """
    try:
        plain = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(plain, dict) or plain.get("version") != VERSION:
        return {}
    return {
        unit: {name: seen for name, item in checks.items() if (seen := _seen(item))}
        for unit, checks in _table(plain.get("units")).items()
        if isinstance(checks, dict)
    }


def _table(value: object) -> dict[str, dict[str, object]]:
    return value if isinstance(value, dict) else {}


def _seen(item: object) -> Seen | None:
    """One verdict, or None when this is not one."""
    if not isinstance(item, dict) or item.get("status") not in (Status.PASS, Status.FAIL):
        return None
    how = item.get("how", "")
    return Seen(str(item["status"]), how if isinstance(how, str) else "")


@dataclass(frozen=True)
class Standing:
    """One unit's state. next_step: the first step with a check that has not passed; 0 when all have.

    failing: that step's checks that failed, with how; empty when they were never run.
    begun: was anything of it ever checked?
    """

    unit: Unit
    points: float
    max_points: float
    next_step: int
    failing: tuple[tuple[str, str], ...]
    begun: bool


def standing(unit: Unit, known: Known) -> Standing:
    """A unit's state from what is known."""
    seen = known.get(unit.path, {})
    passed = [c for c in unit.checks if seen.get(c.name, Seen("")).status == Status.PASS]
    missing = [c for c in unit.checks if c not in passed]
    step = min((c.step for c in missing), default=0)
    failing = tuple(
        (c.name, seen[c.name].how) for c in missing if c.step == step and c.name in seen
    )
    points = sum(c.points for c in passed)
    return Standing(unit, points, unit.max_points, step, failing, bool(seen))
