"""The reader predicts before anything runs: which outcomes does C allow, which will be seen?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from happens_before.litmus import shapes
from happens_before.litmus.program import Program
from happens_before.litmus.report import C, MOST_CANDIDATES, Result, candidates

ALLOWED = "Which of these does C allow? (numbers, 'all', 'none'; Enter: no prediction)"
SEEN = "And which will this processor show?"
ASKED = "Can it end with {asks}: does C allow it? (y, n; Enter: no prediction)"


@dataclass(frozen=True)
class Prediction:
    """What the reader said. None: nothing. asked: for programs with too many outcomes to list."""

    outcomes: tuple[str, ...] = ()
    allowed: frozenset[str] | None = None
    seen: frozenset[str] | None = None
    asked: bool | None = None


def chosen(text: str, outcomes: Sequence[str]) -> frozenset[str] | None:
    """The outcomes that an answer ticks; None for one that cannot be read."""
    words = text.replace(",", " ").split()
    if words == ["all"]:
        return frozenset(outcomes)
    if words == ["none"]:
        return frozenset()
    if not all(word.isdecimal() and 1 <= int(word) <= len(outcomes) for word in words):
        return None
    return frozenset(outcomes[int(word) - 1] for word in words)


def ask(
    program: Program, asks: str, read: Callable[[str], str], tell: Callable[[str], None]
) -> Prediction:
    """Ask the reader; an empty answer to the first question is no prediction."""
    outcomes = candidates(program)
    if len(outcomes) > MOST_CANDIDATES:
        return Prediction(asked=_yes_or_no(asks, read)) if asks else Prediction()
    for number, state in enumerate(outcomes, 1):
        tell(f"  {number:>2}  {state}")
    allowed = _ticked(ALLOWED, outcomes, read, tell)
    if allowed is None:
        return Prediction()
    seen = _ticked(SEEN, outcomes, read, tell)
    return Prediction(tuple(outcomes), allowed, seen)


def _ticked(
    question: str,
    outcomes: Sequence[str],
    read: Callable[[str], str],
    tell: Callable[[str], None],
) -> frozenset[str] | None:
    while True:
        answer = read(question).strip()
        if not answer:
            return None
        if (ticked := chosen(answer, outcomes)) is not None:
            return ticked
        tell(f"Numbers from 1 to {len(outcomes)} with spaces between, or 'all', or 'none'.")


def _yes_or_no(asks: str, read: Callable[[str], str]) -> bool | None:
    while True:
        answer = read(ASKED.format(asks=asks)).strip().lower()
        if not answer:
            return None
        if answer in ("y", "yes", "n", "no"):
            return answer.startswith("y")


def verdict(prediction: Prediction, result: Result) -> list[str]:
    """How the prediction compares with what is, a sentence each."""
    found = []
    if prediction.asked is not None:
        truth = any(shapes.matches(state, result.asks) for state in result.allowed[C])
        right = prediction.asked == truth
        found.append(f"You said {'yes' if prediction.asked else 'no'}: {_judged(right)}.")
    if prediction.allowed is not None:
        found.append(
            _compared("allowed", prediction.outcomes, prediction.allowed, result.allowed[C])
        )
    if prediction.seen is not None:
        shown = frozenset(result.seen.outcomes)
        found.append(_compared("seen here", prediction.outcomes, prediction.seen, shown))
    return found


def _judged(right: bool) -> str:
    return "right" if right else "not so"


def _compared(
    what: str, outcomes: Sequence[str], ticked: frozenset[str], truth: frozenset[str]
) -> str:
    missed = [state for state in outcomes if state in truth - ticked]
    extra = [state for state in outcomes if state in ticked - truth]
    right = len(outcomes) - len(missed) - len(extra)
    text = f"Your prediction, {what}: {right} of {len(outcomes)} right."
    text += f" You left out {'; '.join(missed)}." if missed else ""
    return text + (f" You ticked {'; '.join(extra)}." if extra else "")
