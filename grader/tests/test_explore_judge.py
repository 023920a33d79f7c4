"""The explore judge: each planted fault found with its name and line, and nothing else."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from happens_before.core import unit as units
from happens_before.core.errors import GraderFault
from happens_before.core.report import (
    CheckResult,
    Report,
    Status,
    judge_from_json,
    judge_to_json,
    to_json,
)
from happens_before.core.unit import Check
from happens_before.explore import story_json
from happens_before.explore.symbols import Symbols
from happens_before.judges import explore
from happens_before.judges.base import Job
from happens_before.render.students import for_students
from workshop import FAULTS, grade, make_unit, results

# file, how it must fail
PLANTED = [
    ("missing_release", "race"),
    ("missing_acquire", "race"),
    ("late_fence", "race"),
    ("plain_race", "race"),
    ("invalid_read", "use-after-free"),
    ("leak", "leak"),
    ("double_free", "double-free"),
    ("deadlock", "lost-wakeup"),
    ("panics", "panic"),
    ("crashes", "crash"),
    ("overflows", "stack-overflow"),
    ("waits_on_a_variable", "endless-loop"),
]


@pytest.fixture(scope="module")
def unit(tmp_path_factory: pytest.TempPathFactory) -> units.Unit:
    return make_unit(tmp_path_factory.mktemp("workbook"), ("explore",))


def with_budget(directory: Path, budget: str) -> units.Unit:
    unit = make_unit(directory, ("explore",))
    file = unit.directory / "unit.toml"
    text = file.read_text()
    text = text.replace('promise = "it runs" }', f'promise = "it runs", budget = {{ {budget} }} }}')
    file.write_text(text)
    return units.load(unit.directory)


def judged(unit: units.Unit, name: str) -> CheckResult:
    return results(grade(unit, (FAULTS / f"{name}.c").read_text(), "explore"))["explore"]


@pytest.mark.parametrize(("name", "how"), PLANTED)
def test_a_planted_fault_is_found_at_its_line(unit: units.Unit, name: str, how: str) -> None:
    result = judged(unit, name)
    assert (result.status, result.how) == (Status.FAIL, how), result.happened
    source = (FAULTS / f"{name}.c").read_text().splitlines()
    marked = {number for number, line in enumerate(source, 1) if "HERE" in line}
    told = {place.line for place in result.places if place.file == "thing.c"}
    assert not marked or marked & told, result.places
    assert any("to see it again" in item.text for item in result.evidence)


def test_a_failure_brings_its_story_and_the_report_keeps_it(unit: units.Unit) -> None:
    report = grade(unit, (FAULTS / "missing_release.c").read_text(), "explore")
    result = results(report)["explore"]
    assert result.story
    story = story_json.from_json(result.story)
    assert (story.unit, story.promise) == (unit.path, result.check.promise)
    assert story.fault and story.fault.kind == "data race" and story.fault.missing
    assert story.replay.endswith(f"--replay {story.fault.token}")
    assert any("thing.c" == file for file in story.sources)
    [judge] = [judge for judge in report.judges if judge.judge == "explore"]
    written = json.loads(json.dumps(judge_to_json(judge)))
    checks = {each.check.name: each.check for each in judge.checks}
    kept = judge_from_json(written, checks)
    assert [each.story for each in kept.checks] == [each.story for each in judge.checks]
    passed = results(grade(unit, (FAULTS / "clean.c").read_text(), "explore"))["explore"]
    assert passed.story is None


def test_a_hidden_check_keeps_its_story_from_students(unit: units.Unit) -> None:
    report = grade(unit, (FAULTS / "missing_release.c").read_text(), "explore")
    for judge in report.judges:
        for each in judge.checks:
            each.check = replace(each.check, hidden=True)
    assert "happens-before/story" in json.dumps(to_json(Report("x", [report])))
    shown = to_json(for_students(Report("x", [report])))
    assert "happens-before/story" not in json.dumps(shown)


@pytest.mark.parametrize("name", ["clean", "clean_fence", "clean_sequence"])
def test_correct_code_passes(unit: units.Unit, name: str) -> None:
    result = judged(unit, name)
    assert result.status is Status.PASS, result.happened


def test_a_verdict_is_the_same_twice(unit: units.Unit) -> None:
    first, second = judged(unit, "missing_release"), judged(unit, "missing_release")
    first.duration_s = second.duration_s = 0
    assert first == second


def test_a_search_that_was_cut_off_decides_only_where_the_unit_says_so(tmp_path: Path) -> None:
    short = with_budget(tmp_path / "short", "executions = 1")
    result = judged(short, "clean_sequence")
    assert result.status is Status.UNGRADED
    assert "limit on executions" in result.happened
    allowed = with_budget(tmp_path / "allowed", "executions = 1, bounded = true")
    assert judged(allowed, "clean_sequence").status is Status.PASS


# --- what a finding comes to ----------------------------------------------------------------------


class FakeJob:
    def __init__(self, unit: units.Unit) -> None:
        self.unit = unit


def decided(unit: units.Unit, budget: dict[str, float], **data: Any) -> CheckResult:
    check = Check("scenario__runs", "explore", 1, 1, "it runs", budget=budget)
    job: Job = FakeJob(unit)  # type: ignore[assignment]
    known = {"verdict": "bounded", "complete": False, "executions": 9, "bound": None}
    known |= {"mode": "exhaustive", "fault": None, "trace": []}
    symbols = Symbols(Path("/none"))
    bench = explore.Bench(job, Path("/none"), {}, symbols, threading.Lock())
    return explore._decide(bench, check, known | data)


def test_the_clock_never_decides(unit: units.Unit) -> None:
    assert decided(unit, {"bounded": 1}, bound="time").status is Status.UNGRADED
    assert decided(unit, {"bounded": 1}, bound="unroll").status is Status.PASS
    assert decided(unit, {}, bound="unroll").status is Status.UNGRADED
    nothing = decided(unit, {"bounded": 1}, bound="executions", executions=0)
    assert nothing.status is Status.UNGRADED


@pytest.mark.parametrize(
    ("file", "status", "how"),
    [
        ("thing.c", Status.FAIL, "not-modelled"),
        ("scenarios.c", Status.UNGRADED, ""),
        (None, Status.UNGRADED, ""),
    ],
)
def test_what_is_not_modelled_costs_only_whoever_calls_it(
    unit: units.Unit, file: str | None, status: Status, how: str
) -> None:
    frame = {"pc": "0x1", "file": file, "line": 3, "function": "f", "source": None}
    fault = {"kind": "not modelled", "text": "not modelled: fork()", "stack": [frame]}
    result = decided(unit, {}, verdict="not modelled", fault=fault)
    assert (result.status, result.how) == (status, how)


def test_a_checks_name_says_scenario_and_mode() -> None:
    def asked(name: str, **budget: float) -> tuple[str, str]:
        return explore.asked(Check(name, "explore", 1, 1, "it holds", budget=budget))

    assert asked("scenario__pushes") == ("pushes", "exhaustive")
    assert asked("scenario__pushes", samples=9) == ("pushes", "sample")
    assert asked("progress__pushes") == ("pushes", "progress")
    with pytest.raises(GraderFault, match="knows no check 'mutex__x'"):
        asked("mutex__x")


def test_correct_needs_every_sign_of_it(unit: units.Unit) -> None:
    assert decided(unit, {}, verdict="correct", complete=True).status is Status.PASS
    for odd in ({"complete": False}, {"complete": True, "executions": 0}):
        with pytest.raises(GraderFault):
            decided(unit, {}, verdict="correct", **odd)
