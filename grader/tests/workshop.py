"""A made-up unit, as small as one can be, for the tests of the judges."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from happens_before.commands.check import make_grader
from happens_before.core import unit as units
from happens_before.core.pipeline import Selection
from happens_before.core.report import CheckResult, UnitReport
from happens_before.core.submission import UnitFiles

FAULTS = Path(__file__).resolve().parent / "judges"
JUDGES = ("tests", "tsan", "helgrind", "memcheck")
TOML = """
schema = 1
title = "A small thing"
day = 1
summary = "Made up for a test."
topics = ["testing"]
editable = ["thing.c"]
headers = ["thing.h"]
may_call = ["futex_wait", "futex_wake", "panic", "malloc", "free", "clock_now_ns"]
steps = ["the only one"]

[judges.build]
sees = "whether it compiles"
checks = [{ id = "compiles", step = 1, points = 1, promise = "it compiles" }]
"""
LIMITS = "wall_s = 30, cpu_s = 20, memory_mb = 1024, processes = 64, output_kb = 16, test_s = 3"


def make_unit(directory: Path, judges: tuple[str, ...] = JUDGES) -> units.Unit:
    """A unit below `directory` whose one scenario calls thing_one and thing_two in two threads."""
    place = directory / "lessons" / "01-thing"
    place.mkdir(parents=True)
    text = TOML
    for judge in judges:
        text += f'\n[judges.{judge}]\nsees = "one scenario"\nlimits = {{ {LIMITS} }}\n'
        text += 'checks = [{ id = "scenario__runs", step = 1, points = 1, promise = "it runs" }]\n'
    (place / "unit.toml").write_text(text)
    for name in ("thing.h", "scenarios.c"):
        (place / name).write_bytes((FAULTS / name).read_bytes())
    (place / "thing.c").write_bytes((FAULTS / "clean.c").read_bytes())
    return units.load(place)


def grade(unit: units.Unit, source: str | bytes, judge: str | None = None) -> UnitReport:
    """The unit's report on this source, from one judge or from all."""
    content = source.encode() if isinstance(source, str) else source
    files = UnitFiles({unit.editable[0]: content}, ())
    selection = Selection(judges=frozenset({judge}) if judge else None)
    return make_grader(fresh=True).grade_unit(unit, files, selection, lambda _: None)


def results(report: UnitReport) -> Mapping[str, CheckResult]:
    """The results by judge, for units with one check a judge."""
    return {result.check.judge: result for result in report.results}
