"""A unit's predict-then-run questions: the reader commits to an answer before a command shows it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from happens_before.core import workbook
from happens_before.core.errors import InputError
from happens_before.core.unit import Unit, read_toml, validate


@dataclass(frozen=True)
class Answer:
    """One answer that is foreseen. given: a text, a number, or the items' numbers, sorted."""

    given: str | int | tuple[int, ...]
    right: bool
    because: str


@dataclass(frozen=True)
class Question:
    """One question.

    kind:       choice, number or order.
    items:      what is to be sorted, as shown; for order only.
    otherwise:  what is said to an answer that is not foreseen; empty for choice.
    show, look: the command that shows the truth, and what to look for; empty when none can.
    step:       the skeleton's step that it prepares; 0 when it prepares none.
    """

    id: str
    section: str
    kind: str
    prompt: str
    answers: tuple[Answer, ...]
    step: int = 0
    code: str = ""
    items: tuple[str, ...] = ()
    otherwise: str = ""
    show: str = ""
    look: str = ""


def load(unit: Unit) -> list[Question]:
    """The unit's questions, in the chapter's order.

    Errors: InputError when quiz.toml is missing, breaks its schema or contradicts itself.
    """
    file = unit.directory / "quiz.toml"
    data = read_toml(file)
    validate(data, workbook.SCHEMA / "quiz.schema.json", file)
    questions = [_question(item) for item in data["question"]]
    seen: set[str] = set()
    for question in questions:
        for mistake in _mistakes(question, unit, seen):
            raise InputError(f"{question.id}: {mistake}", file)
        seen.add(question.id)
    return questions


def _question(item: dict[str, Any]) -> Question:
    simple = {key: value for key, value in item.items() if key not in ("answers", "items")}
    answers = tuple(_answer(answer) for answer in item["answers"])
    return Question(**simple, answers=answers, items=tuple(item.get("items", ())))


def _answer(item: dict[str, Any]) -> Answer:
    given = item.get("text", item.get("value", item.get("order")))
    if isinstance(given, list):
        given = tuple(given)
    assert isinstance(given, (str, int, tuple))  # the schema asks for one of the three
    return Answer(given, item["right"], " ".join(item["because"].split()))


def _mistakes(question: Question, unit: Unit, seen: set[str]) -> Sequence[str]:
    """What the schema cannot say."""
    found = []
    if question.id in seen:
        found.append("this id stands there twice.")
    if question.step > len(unit.steps):
        found.append(f"step {question.step}, but {unit.name} has only {len(unit.steps)}.")
    if len({answer.given for answer in question.answers}) < len(question.answers):
        found.append("two of its answers are the same.")
    if sum(answer.right for answer in question.answers) != 1:
        found.append("exactly one answer must be right.")
    numbers = list(range(1, len(question.items) + 1))
    for answer in question.answers:
        if isinstance(answer.given, tuple) and sorted(answer.given) != numbers:
            found.append(f"an order must name each of the {len(numbers)} items once.")
    if question.section not in headings(unit.directory / "README.md"):
        found.append(f"README.md has no heading with the anchor '{question.section}'.")
    return found


def headings(chapter: Path) -> list[str]:
    """The anchors of a chapter's headings, as GitHub makes them; none when there is no chapter."""
    if not chapter.is_file():
        return []
    lines = chapter.read_text(encoding="utf-8").splitlines()
    titles = [line.lstrip("#").strip().lower() for line in lines if re.match(r"#+ ", line)]
    return ["".join(c for c in t if c.isalnum() or c in " -_").replace(" ", "-") for t in titles]
