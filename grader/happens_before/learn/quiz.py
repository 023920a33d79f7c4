"""A unit's predict-then-run questions: the reader commits to an answer before a command shows it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from happens_before.core import workbook
from happens_before.core.errors import InputError
from happens_before.core.unit import Unit, read_toml, validate
from happens_before.litmus import predict, shapes
from happens_before.litmus.program import Program
from happens_before.litmus.report import candidates


@dataclass(frozen=True)
class Answer:
    """One answer that is foreseen. given: a text, a number, or the items' numbers, sorted."""

    given: str | int | tuple[int, ...]
    right: bool
    because: str


@dataclass(frozen=True)
class Question:
    """One question.

    kind:       choice, number, order or outcomes.
    shape, order, reasons: of outcomes: the litmus test, its orders, and what is said of an outcome.
    items:      what is to be sorted, as shown; for order only.
    otherwise:  what is said to an answer that is not foreseen; empty for choice.
    show, look: the command that shows the truth, and what to look for; empty when none can.
    step:       the skeleton's step that it prepares; 0 when it prepares none.
    """

    id: str
    section: str
    kind: str
    prompt: str
    answers: tuple[Answer, ...] = ()
    step: int = 0
    code: str = ""
    items: tuple[str, ...] = ()
    otherwise: str = ""
    show: str = ""
    look: str = ""
    shape: str = ""
    order: str = ""
    reasons: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def options(self) -> list[str]:
        """What is shown with numbers, from 1: answers, items or outcomes; nothing for a number."""
        if self.kind == "choice":
            return [str(answer.given) for answer in self.answers]
        return candidates(self.program) if self.kind == "outcomes" else list(self.items)

    @property
    def program(self) -> Program:
        """The litmus test of a question of the kind outcomes."""
        return shapes.program_of(shapes.find(self.shape), self.order)


Given = str | int | tuple[int, ...] | frozenset[str]


@dataclass(frozen=True)
class Verdict:
    """What is said to an answer. because: the reason that fits it, a paragraph each."""

    right: bool
    because: tuple[str, ...]


def given(question: Question, text: str) -> Given:
    """A reader's answer, read.

    Errors: InputError for one that cannot be read; `to_do` says how to answer.
    """
    words = text.replace(",", " ").split()
    numbers = [int(word) for word in words if re.fullmatch("[+-]?[0-9]+", word)]
    most = len(question.options)
    if question.kind == "outcomes":
        ticked = predict.chosen(text.lower() if words else "?", question.options)
        if ticked is not None:
            return ticked
    elif len(numbers) == len(words):
        if question.kind == "number" and len(numbers) == 1:
            return numbers[0]
        if question.kind == "choice" and len(numbers) == 1 and 1 <= numbers[0] <= most:
            return question.options[numbers[0] - 1]
        if question.kind == "order" and sorted(numbers) == list(range(1, most + 1)):
            return tuple(numbers)
    raise InputError(f"'{text.strip()[:40]}' is no answer.", to_do=HOW[question.kind].format(most))


HOW = {
    "choice": "Answer with a number from 1 to {}.",
    "number": "Answer with a whole number.",
    "order": "Answer with all the numbers from 1 to {}, in the order that you mean: 2 1 3 ...",
    "outcomes": "Answer with the numbers of those that C allows, from 1 to {}, or 'all' or 'none'.",
}


def judge(question: Question, answer: Given) -> Verdict:
    """What an answer is worth, and why.

    Of outcomes the explorer decides, which takes a second. Errors: GraderFault when it fails.
    """
    if question.kind == "outcomes":
        assert isinstance(answer, frozenset)
        return _explored(question, answer)
    for foreseen in question.answers:
        if foreseen.given == answer:
            return Verdict(foreseen.right, (foreseen.because,))
    return Verdict(False, (" ".join(question.otherwise.split()),))


def _explored(question: Question, ticked: frozenset[str]) -> Verdict:
    from happens_before.litmus import allowed

    truth = allowed.outcomes(question.program, ("rc11",))["rc11"]
    wrong = [state for state in question.options if (state in ticked) != (state in truth)]
    said = [f"The explorer ran every execution: C allows {_listed(truth, question.options)}."]
    for state in wrong:
        kind = "allowed" if state in truth else "not allowed"
        reason = " ".join(question.reasons.get(state, "").split())
        said.append(f"{state} is {kind}. {reason}".rstrip())
    return Verdict(not wrong, tuple(said))


def _listed(truth: frozenset[str], options: Sequence[str]) -> str:
    states = [state for state in options if state in truth]
    if len(states) == len(options):
        return f"all {len(options)} outcomes"
    return "; ".join(states) if states else "none of them"


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
    answers = tuple(_answer(answer) for answer in item.get("answers", ()))
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
    if question.kind == "outcomes":
        try:
            if odd := sorted(set(question.reasons) - set(question.options)):
                found.append(f"{question.shape} has no outcome '{odd[0]}'.")
        except InputError as error:
            found.append(str(error))
    elif sum(answer.right for answer in question.answers) != 1:
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
