"""Hints: which one fits a failure, and how much of it to tell."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from happens_before.core import workbook
from happens_before.core.errors import InputError
from happens_before.core.unit import Unit, read_toml, validate
from happens_before.learn.progress import Standing


@dataclass(frozen=True)
class Hint:
    """Three tiers of help for the failures that fit: a question, the idea, nearly the code."""

    tiers: tuple[str, ...]
    check: str = ""
    how: str = ""
    judge: str = ""
    step: int = 0

    def fit(self, judge: str, check: str, how: str, step: int) -> int:
        """How exactly the hint fits a failure: -1 not at all, otherwise the more the better."""
        score = 0
        if self.check:
            if not fnmatchcase(check, self.check):
                return -1
            score += 8 if not set(self.check) & set("*?[") else 4
        for mine, theirs, worth in (
            (self.how, how, 3),
            (self.judge, judge, 2),
            (self.step, step, 1),
        ):
            if mine and mine != theirs:
                return -1
            score += worth if mine else 0
        return score


def load(unit: Unit) -> list[Hint]:
    """The unit's hints. Errors: InputError when hints.toml is missing or breaks its schema."""
    file = unit.directory / "hints.toml"
    data = read_toml(file)
    validate(data, workbook.SCHEMA / "hints.schema.json", Path(file))
    return [hint for item in data["hint"] for hint in _each_way(item)]


def _each_way(item: dict[str, Any]) -> list[Hint]:
    """A hint for each of the ways of failing that `how` lists, if it lists several."""
    ways = item["when"].get("how", "")
    return [
        Hint(tuple(item["tiers"]), **{**item["when"], "how": how})
        for how in (ways if isinstance(ways, list) else [ways])
    ]


def choose(hints: list[Hint], judge: str, check: str, how: str, step: int) -> Hint:
    """The hint that fits best. Errors: InputError when none fits."""
    best = max(hints, key=lambda hint: hint.fit(judge, check, how, step), default=None)
    if best is None or best.fit(judge, check, how, step) < 0:
        raise InputError(f"there is no hint for {judge}/{check} ({how or 'not begun'}).")
    return best


def fitting(unit: Unit, standing: Standing) -> tuple[str, Hint]:
    """What is to be hinted at, as a heading, and the hint for it: how the next step's check failed.

    Errors: InputError when no hint fits.
    """
    step = standing.next_step
    told = [(name, how) for name, how in standing.failing if how != "not-run"] or standing.failing
    failed, how = next(iter(told), ("/", ""))
    judge, _, check = failed.partition("/")
    what = f"{failed} {how}".strip() if check else "not begun"
    heading = f"STEP {step} of {len(unit.steps)}: {unit.steps[step - 1]}\n{what}"
    return heading, choose(load(unit), judge, check, how, step)
