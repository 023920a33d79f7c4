"""The happens-before edges of one execution, from what the explorer knows of each step.

The runtime tells with each step, in `after`, the last step of every thread that happens-before it. An
edge stands where a thread learns of another's step that nothing before told it of: from the release
(or its fence, the create, the end, the unlock) to the step that acquires it.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

RawStep = Mapping[str, Any]

ORDERS = "orders"  # happens-before
WAKES = "wakes"  # a futex or a condition variable: it lets the other go on, and orders no memory
WAKING = ("futex wait", "wait on a condition variable")


@dataclass(frozen=True)
class Edge:
    """An arrow between two steps, by their numbers. kind: ORDERS or WAKES."""

    start: int
    end: int
    label: str
    kind: str = ORDERS

    def to_json(self) -> dict[str, Any]:
        """In the form of story.schema.json."""
        return {"from": self.start, "to": self.end, "label": self.label, "kind": self.kind}


def edges_of(trace: Sequence[RawStep], told: Sequence[RawStep]) -> list[Edge]:
    """The edges between different threads, without those that follow from others.

    told: the steps of the trace that are told; what a step left out acquires, the next one has.
    """
    by_number = {item["n"]: item for item in trace}
    shown = {item["n"] for item in told}
    known: dict[int, list[int]] = {}  # of each thread, what its last step came after
    edges: list[Edge] = []
    for item in told:
        me, after = item["thread"], item["after"]
        before = known.get(me, [0] * len(after))
        learnt = [
            number
            for thread, number in enumerate(after)
            if thread != me and number > (before[thread] if thread < len(before) else 0)
        ]
        edges += [_ordered(by_number[start], item) for start in _without_implied(learnt, by_number)]
        edges += _wake(item, trace, shown)
        known[me] = after
    return edges


def _without_implied(steps: Sequence[int], by_number: Mapping[int, RawStep]) -> Iterator[int]:
    """The steps that do not happen-before another of them."""
    for step in steps:
        if not any(
            other != step and _comes_after(by_number[other], step, by_number) for other in steps
        ):
            yield step


def _comes_after(item: RawStep, step: int, by_number: Mapping[int, RawStep]) -> bool:
    thread = by_number[step]["thread"]
    return thread < len(item["after"]) and bool(item["after"][thread] >= step)


def happens_before(first: RawStep, second: RawStep) -> bool:
    """Does the first step happen-before the second? Both of one trace, of different threads.

    What `after` names is no plain access; one happens-before all that its thread's next step does.
    """
    thread = first["thread"]
    return thread < len(second["after"]) and bool(second["after"][thread] >= first["n"])


def frees(item: RawStep, address: str | None) -> bool:
    """Does the step give back the block of the heap in which this address lies?"""
    if item["op"] != "free" or not address:
        return False
    within = int(address, 16) - int(item["address"], 16)
    return 0 <= within < max(int(item["size"]), 1)


def _ordered(start: RawStep, end: RawStep) -> Edge:
    if start["op"] == "create":
        label = "create"
    elif start["op"] == "end":
        label = "join"
    else:
        label = f"{_deed(start)} → {_deed(end)}"
    return Edge(start["n"], end["n"], label)


def _deed(item: RawStep) -> str:
    """One end of an edge in two words or three: "release", "acquire fence", "unlock a mutex"."""
    if item["op"] == "fence":
        return f"{item['order']} fence"
    return str(item["order"] or item["label"] or item["op"])


def _wake(item: RawStep, trace: Sequence[RawStep], shown: Container[int]) -> Iterator[Edge]:
    """The arrow to a thread that was woken, from the told step that the wake belongs to."""
    if item["op"] != "join" or item["label"] not in WAKING or not item["from"]:
        return
    thread = trace[item["from"] - 1]["thread"]
    for source in reversed(trace[: item["from"]]):
        if source["thread"] == thread and source["n"] in shown:
            yield Edge(source["n"], item["n"], "wakes", WAKES)
            return
