"""Questions: answers are read, odd ones refused, and each gets the reason that fits it."""

from __future__ import annotations

import pytest
from happens_before.core.errors import InputError
from happens_before.learn.quiz import Answer, Question, given, judge

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
