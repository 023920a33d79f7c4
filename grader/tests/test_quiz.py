"""Questions: answers are read, odd ones refused, and each gets the reason that fits it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from happens_before.commands.check import make_grader
from happens_before.core import unit as units
from happens_before.core import workbook
from happens_before.core.errors import GraderFault, InputError
from happens_before.core.pipeline import Grader
from happens_before.learn import quiz
from happens_before.learn.quiz import Answer, Question, Verdict, given

CHOICE = Question(
    "a", "s", "choice", "?", (Answer("yes", True, "so it is"), Answer("no", False, "it is not"))
)
NUMBER = Question(
    "b", "s", "number", "?", (Answer(3, True, "three"), Answer(1, False, "one")), otherwise="count"
)
ORDER = Question(
    "c",
    "s",
    "order",
    "?",
    (Answer((2, 1, 3), True, "so"),),
    items=("x", "y", "z"),
    otherwise="think",
)
OUTCOMES = Question(
    "d", "s", "outcomes", "?", shape="SB", order="seq_cst", reasons={"a=0 b=0": "!"}
)


def no_grader() -> Grader:
    raise AssertionError("nothing is graded for this kind")


def fresh_grader() -> Grader:
    return make_grader(fresh=True)


def judge(
    question: Question, answer: quiz.Given, grader: Callable[[], Grader] = no_grader
) -> Verdict:
    return quiz.judge(question, answer, grader)


READ = [
    (CHOICE, " 2\n", "no"),
    (NUMBER, "-7", -7),
    (ORDER, "2, 1 3", (2, 1, 3)),
    (OUTCOMES, "all", frozenset(["a=0 b=0", "a=0 b=1", "a=1 b=0", "a=1 b=1"])),
    (OUTCOMES, "2 3", frozenset(["a=0 b=1", "a=1 b=0"])),
    (OUTCOMES, "NONE", frozenset()),
]
ODD = [
    *((CHOICE, text) for text in ("", "0", "3", "yes", "1 2", "²")),
    *((NUMBER, text) for text in ("", "3.5", "three", "1 2", "--1")),
    *((ORDER, text) for text in ("", "1 2", "1 2 2", "1 2 3 4", "x y z")),
    *((OUTCOMES, text) for text in ("", "0", "5", "some")),
]


@pytest.mark.parametrize(("question", "text", "answer"), READ)
def test_an_answer_is_read(question: Question, text: str, answer: object) -> None:
    assert given(question, text) == answer


@pytest.mark.parametrize(("question", "text"), ODD)
def test_an_odd_answer_is_refused_with_how_to_answer(question: Question, text: str) -> None:
    with pytest.raises(InputError, match="is no answer. Answer with"):
        given(question, text)


def test_each_answer_gets_the_reason_that_fits_it() -> None:
    assert judge(CHOICE, "no").because == ("it is not",)
    assert judge(NUMBER, 3).right and judge(NUMBER, 3).because == ("three",)
    assert not judge(NUMBER, 99).right and judge(NUMBER, 99).because == ("count",)
    assert judge(ORDER, (2, 1, 3)).right and judge(ORDER, (1, 2, 3)).because == ("think",)


def test_outcomes_are_decided_by_the_explorer() -> None:
    wrong = judge(OUTCOMES, given(OUTCOMES, "all"))
    assert not wrong.right
    assert wrong.because[0].endswith("C allows a=0 b=1; a=1 b=0; a=1 b=1.")
    assert wrong.because[1:] == ("a=0 b=0 is not allowed. !",)
    assert judge(OUTCOMES, given(OUTCOMES, "2 3 4")).right


FORGETS = "of three threads each gets its turn, in every schedule"
EXCLUDES = "two critical sections never overlap, in any schedule"


def scheduled() -> Question:
    """A question about all schedules of an attempt: one of its four promises breaks."""
    unit = units.load(workbook.find_unit("04-mutex"))
    [question] = [question for question in quiz.load(unit) if question.kind == "schedules"]
    return question


def test_what_schedules_break_is_decided_by_the_explorer() -> None:
    question = scheduled()
    assert FORGETS in question.options and EXCLUDES in question.options
    right = judge(question, frozenset([FORGETS]), fresh_grader)
    assert right.right
    assert right.because == (
        "The explorer ran the schedules of each, up to one that breaks it or to the last. "
        f"Some schedule breaks “{FORGETS}”.",
    )
    wrong = judge(question, frozenset([EXCLUDES]), fresh_grader)
    assert not wrong.right
    assert [line.split("”")[0] for line in wrong.because[1:]] == [f"“{EXCLUDES}", f"“{FORGETS}"]
    assert all(re.search("” (breaks|is kept)[.] [A-Z]", line) for line in wrong.because[1:])


def test_the_explorer_decides_and_no_list() -> None:
    """Asked about an answer that keeps every promise, the same question has another truth."""
    question = scheduled()
    assert question.explored
    unit, attempt = question.explored.unit, question.explored.attempt
    sound = replace(attempt, file=unit.solution / unit.editable[0])
    asked = replace(question, explored=replace(question.explored, attempt=sound))
    assert judge(asked, frozenset(), fresh_grader).right
    assert quiz.foretold(question.explored) == {FORGETS}


def test_a_search_that_is_cut_off_is_no_answer() -> None:
    """The judge passes it where unit.toml says so; that no schedule breaks it, nobody has seen."""
    explored = scheduled().explored
    assert explored
    two = {"executions": 2, "unroll": 100, "bounded": True}
    plans = tuple(
        replace(plan, checks=tuple(replace(check, budget=two) for check in plan.checks))
        for plan in explored.unit.plans
    )
    asked = replace(explored, unit=replace(explored.unit, plans=plans))
    with pytest.raises(GraderFault, match="did not see every schedule: .*executions"):
        judge(replace(scheduled(), explored=asked), frozenset(), fresh_grader)


WRONG = [
    ('attempt = "lost_wakeup"', 'attempt = "lost"', "no attempt 'lost'"),
    (
        '"scenario__excludes",',
        '"scenario__exclude",',
        "does not ask lost_wakeup 'scenario__exclude'",
    ),
    ('"scenario__excludes",', "", "'scenario__excludes' is alone"),
    ("scenario__excludes = ", "scenario__nests = ", "needs one of its reasons"),
    ('attempt = "lost_wakeup"', 'shape = "SB"', "shape"),
    ('kind = "schedules"', 'kind = "choice"', "answers"),
]


@pytest.mark.parametrize(("old", "new", "told"), WRONG, ids=[told for *_, told in WRONG])
def test_a_question_about_schedules_that_contradicts_itself_is_told(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    unit = units.load(workbook.find_unit("04-mutex"))
    copy = Path(shutil.copytree(unit.directory, tmp_path / unit.path))
    shutil.copytree(unit.solution, tmp_path / "solutions" / unit.path)
    file = copy / "quiz.toml"
    before, mark, after = file.read_text().partition('id = "how_many_it_takes"')
    file.write_text(before + mark + after.replace(old, new, 1))
    with pytest.raises(InputError, match=re.escape(told)):
        quiz.load(units.load(copy))
