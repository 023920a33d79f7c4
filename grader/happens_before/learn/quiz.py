"""A unit's predict-then-run questions: the reader commits to an answer before a command shows it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from happens_before.core import workbook
from happens_before.core.errors import GraderFault, InputError
from happens_before.core.pipeline import Grader, Selection
from happens_before.core.report import Status
from happens_before.core.submission import files_of
from happens_before.core.unit import Check, Unit, read_toml, validate
from happens_before.learn import attempts
from happens_before.learn.attempts import Attempt
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
class Ticked:
    """How it is said of what was ticked or not: {} stands for an outcome, or for a promise.

    asks: above the options. by: how the explorer came to know the truth.
    """

    asks: str
    by: str
    so: str
    not_so: str
    truth: str


TICKED = {
    "outcomes": Ticked(
        "Those that C allows",
        "The explorer ran every execution.",
        "{} is allowed.",
        "{} is not allowed.",
        "C allows {}.",
    ),
    "schedules": Ticked(
        "Those that some schedule breaks",
        "The explorer ran the schedules of each, up to one that breaks it or to the last.",
        "“{}” breaks.",
        "“{}” is kept.",
        "Some schedule breaks {}.",
    ),
}


@dataclass(frozen=True)
class Explored:
    """An attempt, and the explorer's checks that are asked about."""

    unit: Unit
    attempt: Attempt
    checks: tuple[Check, ...]


@dataclass(frozen=True)
class Question:
    """One question.

    kind:       choice, number, order, outcomes or schedules.
    shape, order: of outcomes: the litmus test, and its orders.
    explored:   of schedules: what runs, and which promises of it some schedule may break.
    reasons:    of outcomes and schedules: what is said of an outcome, or of a promise.
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
    explored: Explored | None = field(default=None, hash=False)

    @property
    def options(self) -> list[str]:
        """What is shown with numbers, from 1: answers, items, outcomes or promises."""
        if self.kind == "choice":
            return [str(answer.given) for answer in self.answers]
        if self.explored:
            return [check.promise for check in self.explored.checks]
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
    if question.kind in TICKED:
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
    "schedules": "Answer with the numbers of those that break, from 1 to {}, or 'all' or 'none'.",
}


def judge(question: Question, answer: Given, grader: Callable[[], Grader]) -> Verdict:
    """What an answer is worth, and why.

    Of outcomes and schedules the explorer decides, which takes a second; grader: makes one that
    grades fresh, for schedules. Errors: GraderFault when it fails, or cannot see every schedule.
    """
    if question.kind in TICKED:
        assert isinstance(answer, frozenset)
        return _decided(question, answer, grader)
    for foreseen in question.answers:
        if foreseen.given == answer:
            return Verdict(foreseen.right, (foreseen.because,))
    return Verdict(False, (" ".join(question.otherwise.split()),))


def _decided(question: Question, ticked: frozenset[str], grader: Callable[[], Grader]) -> Verdict:
    from happens_before.litmus import allowed

    if question.explored:
        truth = _broken(question.explored, grader())
    else:
        truth = allowed.outcomes(question.program, ("rc11",))["rc11"]
    wrong = [option for option in question.options if (option in ticked) != (option in truth)]
    words = TICKED[question.kind]
    said = [f"{words.by} {told(question, truth)}"]
    for option in wrong:
        sentence = (words.so if option in truth else words.not_so).format(option)
        said.append(f"{sentence} {reasons(question).get(option, '')}".rstrip())
    return Verdict(not wrong, tuple(said))


def _broken(explored: Explored, grader: Grader) -> frozenset[str]:
    """The promises that some schedule of the attempt breaks; all others are kept by every one.

    Errors: GraderFault when that cannot be said.
    """
    unit = explored.unit.without_bounds()
    selection = Selection(checks=frozenset(check.name for check in explored.checks))
    files = files_of(attempts.as_submission(unit, explored.attempt), unit, alone=True)
    assert files  # alone: what is missing is told as a problem
    report = grader.grade_unit(unit, files, selection, lambda _: None)
    for judge in report.judges:
        if judge.status is Status.UNGRADED:
            raise GraderFault(f"the explorer did not see every schedule: {judge.message}")
    return frozenset(r.check.promise for r in report.results if r.status is not Status.PASS)


def foretold(explored: Explored) -> frozenset[str]:
    """The same as attempts/verdicts.toml has it, to which each attempt is held."""
    return frozenset(c.promise for c in explored.checks if c.name in explored.attempt.fails)


def told(question: Question, truth: frozenset[str]) -> str:
    """The truth of outcomes or schedules, as a sentence."""
    options = [option for option in question.options if option in truth]
    quoted = [f"“{option}”" if question.explored else option for option in options]
    listed = "; ".join(quoted) if quoted else "none of them"
    if len(options) == len(question.options):
        listed = f"all {len(options)} of them"
    return TICKED[question.kind].truth.format(listed)


def reasons(question: Question) -> dict[str, str]:
    """What is said of each outcome or promise, each in one line."""
    if question.explored:
        promises = {check.id: check.promise for check in question.explored.checks}
        return {promises[key]: " ".join(why.split()) for key, why in question.reasons.items()}
    return {state: " ".join(why.split()) for state, why in question.reasons.items()}


def load(unit: Unit) -> list[Question]:
    """The unit's questions, in the chapter's order.

    Errors: InputError when quiz.toml is missing, breaks its schema or contradicts itself.
    """
    file = unit.directory / "quiz.toml"
    data = read_toml(file)
    validate(data, workbook.SCHEMA / "quiz.schema.json", file)
    questions = [_question(item, unit, file) for item in data["question"]]
    seen: set[str] = set()
    for question in questions:
        for mistake in _mistakes(question, unit, seen):
            raise InputError(f"{question.id}: {mistake}", file)
        seen.add(question.id)
    return questions


def _question(item: dict[str, Any], unit: Unit, file: Path) -> Question:
    apart = ("answers", "items", "attempt", "checks")
    simple = {key: value for key, value in item.items() if key not in apart}
    answers = tuple(_answer(answer) for answer in item.get("answers", ()))
    explored = _asked(item, unit, file) if item["kind"] == "schedules" else None
    return Question(
        **simple, answers=answers, items=tuple(item.get("items", ())), explored=explored
    )


def _asked(item: dict[str, Any], unit: Unit, file: Path) -> Explored:
    found = attempts.load(unit)
    if item["attempt"] not in found:
        raise InputError(f"{item['id']}: no attempt '{item['attempt']}'.", file)
    attempt = found[item["attempt"]]
    known = {c.id: c for c in unit.checks if c.judge == "explore" and c.name in attempt.asked}
    if odd := [name for name in item["checks"] if name not in known]:
        raise InputError(
            f"{item['id']}: the explorer does not ask {attempt.name} '{odd[0]}'.", file
        )
    return Explored(unit, attempt, tuple(known[name] for name in item["checks"]))


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
    elif question.explored:
        checks = question.explored.checks
        if len(set(question.options)) < len(checks):
            found.append("two of its promises read the same.")
        if odd := sorted({check.id for check in checks} ^ set(question.reasons)):
            found.append(f"each of its checks needs one of its reasons, and '{odd[0]}' is alone.")
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
