"""Where the reader stands:

the last verdict of every check, in one small file that is safe to delete.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from happens_before.core import workbook
from happens_before.core.cache import write_atomically
from happens_before.core.report import Report, Status
from happens_before.core.unit import Unit

FILE = workbook.CACHE / "progress.json"


@dataclass(frozen=True)
class Seen:
    """The last verdict of one check: its status and, if it failed, how."""

    status: str
    how: str = ""


Known = dict[str, dict[str, Seen]]  # unit path, check name


def remember(report: Report, file: Path = FILE) -> None:
    """Add a report's verdicts to what is known; ungraded checks keep their last verdict."""
    known = recall(file)
    for unit in report.units:
        checks = known.setdefault(unit.unit, {})
        for result in unit.results:
            if result.status is not Status.UNGRADED:
                checks[result.check.name] = Seen(str(result.status), result.how)
    plain = {unit: {name: vars(seen) for name, seen in c.items()} for unit, c in known.items()}
    write_atomically(file, json.dumps(plain, indent=1, sort_keys=True) + "\n")


def recall(file: Path = FILE) -> Known:
    """What is known; nothing when the file is missing or damaged (the next check mends it)."""
    try:
        plain = json.loads(file.read_text(encoding="utf-8"))
        return {
            unit: {name: Seen(**seen) for name, seen in checks.items()}
            for unit, checks in plain.items()
        }
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


@dataclass(frozen=True)
class Standing:
    """One unit's state. next_step: the first step with a check that has not passed; 0 when all have.

    failing: that step's checks that failed, with how; empty when they were never run.
    """

    unit: Unit
    points: float
    max_points: float
    next_step: int
    failing: tuple[tuple[str, str], ...]

    @property
    def begun(self) -> bool:
        """Was it ever checked?"""
        return self.points > 0 or bool(self.failing)


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
    return Standing(unit, points, unit.max_points, step, failing)
