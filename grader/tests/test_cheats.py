"""What a submission may try, and that it wins nothing by it.

Each file in cheats/ is put in front of an answer that is broken, and judged twice. As it stands,
the audit refuses it with the rule that the file names. With the audit looking away, the cheat runs,
in a sandbox, and the tests that the broken answer fails are still no passes: the audit is not the
only wall.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pytest
from conftest import TINY_HEADER, TINY_TOML
from happens_before.core import unit as units
from happens_before.core import workbook
from happens_before.core.cache import Cache
from happens_before.core.pipeline import Grader, Selection
from happens_before.core.report import Status, UnitReport
from happens_before.core.submission import UnitFiles
from happens_before.core.unit import Unit
from happens_before.judges import base, build
from happens_before.sandbox import find_sandbox

CHEATS = Path(__file__).with_name("cheats")
COMPILE_ERRORS = {"compile", "rules"}


@dataclass(frozen=True)
class Cheat:
    """One cheat. rules: the report must say one of these when the audit looks."""

    name: str
    code: str
    rules: tuple[str, ...]


@lru_cache
def cheats() -> list[Cheat]:
    found = []
    for file in sorted(CHEATS.glob("*.c")):
        text = file.read_text()
        rule = re.search(r"^ \* Rule: (.+)$", text, re.M)
        assert rule, f"{file.name} names no rule"
        found.append(Cheat(file.stem, text, tuple(rule[1].split(" | "))))
    return found


EACH = pytest.mark.parametrize("cheat", cheats(), ids=lambda cheat: cheat.name)


def broken(body: str, cheat: Cheat | None) -> bytes:
    header, text = f'#include "{body}.h"\n', (CHEATS / f"{body}.inc").read_text()
    return (header + (cheat.code if cheat else "") + text).encode()


def all_at_once(judge: Callable[[Cheat], UnitReport], every: list[Cheat]) -> dict[str, UnitReport]:
    """Judge many cheats side by side: most of the time goes by in waiting for compilers."""
    with ThreadPoolExecutor(2 * (os.cpu_count() or 1)) as pool:
        return dict(zip((cheat.name for cheat in every), pool.map(judge, every)))


# --- the audit looks ------------------------------------------------------------------------------

BUILD = Selection(judges=frozenset({"build"}))


@pytest.fixture(scope="module")
def lesson() -> Unit:
    return units.load(workbook.find_unit("04-mutex"))


@pytest.fixture(scope="module")
def refusals(lesson: Unit, kept: Path) -> dict[str, UnitReport]:
    """What the build judge says of each cheat."""
    grader = Grader(find_sandbox(allow_none=False), Cache(kept))

    def judge(cheat: Cheat) -> UnitReport:
        files = UnitFiles({"mutex.c": broken("mutex", cheat)}, ())
        return grader.grade_unit(lesson, files, BUILD, lambda _: None)

    return all_at_once(judge, cheats())


@EACH
def test_a_cheat_is_refused_by_its_rule(cheat: Cheat, refusals: dict[str, UnitReport]) -> None:
    compiles = refusals[cheat.name].results[0]
    assert compiles.check.id == "compiles"
    assert compiles.status is Status.FAIL and compiles.how in COMPILE_ERRORS
    told = [compiles.happened, *(item.text for item in compiles.evidence)]
    assert any(rule in text for rule in cheat.rules for text in told), told
    for text in told:
        assert "root:" not in text and "HB_" not in text and "PATH=" not in text


def test_without_a_cheat_the_broken_answer_breaks_no_rule(lesson: Unit, grader: Grader) -> None:
    files = UnitFiles({"mutex.c": broken("mutex", None)}, ())
    report = grader.grade_unit(lesson, files, BUILD, lambda _: None)
    assert report.status is Status.PASS


def test_no_other_judge_runs_what_breaks_a_rule(lesson: Unit, grader: Grader) -> None:
    (cheat,) = (cheat for cheat in cheats() if cheat.name == "constructor")
    files = UnitFiles({"mutex.c": broken("mutex", cheat)}, ())
    report = grader.grade_unit(lesson, files, Selection(), lambda _: None)
    others = [result for result in report.results if result.check.judge != "build"]
    assert others and {(result.status, result.how) for result in others} == {
        (Status.FAIL, "not-run")
    }
    assert report.points <= 1  # for having no warnings


# --- the audit looks away -------------------------------------------------------------------------

TESTS_TOML = """
[judges.tests]
sees = "behaviour"
limits = { wall_s = 20, cpu_s = 5, memory_mb = 256, processes = 32, output_kb = 64, test_s = 2 }

