"""Which hint is told: the one that fits most exactly, and none that does not fit."""

from __future__ import annotations

from pathlib import Path

import pytest
from happens_before.core.errors import InputError
from happens_before.core.unit import Unit
from happens_before.learn import hints
from happens_before.learn.hints import Hint, choose


def hint(name: str, **when: object) -> Hint:
    return Hint((name, "the idea", "nearly the code"), **when)  # type: ignore[arg-type]


EVERY = [
    hint("anything"),
    hint("step", step=3),
    hint("judge", judge="tsan"),
    hint("how", how="deadlock"),
    hint("glob", check="mutex__wakes_*"),
    hint("glob and how", check="mutex__wakes_*", how="deadlock"),
    hint("exact", check="mutex__wakes_one"),
    hint("never", check="mutex__wakes_one", how="race", judge="tests"),
]
CASES = [
    (("tests", "other", "fail", 1), "anything"),
    (("tests", "other", "fail", 3), "step"),
    (("tsan", "other", "fail", 3), "judge"),
    (("tsan", "other", "deadlock", 3), "how"),
    (("tests", "mutex__wakes_all", "fail", 3), "glob"),
    (("tests", "mutex__wakes_all", "deadlock", 3), "glob and how"),
    (("tests", "mutex__wakes_one", "deadlock", 3), "exact"),
    (("tests", "mutex__wakes_one", "race", 3), "never"),
    (("tsan", "mutex__wakes_one", "race", 3), "exact"),
]


@pytest.mark.parametrize(("failure", "told"), CASES, ids=[told for _, told in CASES])
def test_the_most_exact_hint_is_told(failure: tuple[str, str, str, int], told: str) -> None:
    assert choose(EVERY, *failure).tiers[0] == told
    assert choose(EVERY[::-1], *failure).tiers[0] == told


def test_the_first_of_equals_is_told() -> None:
    equals = [hint("first", how="race"), hint("second", how="race")]
    assert choose(equals, "tsan", "x", "race", 1).tiers[0] == "first"


def test_brackets_and_question_marks_make_a_pattern_too() -> None:
    known = [hint("pattern", check="mutex__[ab]?"), hint("exact", check="mutex__a1")]
    assert choose(known, "tests", "mutex__a1", "fail", 1).tiers[0] == "exact"
    assert choose(known, "tests", "mutex__b1", "fail", 1).tiers[0] == "pattern"


def test_nothing_fits() -> None:
    for known in ([], [hint("race", how="race")]):
        with pytest.raises(InputError, match=r"no hint for tests/a \(not begun\)"):
            choose(known, "tests", "a", "", 1)


def test_a_broken_file_is_named(tiny: Unit) -> None:
    with pytest.raises(InputError, match="hints.toml: is not there"):
        hints.load(tiny)
    file = Path(tiny.directory / "hints.toml")
    file.write_text('[[hint]]\nwhen = {colour = "red"}\ntiers = ["one"]\n')
    with pytest.raises(InputError, match="does not keep its schema"):
        hints.load(tiny)


def test_a_good_file_is_read(tiny: Unit) -> None:
    tiers = ("What is kept while nobody looks?" * 2, "An idea of some length. " * 3, "code; " * 20)
    text = f"[[hint]]\nwhen = {{step = 1}}\ntiers = {list(tiers)}\n".replace("'", '"')
    (tiny.directory / "hints.toml").write_text(text)
    assert hints.load(tiny) == [Hint(tiers, step=1)]
