"""course.toml: deadlines, what lateness costs, who is excepted, and what students see."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone, tzinfo
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from happens_before.core import workbook
from happens_before.core.archive import shown
from happens_before.core.errors import InputError
from happens_before.core.unit import Unit, complain, read_toml, validate
from happens_before.render.students import Hidden
from happens_before.teach.course.wall_clock import days_after, moment
from happens_before.teach.course.mistakes import EVERY_UNIT, mistakes


@dataclass(frozen=True)
class LateRules:
    """What lateness costs, as grader/schema/course.schema.json describes it.

    share:        a started day takes its share of per_cent_a_day, and not all of it.
    cut_off_days: None: work is always taken.
    """

    grace_minutes: int = 0
    grace_days: int = 0
    per_cent_a_day: Decimal = Decimal(0)
    share: bool = False
    cut_off_days: int | None = None


@dataclass(frozen=True)
class UnitRules:
    """One unit in the course: `points` is what it counts; without `due` nothing is late."""

    name: str
    points: Decimal
    due: datetime | None = None
    opens: datetime | None = None
    hidden: Hidden = Hidden.SCORE


@dataclass(frozen=True)
class Excepted:
    """One student's own rule for a unit, or for EVERY_UNIT: exactly one of due, extra_days, excused."""

    student: str
    unit: str
    reason: str
    due: datetime | None = None
    extra_days: int = 0
    excused: bool = False


@dataclass(frozen=True)
class Course:
    """The rules of one course.

    units:      every unit of the workbook, by name; also those that course.toml leaves out.
    exceptions: by (student's id, unit's name or EVERY_UNIT).
    """

    title: str
    zone: tzinfo
    units: Mapping[str, UnitRules]
    late: LateRules = LateRules()
    exceptions: Mapping[tuple[str, str], Excepted] = field(default_factory=dict)

    def exception(self, student: str, unit: str) -> Excepted | None:
        """The student's own rule for a unit: the one that names the unit, or the one for all."""
        named = self.exceptions.get((student, unit))
        return named or self.exceptions.get((student, EVERY_UNIT))

    def due(self, student: str, unit: str) -> datetime | None:
        """The student's own deadline for a unit."""
        due = self.units[unit].due
        excepted = self.exception(student, unit)
        if excepted and excepted.due:
            return excepted.due
        return days_after(due, excepted.extra_days, self.zone) if due and excepted else due


def without_rules(units: Sequence[Unit]) -> Course:
    """The course of a workbook without a course.toml: no deadlines, each unit's own points."""
    return Course("Happens-Before", timezone.utc, {unit.name: _own_rules(unit) for unit in units})


def load(file: Path, units: Sequence[Unit], students: Collection[str] | None = None) -> Course:
    """Read a course.toml.

    units:    those of the workbook. students: the ids of the roster; None: there is no roster.
    Errors:   InputError listing every mistake with its key.
    """
    data = read_toml(file)
    validate(data, workbook.SCHEMA / "course.schema.json", file)
    try:
        zone = ZoneInfo(data["time_zone"])
    except (ZoneInfoNotFoundError, ValueError, OSError):
        wrong = f"time_zone: there is no zone '{shown(data['time_zone'])}'."
        raise InputError(wrong, file, "Expected: an IANA name such as 'Europe/Berlin'.") from None
    complain(list(mistakes(data, zone, [unit.name for unit in units], students)), file)
    return Course(
        title=data["title"],
        zone=zone,
        units={unit.name: _unit_rules(unit, data, zone) for unit in units},
        late=_late_rules(data.get("late", {})),
        exceptions={
            (item["student"], item["unit"]): _excepted(item, zone)
            for item in data.get("exceptions", ())
        },
    )


def _own_rules(unit: Unit) -> UnitRules:
    return UnitRules(unit.name, _points(unit))


def _points(unit: Unit) -> Decimal:
    return sum((decimal(check.points) for check in unit.checks), Decimal(0))


def _unit_rules(unit: Unit, data: Mapping[str, Any], zone: tzinfo) -> UnitRules:
    own = data.get("units", {}).get(unit.name, {})
    return UnitRules(
        unit.name,
        points=decimal(own["points"]) if "points" in own else _points(unit),
        due=moment(own["due"], zone) if "due" in own else None,
        opens=moment(own["opens"], zone) if "opens" in own else None,
        hidden=Hidden(own.get("hidden", data.get("hidden", Hidden.SCORE))),
    )


def _late_rules(data: Mapping[str, Any]) -> LateRules:
    whole = ("grace_minutes", "grace_days", "cut_off_days")
    return LateRules(
        per_cent_a_day=decimal(data.get("per_cent_a_day", 0)),
        share=data.get("started_day") == "share",
        **{key: data[key] for key in whole if key in data},
    )


def _excepted(item: Mapping[str, Any], zone: tzinfo) -> Excepted:
    due = {"due": moment(item["due"], zone)} if "due" in item else {}
    return Excepted(**{**item, **due})


def decimal(number: float) -> Decimal:
    """The number as it was written, and not as binary floating point keeps it."""
    return Decimal(str(number))
