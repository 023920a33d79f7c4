"""What is wrong in a course.toml that its schema cannot see."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime, time, tzinfo
from typing import Any

from happens_before.core.archive import shown
from happens_before.teach.course.wall_clock import exists, moment

EVERY_UNIT = "*"
FOR_EXAMPLE = "2026-10-01T23:59:00"
YEARS = range(1990, 2200)


def mistakes(
    data: Mapping[str, Any],
    zone: tzinfo,
    names: Sequence[str],
    students: Collection[str] | None,
) -> Iterator[str]:
    """Each mistake with its key, as a sentence.

    data: what keeps the schema. names: the units. students: the roster's ids, if there is one.
    """
    yield from _number_mistakes(data)
    yield from _time_mistakes(data, zone)
    yield from _unknown(data, names, students)
    yield from _conflicts(data, names)


def _times(data: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    for name, own in data.get("units", {}).items():
        yield from ((f"units.{name}.{key}", own[key]) for key in ("opens", "due") if key in own)
    for place, item in enumerate(data.get("exceptions", ())):
        if "due" in item:
            yield f"exceptions.{place}.due", item["due"]


def _time_mistakes(data: Mapping[str, Any], zone: tzinfo) -> Iterator[str]:
    wrong = set()
    for key, value in _times(data):
        if problem := _time_problem(value, zone):
            wrong.add(key)
            yield f"{key}: {problem} Expected: a date with a time, such as {FOR_EXAMPLE}."
    for name, own in data.get("units", {}).items():
        keys = {f"units.{name}.opens", f"units.{name}.due"}
        if {"opens", "due"} <= own.keys() and not keys & wrong:
            if moment(own["opens"], zone) >= moment(own["due"], zone):
                yield f"units.{name}.opens: {own['opens']} is not before the deadline."


def _time_problem(value: object, zone: tzinfo) -> str:
    if isinstance(value, datetime):
        if value.year not in YEARS:
            return f"{value} is not in the years {YEARS[0]} to {YEARS[-1]}."
        if value.tzinfo or exists(value, zone):
            return ""
        return f"{value} does not exist in {zone}: the clock is put forward over it."
    if isinstance(value, date):
        return f"{value} is a date without a time."
    if isinstance(value, time):
        return f"{value} is a time without a date."
    return f"{shown(repr(value))} is no time; times stand without quotes."


def _number_mistakes(data: Mapping[str, Any]) -> Iterator[str]:
    """TOML has numbers that are none, and a schema lets them pass."""
    numbers = {"late.per_cent_a_day": data.get("late", {}).get("per_cent_a_day", 0)}
    numbers |= {f"units.{n}.points": u.get("points", 0) for n, u in data.get("units", {}).items()}
    for key, value in numbers.items():
        if not math.isfinite(value):
            yield f"{key}: {value}. Expected: a number."


def _unknown(
    data: Mapping[str, Any], names: Sequence[str], students: Collection[str] | None
) -> Iterator[str]:
    for name in data.get("units", {}):
        if name not in names:
            yield f"units: there is no unit '{shown(name)}'. Units here: {', '.join(names)}."
    for place, item in enumerate(data.get("exceptions", ())):
        if item["unit"] not in (EVERY_UNIT, *names):
            told = f"exceptions.{place}.unit: there is no unit '{shown(item['unit'])}'."
            yield f"{told} Units here: {', '.join(names)}; '{EVERY_UNIT}' is all of them."
        if students is not None and item["student"] not in students:
            told = f"exceptions.{place}.student: '{shown(item['student'])}' is not in the roster."
            yield f"{told} Ids there: {_some(students)}."


def _some(names: Collection[str], most: int = 12) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(sorted(names)[:most]) + more


def _conflicts(data: Mapping[str, Any], names: Sequence[str]) -> Iterator[str]:
    """Exceptions that say nothing, or two things; one that lengthens what has no deadline."""
    first: dict[tuple[str, str], int] = {}
    for place, item in enumerate(data.get("exceptions", ())):
        said = [key for key in ("due", "extra_days", "excused") if key in item]
        if len(said) != 1:
            told = " and ".join(said) or "none of them"
            yield f"exceptions.{place}: has {told}. Expected: due, extra_days or excused, one of them."
        key = (item["student"], item["unit"])
        if (other := first.setdefault(key, place)) != place:
            yield f"exceptions.{place}: {item['student']} and {item['unit']} again, as in {other}."
        unit = data.get("units", {}).get(item["unit"], {})
        if "extra_days" in item and item["unit"] in names and "due" not in unit:
            yield f"exceptions.{place}.extra_days: {item['unit']} has no deadline to be after."
