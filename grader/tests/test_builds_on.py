"""A unit that builds on another: the other's reference is linked, and its contract may be used."""

from __future__ import annotations

from pathlib import Path

import pytest
import workshop
from happens_before.core import unit as units
from happens_before.core.errors import InputError
from happens_before.core.report import Status

BASE_HEADER = """
#ifndef BASE_H
#define BASE_H
struct base { int value; };
int base_add(struct base *base, int more);
#endif
"""
BASE = """
#include "base.h"
int base_add(struct base *base, int more) { return base->value += more; }
"""
BASE_TOML = (
    workshop.TOML.replace('"thing.', '"base.').replace("A small thing", "What the thing builds on")
    + """
[judges.tests]
sees = "nothing"
checks = [{ id = "base__adds", step = 1, points = 1, promise = "it adds" }]
"""
)
# Correct only if the reference of 00-base is linked, and its header can be included.
ANSWER = """
#include "thing.h"
#include "base.h"
static struct base one, two;
void thing_reset(void) {}
void thing_one(void) { base_add(&one, 1); }
void thing_two(void) { base_add(&two, 1); }
"""
EVERY = (*workshop.JUDGES, "explore")


def make(root: Path) -> units.Unit:
    """01-thing, which builds on 00-base."""
    base, solution = root / "lessons" / "00-base", root / "solutions" / "lessons" / "00-base"
    base.mkdir(parents=True)
    solution.mkdir(parents=True)
    (base / "unit.toml").write_text(BASE_TOML)
    (base / "base.h").write_text(BASE_HEADER)
    (base / "base.c").write_text('#include "base.h"\n')
    (solution / "base.c").write_text(BASE)
    thing = workshop.make_unit(root, EVERY).directory / "unit.toml"
    thing.write_text(thing.read_text().replace("day = 1", 'day = 1\nbuilds_on = ["00-base"]'))
    return units.load(thing.parent)


def test_the_reference_of_what_it_builds_on_is_linked_for_every_judge(tmp_path: Path) -> None:
    report = workshop.grade(make(tmp_path), ANSWER)
    assert {r.check.judge: (r.status, r.happened) for r in report.results} == {
        judge: (Status.PASS, "") for judge in ("build", *EVERY)
    }


def test_a_fault_below_is_seen_and_shown_at_its_line(tmp_path: Path) -> None:
    shared = ANSWER.replace("&two", "&one")
    for judge in ("tsan", "helgrind", "explore"):
        result = workshop.results(workshop.grade(make(tmp_path / judge), shared, judge))[judge]
        assert (result.status, result.how) == (Status.FAIL, "race"), judge
        places = [place for place in result.places if place.file == "base.c"]
        assert places and places[0].text == BASE.splitlines()[2], judge


def test_a_change_below_is_a_new_verdict(tmp_path: Path) -> None:
    unit = make(tmp_path)
    assert workshop.results(workshop.grade(unit, ANSWER, "tests"))["tests"].status is Status.PASS
    (unit.foundations[0].reference[0]).write_text(
        BASE.replace("return", "__builtin_trap(); return")
    )
    assert workshop.results(workshop.grade(unit, ANSWER, "tests"))["tests"].status is Status.FAIL


def test_what_the_contract_below_does_not_declare_may_not_be_called(tmp_path: Path) -> None:
    unit = make(tmp_path)
    (unit.foundations[0].reference[0]).write_text(BASE + "int base_secret(void) { return 0; }\n")
    secret = ANSWER + "int base_secret(void);\nint thing_three(void);\n"
    result = workshop.results(
        workshop.grade(unit, secret.replace("base_add(&one, 1)", "base_secret()"), "build")
    )["build"]
    assert result.status is Status.FAIL
    assert "`base_secret` may not be used here" in result.happened


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('["00-base"]', '["00-bas"]', "there is no lesson '00-bas'"),
        ('["00-base"]', '["01-thing"]', "'01-thing' builds on this unit itself"),
        ('"thing.h"', '"base.h"', "base.h is a file of 00-base too"),
    ],
)
def test_a_wrong_foundation_is_told(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    unit = make(tmp_path)
    (unit.directory / "base.h").write_text(BASE_HEADER)
    file = unit.directory / "unit.toml"
    file.write_text(file.read_text().replace(old, new))
    with pytest.raises(InputError, match=complaint):
        units.load(unit.directory)


def test_two_units_that_build_on_each_other_are_told(tmp_path: Path) -> None:
    file = make(tmp_path).foundations[0].directory / "unit.toml"
    file.write_text(file.read_text().replace("day = 1", 'day = 1\nbuilds_on = ["01-thing"]'))
    with pytest.raises(InputError, match="'01-thing' builds on this unit itself"):
        units.load(tmp_path / "lessons" / "01-thing")
