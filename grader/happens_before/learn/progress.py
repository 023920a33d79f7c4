"""Where the reader stands: the last verdict of every check, and records, in one small file.

The file is safe to delete, and two gradings at one time do not lose each other's verdicts.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable, Iterator, Sequence
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
Records = dict[str, dict[str, int]]  # unit path, level, fewest choices


@dataclass
class Kept:
    """All that the file holds.

    units:   the last verdicts. looked: those of when the reader last looked at the map.
    records: the fewest choices with which a level of the game was won. passed: the units that were
    passed at some time, by their paths: what that opens stays open.
    """

    units: Known
    looked: Known
    records: Records
    passed: set[str]


def remember(report: Report, file: Path = FILE, units: Iterable[Unit] = ()) -> None:
    """Add a report's verdicts to what is known; ungraded checks keep their last verdict.

    units: those of the report, to note which of them are passed by now.
    Errors: InputError when the file cannot be written.
    """
    with _kept(file) as kept:
        for unit in report.units:
            checks = kept.units.setdefault(unit.unit, {})
            for result in unit.results:
                if result.status is not Status.UNGRADED:
                    checks[result.check.name] = Seen(str(result.status), result.how)
        kept.passed |= {u.path for u in units if standing(u, kept.units).next_step == 0}


def look(file: Path = FILE) -> tuple[Known, Known]:
    """What is known now, and what was known at the last look. This is a look.

    A file that cannot be written is looked at all the same.
    """
    try:
        with _kept(file) as kept:
            before, kept.looked = kept.looked, kept.units
            return kept.units, before
    except InputError:
        kept = _read(file)
        return kept.units, kept.looked


def record(unit: str, level: str, choices: int, file: Path = FILE) -> int | None:
    """Note that a level was won; returns the record that stood before, or None.

    Errors: InputError when the file cannot be written.
    """
    with _kept(file) as kept:
        mine = kept.records.setdefault(unit, {})
        before = mine.get(level)
        mine[level] = min(choices, before or choices)
    return before


def records(unit: str, file: Path = FILE) -> dict[str, int]:
    """The records of a unit's levels."""
    return _read(file).records.get(unit, {})


def has_passed(unit: Unit, file: Path = FILE) -> bool:
    """Whether the unit is passed, or was at some time."""
    kept = _read(file)
    return unit.path in kept.passed or standing(unit, kept.units).next_step == 0


def recall(file: Path = FILE) -> Known:
    """The last verdicts; nothing when the file is missing, damaged or of another version.

    What can still be read of a damaged file is kept; the next check mends the rest.
    """
    return _read(file).units


@contextmanager
def _kept(file: Path) -> Iterator[Kept]:
    """What the file holds, to be changed; written at the end. Errors: InputError."""
    with _held(file):
        kept = _read(file)
        yield kept
        plain = {
            "version": VERSION,
            "units": _plain(kept.units),
            "looked": _plain(kept.looked),
            "records": kept.records,
            "passed": sorted(kept.passed),
        }
        write_atomically(file, json.dumps(plain, indent=1, sort_keys=True) + "\n")


def _plain(known: Known) -> dict[str, dict[str, dict[str, str]]]:
    return {unit: {name: vars(seen) for name, seen in c.items()} for unit, c in known.items()}


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


def _read(file: Path) -> Kept:
    """What can be read of the file."""
    try:
        plain = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        plain = None
    if not isinstance(plain, dict) or plain.get("version") != VERSION:
        return Kept({}, {}, {}, set())
    units = _known(plain.get("units"))
    looked = _known(plain["looked"]) if "looked" in plain else units  # from before it was kept
    named = plain.get("passed")
    passed = {path for path in named if isinstance(path, str)} if isinstance(named, list) else set()
    return Kept(units, looked, _records(plain.get("records")), passed)


def _known(value: object) -> Known:
    return {
        unit: {name: seen for name, item in checks.items() if (seen := _seen(item))}
        for unit, checks in _table(value).items()
        if isinstance(checks, dict)
    }


def _records(value: object) -> Records:
    return {
        unit: {level: n for level, n in levels.items() if type(n) is int and n >= 0}
        for unit, levels in _table(value).items()
        if isinstance(levels, dict)
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


def current(standings: Sequence[Standing]) -> Standing | None:
    """The unit to work at: the first that is begun and not done, or else the first not done."""
    open_units = [standing for standing in standings if standing.next_step]
    return next((s for s in open_units if s.begun), next(iter(open_units), None))


@dataclass(frozen=True)
class Change:
    """What became of one unit since the last look.

    points: won, or lost if below zero. passed: how many checks pass that did not; broken: those
    that passed and no longer do.
    """

    unit: Unit
    points: float
    passed: int
    broken: tuple[str, ...]


def change(unit: Unit, now: Known, before: Known) -> Change | None:
    """What has changed in a unit; None when no check passes or fails that did otherwise."""
    old, new = (
        {c for c in unit.checks if known.get(unit.path, {}).get(c.name, Seen("")).status == "pass"}
        for known in (before, now)
    )
    if old == new:
        return None
    points = sum(c.points for c in new) - sum(c.points for c in old)
    return Change(unit, points, len(new - old), tuple(sorted(c.name for c in old - new)))
