"""A unit's questions on a terminal or in a pipe: one after the other, a line of input for each."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator, Sequence
from typing import Callable

from happens_before.core.errors import InputError
from happens_before.learn import quiz
from happens_before.learn.quiz import Question
from happens_before.litmus.report import program_lines
from rich.console import Console
from rich.text import Text

WIDTH = 80
ASK = {
    "choice": "Your answer (a number)",
    "number": "Your answer (a number)",
    "order": "Your order (all the numbers)",
    **{kind: f"{words.asks} (numbers, 'all' or 'none')" for kind, words in quiz.TICKED.items()},
}
SHOW = "Run it now? (y; Enter: no)"


class End(Exception):
    """The reader has had enough, or the input has ended."""


def hold(
    questions: Sequence[Question],
    console: Console,
    judge: Callable[[Question, quiz.Given], quiz.Verdict],
    run: Callable[[str], None],
) -> tuple[int, int]:
    """Ask them all. judge: says what an answer is worth; run: runs a `make ...` command.

    Returns how many were right at once, of how many.
    """
    right = asked = 0
    try:
        for number, question in enumerate(questions, 1):
            _print(console, Text(f"\n{number} of {len(questions)}", "bold"))
            for line in _shown(question):
                _print(console, line)
            right += _answered(question, console, judge)
            asked += 1
            _offer(question, console, run)
    except End:
        console.print()
    return right, asked


def _print(console: Console, line: Text) -> None:
    console.print(line, soft_wrap=True)


def _shown(question: Question) -> Iterator[Text]:
    yield from (Text(line) for line in textwrap.wrap(" ".join(question.prompt.split()), WIDTH))
    for line in question.code.strip("\n").splitlines():
        yield Text(f"    {line}", "cyan")
    if question.kind == "outcomes":
        yield from (Text(f"    {line}", "cyan") for line in program_lines(question.program))
    yield Text()
    for number, option in enumerate(question.options, 1):
        wrapped = textwrap.wrap(" ".join(option.split()), WIDTH - 5)
        yield from (
            Text(f"{number:>3}. {w}" if at == 0 else f"     {w}") for at, w in enumerate(wrapped)
        )


def _answered(
    question: Question,
    console: Console,
    judge: Callable[[Question, quiz.Given], quiz.Verdict],
) -> bool:
    """Whether the first answer was right; further ones are for learning."""
    first = None
    while True:
        text = _line(console, ASK[question.kind] if first is None else "Again (Enter: go on)")
        if not text.strip() and first is not None:
            return first
        try:
            verdict = judge(question, quiz.given(question, text))
        except InputError as error:
            _print(console, Text(str(error), "yellow"))
            continue
        first = verdict.right if first is None else first
        word = Text(
            "Right. " if verdict.right else "Not so. ", "green" if verdict.right else "bold red"
        )
        _print(console, word)
        for paragraph in verdict.because:
            for line in textwrap.wrap(paragraph, WIDTH):
                _print(console, Text(line))
        if verdict.right:
            return first


def _offer(question: Question, console: Console, run: Callable[[str], None]) -> None:
    if not question.show:
        return
    _print(console, Text.assemble("\nSee it: ", (question.show, "bold")))
    look = " ".join(question.look.split())
    for line in textwrap.wrap(f"look at {look}", WIDTH - 2, subsequent_indent=" " * 8):
        _print(console, Text(f"  {line}", "dim"))
    if _line(console, SHOW).strip().lower() in ("y", "yes"):
        run(question.show)


def _line(console: Console, question: str) -> str:
    console.print(Text(f"{question}: ", "bold"), end="", soft_wrap=True)
    text = sys.stdin.readline()
    if not text or text.strip().lower() in ("q", "quit"):
        raise End
    if not sys.stdin.isatty():  # what is typed at a terminal stands there already
        _print(console, Text(text.strip()))
    return text
