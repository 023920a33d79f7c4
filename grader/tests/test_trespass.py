"""Cheats that keep every rule of the audit, and that the fence around a submission finds.

Each file in cheats/fenced/ is plain C that the audit lets pass: it computes an address, walks up the
stack, or writes beyond what is its own. It is put in front of a broken answer, and every judge that
runs code must say so, in the words that the file names. grader/THREATS.md is the threat model.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from conftest import TINY_HEADER, TINY_TOML
from happens_before.core import unit as units
from happens_before.core.cache import Cache
from happens_before.core.pipeline import Grader, Selection
from happens_before.core.report import CheckResult, Status, UnitReport
from happens_before.core.submission import UnitFiles
from happens_before.core.unit import Unit
from happens_before.sandbox import find_sandbox

CHEATS = Path(__file__).with_name("cheats")
FILES = sorted((CHEATS / "fenced").glob("*.c"))
MAY_CALL = (
    '"panic", "malloc", "free", "futex_wait", "getcontext", "setcontext", "makecontext", "memcmp"'
)
LIMITS = "wall_s = 60, cpu_s = 20, memory_mb = 1024, processes = 32, output_kb = 64"
CHECKS = {
    "tests": ("cell__keeps", "cell__refuses"),
    "tsan": ("scenario__hands_over",),
    "explore": ("scenario__hands_over",),
}
TESTS = """#include "cell.h"
#include "lab.h"
#include <criterion/criterion.h>
Test(cell, keeps) { cell_set(3); cr_assert_eq(cell_get(), 3, "it keeps 3"); }
Test(cell, refuses) {
    lab_expect_panic("cell_set");
    cell_set(3);
    cr_assert_eq(cell_get(), 3, "it keeps 3");
    cell_set(-1);
}
"""
HIDDEN = """#include "cell.h"
#include <criterion/criterion.h>
Test(hidden, keeps_another) { cell_set(71); cr_assert_eq(cell_get(), 71, "it keeps 71"); }
"""
HIDDEN_TOML = """[[judges.tests.checks]]
id = "hidden__keeps_another"
step = 1
points = 3
promise = "another number is given back, too"
"""
SCENARIOS = """#include "cell.h"
#include "scenario.h"
#include <stdatomic.h>
static _Atomic int is_set;
static void setup(void) {
    is_set = 0;
    cell_set(0);
}
static void setter(void) {
    cell_set(3);
    atomic_store_explicit(&is_set, 1, memory_order_release);
}
static void getter(void) {
    if (atomic_load_explicit(&is_set, memory_order_acquire))
        scenario_require(cell_get() == 3, "what was set is given back");
}
static void finally(void) { scenario_require(cell_get() == 3, "and is still there at the end"); }
SCENARIO(hands_over, .promise = "what was set is given back", .setup = setup,
         .threads = {setter, getter}, .finally = finally);
"""
ANSWER = """#include "cell.h"
static int kept;
void cell_set(int value) { if (value < 0) panic("cell_set", "no debts"); kept = value; }
int cell_get(void) { return kept; }
"""


def plan(judge: str, ids: tuple[str, ...]) -> str:
    limits = LIMITS + (", test_s = 5" if judge != "explore" else "")
    text = f'\n[judges.{judge}]\nsees = "a cell"\nlimits = {{ {limits} }}\n'
    for id in ids:
        text += f'\n[[judges.{judge}.checks]]\nid = "{id}"\nstep = 1\npoints = 1\n'
        text += 'promise = "what was set is given back"\n'
    return text


@pytest.fixture(scope="module")
def cell(tmp_path_factory: pytest.TempPathFactory) -> Unit:
    """A made-up unit with tests, hidden tests, a scenario and a reference answer."""
    root = tmp_path_factory.mktemp("workbook")
    directory, solution = (root / part / "lessons" / "90-cell" for part in ("", "solutions"))
    directory.mkdir(parents=True)
    solution.mkdir(parents=True)
    toml = TINY_TOML.replace('may_call = ["panic"]', f"may_call = [{MAY_CALL}]")
    toml += "".join(plan(judge, ids) for judge, ids in CHECKS.items())
    files = {"unit.toml": toml, "cell.h": TINY_HEADER, "cell.c": "", "tests.c": TESTS}
    for name, text in {**files, "scenarios.c": SCENARIOS}.items():
        (directory / name).write_text(text)
    for name, text in {
        "cell.c": ANSWER,
        "hidden_tests.c": HIDDEN,
        "hidden.toml": HIDDEN_TOML,
    }.items():
        (solution / name).write_text(text)
    return units.load(directory)


Judged = Callable[[str], UnitReport]


@pytest.fixture(scope="module")
def judged(cell: Unit, kept: Path) -> Judged:
    """Judge an answer by every judge, the audit included."""
    grader = Grader(find_sandbox(allow_none=False), Cache(kept))

    def judge(text: str) -> UnitReport:
        files = UnitFiles({"cell.c": text.encode()}, ())
        report = grader.grade_unit(cell, files, Selection(), lambda _: None)
        assert not any(each.message for each in report.judges), report.judges
        return report

    return judge


def failures(report: UnitReport) -> dict[str, CheckResult]:
    return {r.check.name: r for r in report.results if r.status is not Status.PASS}


def test_an_honest_answer_is_not_disturbed(judged: Judged) -> None:
    assert failures(judged(ANSWER)) == {}


@pytest.fixture(scope="module")
def outcomes(judged: Judged) -> dict[str, UnitReport]:
    """What the judges say of each cheat: most of the time goes by in waiting for compilers."""
    broken = (CHEATS / "cell.inc").read_text()
    texts = [f'#include "cell.h"\n{file.read_text()}{broken}' for file in FILES]
    with ThreadPoolExecutor(2 * (os.cpu_count() or 1)) as pool:
        return dict(zip((file.stem for file in FILES), pool.map(judged, texts)))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_cheat_that_the_audit_lets_pass_is_found_by_each_judge(
    file: Path, outcomes: dict[str, UnitReport]
) -> None:
    text, report = file.read_text(), outcomes[file.stem]
    how = re.search(r"^ \* How: (.+)$", text, re.M)
    ways = how[1].split(" | ") if how else ["trespass"]
    rule = re.search(r"^ \* Rule: (.+)$", text, re.M)
    assert rule, f"{file.name} names no rule"
    compiles, *_ = report.results
    assert compiles.check.name == "build/compiles" and compiles.status is Status.PASS
    for result in report.results:
        if result.check.judge == "build":
            continue
        assert result.status is Status.FAIL and result.how in ways, (result.check.name, result)
        assert any(part in result.happened for part in rule[1].split(" | ")), result.happened


def test_what_knows_the_tests_does_not_know_the_hidden_ones(judged: Judged) -> None:
    """It looks at its argument only to recognise the visible tests."""
    text = """#include "cell.h"
static int kept;
void cell_set(int value) {
    if (value < 0) panic("cell_set", "no debts");
    kept = value == 3 ? 3 : 0;
}
int cell_get(void) { return kept; }
"""
    assert set(failures(judged(text))) == {"tests/hidden__keeps_another"}


def test_a_test_that_was_cut_short_is_no_pass(judged: Judged) -> None:
    """It panics when the test expects it, but before the test has asked for anything else."""
    text = ANSWER.replace("kept = value;", 'if (value == 3) panic("cell_set", "early");')
    skipped = failures(judged(text))["tests/cell__refuses"]
    assert skipped.how == "skipped" and "tests.c" in str(skipped.where)
