"""Every unit of the workbook, proved: its reference, skeleton, mutants, alternates and attempts."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from functools import lru_cache

import pytest

from happens_before.commands.check import make_grader
from happens_before.core import unit as units
from happens_before.core import workbook
from happens_before.core.pipeline import Grader, Selection
from happens_before.core.report import Status, UnitReport
from happens_before.core.submission import UnitFiles, files_of, open_submission
from happens_before.learn import attempts, demo, hints, quiz
from happens_before.maintain import table, variants

UNITS = [units.load(directory) for directory in workbook.unit_directories()]
MUTANTS = [(unit, mutant) for unit in UNITS for mutant in variants.mutants(unit)]
ALTERNATES = [(unit, *item) for unit in UNITS for item in variants.alternates(unit).items()]
ATTEMPTS = [(unit, attempt) for unit in UNITS for attempt in attempts.load(unit).values()]
LEAST_MUTANTS, LEAST_ALTERNATES = 10, 2


def names(cases: list) -> list[str]:  # type: ignore[type-arg]
    return [f"{case[0].name}-{getattr(case[1], 'name', case[1])}" for case in cases]


@lru_cache
def the_grader() -> Grader:
    return make_grader()


def judged(unit: units.Unit, files: UnitFiles, selection: Selection = Selection()) -> UnitReport:
    report = the_grader().grade_unit(unit, files, selection, lambda _: None)
    broken = [judge for judge in report.judges if judge.status is Status.UNGRADED]
    assert not broken, f"ungraded: {[(judge.judge, judge.message) for judge in broken]}"
    return report


def failures(report: UnitReport) -> dict[str, str]:
    """Each check that failed, with how."""
    return {r.check.name: r.how for r in report.results if r.status is Status.FAIL}


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_the_reference_has_full_marks_and_is_explored_completely(unit: units.Unit) -> None:
    """A search that the budget cut off would be ungraded here."""
    grader, files = make_grader(fresh=True), variants.reference(unit)
    report = grader.grade_unit(unit.without_bounds(), files, Selection(), lambda _: None)
    assert {r.check.name: r.how for r in report.results if r.status is not Status.PASS} == {}
    assert report.points == report.max_points == 100


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_the_untouched_skeleton_scores_below_half(unit: units.Unit) -> None:
    submission = open_submission(workbook.ROOT, [unit])
    pristine = {name: (unit.directory / name).read_bytes() for name in unit.editable}
    files = files_of(submission, unit, alone=True)
    assert files is not None and files.files == pristine
    report = judged(unit, files)
    assert 0 < report.points < report.max_points / 2
    assert not {r.how for r in report.results} & {"crash", "timeout", "stopped"}


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_ships_its_bugs_and_its_other_answers(unit: units.Unit) -> None:
    assert len(variants.mutants(unit)) >= LEAST_MUTANTS
    assert len(variants.alternates(unit)) >= LEAST_ALTERNATES


@pytest.mark.parametrize(("unit", "mutant"), MUTANTS, ids=names(MUTANTS))
def test_a_mutant_is_caught_by_each_check_that_it_names(
    unit: units.Unit, mutant: variants.Mutant
) -> None:
    """The others are not run."""
    report = judged(unit, mutant.files, table.selection_of(mutant))
    assert table.escaped(mutant, report) == []


@pytest.mark.parametrize(("unit", "name", "files"), ALTERNATES, ids=names(ALTERNATES))
def test_an_alternate_has_full_marks(unit: units.Unit, name: str, files: UnitFiles) -> None:
    assert failures(judged(unit, files)) == {}


@pytest.mark.parametrize(("unit", "attempt"), ATTEMPTS, ids=names(ATTEMPTS))
def test_an_attempt_gets_the_verdict_that_the_chapter_tells(
    unit: units.Unit, attempt: attempts.Attempt
) -> None:
    submission = attempts.as_submission(unit, attempt)
    files = files_of(submission, unit, alone=True)
    assert files is not None
    assert failures(judged(unit, files, Selection(checks=attempt.asked))) == dict(attempt.fails)


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_every_step_and_every_way_of_failing_has_a_hint(unit: units.Unit) -> None:
    known = hints.load(unit)
    for step in range(1, len(unit.steps) + 1):
        assert hints.choose(known, "", "", "", step).tiers
    for attempt in attempts.load(unit).values():
        for name, how in attempt.fails.items():
            judge, _, check_id = name.partition("/")
            step = next(check.step for check in unit.checks if check.name == name)
            assert hints.choose(known, judge, check_id, how, step).tiers


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_the_quiz_is_sound(unit: units.Unit) -> None:
    questions = quiz.load(unit)
    assert len(questions) >= 6


TARGETS = set(re.findall(r"^([a-z-]+):", (workbook.ROOT / "Makefile").read_text(), re.MULTILINE))


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_names_commands_that_exist(unit: units.Unit) -> None:
    """Each `make target` of chapter, skeleton, hints and quiz, and each attempt that one asks for."""
    files = ("README.md", "hints.toml", "quiz.toml", *unit.editable)
    text = "\n".join((unit.directory / name).read_text("utf-8") for name in files)
    assert set(re.findall(r"\bmake ([a-z-]+) (?=[A-Z]+=)", text)) <= TARGETS
    asked = set(re.findall(rf"make attempt U={unit.name} A=(\w+)", text))
    assert asked <= attempts.load(unit).keys()


QUOTE = re.compile(
    r"^```\n\$ grader/grade (explore .*?[^\\])\n(.*?)^```$", re.MULTILINE | re.DOTALL
)
QUOTES = [
    (f"{unit.name}-{number}", quote)
    for unit in UNITS
    for number, quote in enumerate(QUOTE.findall((unit.directory / "README.md").read_text()), 1)
]


@pytest.mark.parametrize(("command", "quoted"), [q for _, q in QUOTES], ids=[n for n, _ in QUOTES])
def test_a_chapter_quotes_what_the_explorer_says(command: str, quoted: str) -> None:
    """Line by line; `...` stands for lines that the chapter leaves out."""
    arguments = shlex.split(command.replace("\\\n", " "))
    environment = {**os.environ, "COLUMNS": "96"}
    done = subprocess.run(
        ["/usr/bin/python3", workbook.ROOT / "grader" / "grade", *arguments],
        cwd=workbook.ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    said = iter(done.stdout.splitlines())
    for line in quoted.splitlines():
        assert line == "..." or line in said, f"it does not say, here: {line}\n{done.stdout}"


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_every_check_can_fail(unit: units.Unit) -> None:
    """Each check of the tests judge fails on some mutant, attempt, or the skeleton."""
    seen = {name for _, mutant in MUTANTS for name in mutant.caught_by}
    seen |= {name for _, attempt in ATTEMPTS for name in attempt.fails}
    files = {name: (unit.directory / name).read_bytes() for name in unit.editable}
    seen |= set(failures(judged(unit, UnitFiles(files, ()))))
    graded = {check.name for check in unit.checks if check.judge != "build"}
    assert graded - seen == set()


def test_the_demonstration_loses_exactly_the_planned_checks() -> None:
    unit = units.load(workbook.find_unit(demo.UNIT))
    submission = open_submission(demo.DIRECTORY, [unit])
    report = the_grader().grade(submission, [unit], Selection(), lambda _: None)
    assert demo.surprises(report) == []
    for result in report.units[0].results:
        assert result.status is Status.PASS or result.places, f"{result.check.name} has no line"


def test_the_readme_has_the_table_of_these_mutants() -> None:
    assert table.SECTION.read() == table.render(
        [mutant for _, mutant in MUTANTS]
    ), "run `make table`"