[[judges.tests.checks]]
id = "cell__keeps"
step = 1
points = 3
promise = "what was set is given back"

[[judges.tests.checks]]
id = "cell__keeps_again"
step = 1
points = 3
promise = "and so is what was set next"
"""
TESTS = """#include "cell.h"
#include <criterion/criterion.h>
Test(cell, keeps) { cell_set(3); cr_assert_eq(cell_get(), 3, "it keeps 3"); }
Test(cell, keeps_again) { cell_set(4); cell_set(5); cr_assert_eq(cell_get(), 5, "it keeps 5"); }
"""


@pytest.fixture(scope="module")
def cell(tmp_path_factory: pytest.TempPathFactory) -> Unit:
    """A made-up unit with tests that the broken answer fails."""
    directory = tmp_path_factory.mktemp("workbook") / "lessons" / "90-cell"
    directory.mkdir(parents=True)
    (directory / "unit.toml").write_text(TINY_TOML + TESTS_TOML)
    (directory / "cell.h").write_text(TINY_HEADER)
    (directory / "cell.c").write_text("")
    (directory / "tests.c").write_text(TESTS)
    return units.load(directory)


Judged = Callable[[bytes], UnitReport]
TESTS_ONLY = Selection(judges=frozenset({"tests"}))


@pytest.fixture(scope="module")
def judged(cell: Unit, kept: Path) -> Iterator[Judged]:
    """Run an answer's tests, whatever the audit would say."""
    grader = Grader(find_sandbox(allow_none=False), Cache(kept))

    def judge(text: bytes) -> UnitReport:
        files = UnitFiles({"cell.c": text}, ())
        return grader.grade_unit(cell, files, TESTS_ONLY, lambda _: None)

    with pytest.MonkeyPatch.context() as patch:
        for module in (base, build):
            patch.setattr(module, "audit", lambda _: [])
        yield judge


def test_the_tests_pass_an_honest_answer_and_fail_the_broken_one(judged: Judged) -> None:
    honest = b'#include "cell.h"\nstatic int k;\nvoid cell_set(int v) { k = v; }\n'
    assert judged(honest + b"int cell_get(void) { return k; }\n").status is Status.PASS
    report = judged(broken("cell", None))
    assert {(result.status, result.how) for result in report.results} == {(Status.FAIL, "fail")}


# Nothing to run: they take effect while compiling.
RUN = [c for c in cheats() if not c.name.startswith(("include_", "incbin"))]


@pytest.fixture(scope="module")
def outcomes(judged: Judged) -> dict[str, UnitReport]:
    """What the tests say of each cheat that nobody refused."""
    return all_at_once(lambda cheat: judged(broken("cell", cheat)), RUN)


@pytest.mark.parametrize("cheat", RUN, ids=lambda cheat: cheat.name)
def test_a_cheat_that_runs_wins_nothing(cheat: Cheat, outcomes: dict[str, UnitReport]) -> None:
    report = outcomes[cheat.name]
    assert len(report.results) == 2
    for result in report.results:
        assert result.status is not Status.PASS, f"{cheat.name} forged {result.check.name}"
        assert result.points == 0 and result.happened


# --- what stands beside the answer ----------------------------------------------------------------


def test_a_makefile_tests_and_a_program_are_not_taken(
    tmp_path: Path, lesson: Unit, grader: Grader
) -> None:
    from happens_before.core.submission import open_submission

    folder = tmp_path / "work" / "lessons" / "04-mutex"
    folder.mkdir(parents=True)
    (folder / "mutex.c").write_bytes(broken("mutex", None))
    for name in ("Makefile", "tests.c", "mutex.h", "unit.toml", "scenarios.c", "a.out"):
        (folder / name).write_text("#error mine\n")
    opened = open_submission(tmp_path / "work", [lesson])
    report = grader.grade(opened, [lesson], BUILD, lambda _: None)
    assert report.status is Status.PASS  # it compiles: none of them was seen
