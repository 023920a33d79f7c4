"""A failure's evidence as a table: a column a thread, a row a step, and where each ended up."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from happens_before.core.report import CheckResult, Evidence, Place
from happens_before.explore.words import CLOSING_COMMENT

STEP = re.compile(r"step (?P<step>\d+), thread (?P<thread>\d+): (?P<text>.*)", re.S)
LEFT_OUT = re.compile(r"\((?P<count>\d+) steps? left out\)$")
OF_THREAD = re.compile(r"thread (?P<thread>\d+):? (?P<text>.*)", re.S)
TO_SEE_AGAIN = "to see it again: "
DEED = re.compile(r"(?P<what>.*?)(?: \[(?P<how>[^\[\]]*)\](?P<more>.*))?", re.S)


@dataclass(frozen=True)
class Deed:
    """One thing that a thread did. how: the memory order, and the step that a read took it from."""

    what: str
    how: str = ""


@dataclass(frozen=True)
class Step:
    """A row. switched: another thread than in the row above. left_out: how many rows were."""

    number: int
    thread: int
    deeds: tuple[Deed, ...]
    places: Sequence[Place]
    switched: bool = False
    left_out: int = 0


@dataclass(frozen=True)
class End:
    """What a thread does when the promise breaks. breaks_it: the fault was found in this thread."""

    thread: int
    text: str
    places: Sequence[Place]
    breaks_it: bool


@dataclass(frozen=True)
class Interleaving:
    """The story of a failure.

    threads: those that take steps. others: evidence that belongs to no thread. again: the command
    that runs it again.
    """

    threads: tuple[int, ...]
    steps: tuple[Step, ...]
    ends: tuple[End, ...]
    others: tuple[Evidence, ...]
    again: str


def interleaving_of(result: CheckResult) -> Interleaving | None:
    """The interleaving that the evidence tells; None when it tells of no steps."""
    steps: list[Step] = []
    ends: list[End] = []
    others: list[Evidence] = []
    again = ""
    for item in result.evidence:
        if match := STEP.fullmatch(item.text):
            steps.append(_step(match, item, steps))
        elif match := LEFT_OUT.fullmatch(item.text):
            steps.append(Step(0, 0, (), (), left_out=int(match["count"])))
        elif match := OF_THREAD.fullmatch(item.text):
            _end(ends, int(match["thread"]), match["text"], item)
        elif item.text.startswith(TO_SEE_AGAIN):
            again = item.text.removeprefix(TO_SEE_AGAIN)
        else:
            others.append(item)
    if not steps:
        return None
    threads = sorted({step.thread for step in steps if not step.left_out})
    return Interleaving(tuple(threads), tuple(steps), tuple(ends), tuple(others), again)


def _step(match: re.Match[str], item: Evidence, before: Sequence[Step]) -> Step:
    thread = int(match["thread"])
    return Step(
        int(match["step"]),
        thread,
        tuple(_told_once(match["text"].split("; "))),
        [replace(place, text=CLOSING_COMMENT.sub("", place.text)) for place in item.places],
        switched=bool(before) and before[-1].thread != thread,
    )


def _end(ends: list[End], thread: int, text: str, item: Evidence) -> None:
    """Add what a thread does in the end; the first one told of is where the fault was found."""
    for number, end in enumerate(ends):
        if end.thread == thread:
            ends[number] = replace(end, text=f"{end.text}: {text}")
            return
    ends.append(End(thread, text, item.places, not ends))


def _told_once(texts: Sequence[str]) -> list[Deed]:
    """The deeds; what a thread does again and again in one place is told once, with how often."""
    deeds: list[Deed] = []
    times: list[int] = []
    for text in texts:
        deed = _deed(text)
        if deeds and deeds[-1] == deed:
            times[-1] += 1
        else:
            deeds.append(deed)
            times.append(1)
    return [
        Deed(deed.what + (f", {count} times" if count > 1 else ""), deed.how)
        for deed, count in zip(deeds, times)
    ]


def _deed(text: str) -> Deed:
    match = DEED.fullmatch(text)
    assert match
    return Deed(match["what"] + (match["more"] or ""), match["how"] or "")
