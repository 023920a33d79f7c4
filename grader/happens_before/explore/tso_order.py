"""The order in which a machine with store buffers can run an execution that was found under tso.

The explorer decides by axioms, and tells the steps in an order with few changes of thread; in that
order a load may read what no buffer can hide any more. Here the same steps are put into an order that
x86 can take: a store enters its thread's buffer, leaves it in its turn, and a load reads its own
thread's buffer before memory. Of those orders it is one with the fewest changes of thread.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from happens_before.explore.buffers import drains_buffer
from happens_before.explore.edges import RawStep

MOST_STATES = 40_000  # looked at, before the order is left as it is

State = tuple[tuple[int, ...], tuple[int, ...], int]  # steps taken, stores flushed, last thread


def reordered(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """The raw results with their trace in an order of the machine's; as they are, where none is found.

    Only what was found under tso, and reads an old value, has anything to gain.
    """
    if raw["model"] != "tso" or not any(item["stale"] for item in raw["trace"]):
        return raw
    order = Machine(raw["trace"], ends=True).order() or Machine(raw["trace"]).order()
    return raw if order is None else _renumbered(raw, order)


class Machine:
    """x86 with store buffers, which must do what the trace says it did.

    ends: the trace's last step, behind which the fault was found, must stay the last one.
    """

    def __init__(self, trace: Sequence[RawStep], ends: bool = False) -> None:
        self._trace = trace
        self._threads = sorted({item["thread"] for item in trace})
        self._own = [[i for i in trace if i["thread"] == thread] for thread in self._threads]
        self._buffered = [[i for i in own if _is_buffered(i)] for own in self._own]
        self._place = {item["n"]: at for own in self._own for at, item in enumerate(own)}
        self._turn = {n: at for each in self._buffered for at, n in enumerate(_numbers(each))}
        self._before = self._must_come_before()
        self._ends = ends

    def order(self) -> list[int] | None:
        """The steps' numbers in their new order; None if there is none, or it was not found."""
        start: State = (tuple(0 for _ in self._own), tuple(0 for _ in self._own), -1)
        queue: list[tuple[int, int, State]] = [(0, 0, start)]
        came: dict[State, tuple[State, int]] = {}
        best, tick = {start: 0}, 0
        while queue and tick < MOST_STATES:
            cost, _, state = heapq.heappop(queue)
            if all(taken == len(own) for taken, own in zip(state[0], self._own)):
                return self._path(state, came)
            for after, step in self._moves(state):
                changed = bool(step) and state[2] not in (-1, after[2])
                if cost + changed < best.get(after, len(self._trace) + 1):
                    best[after], came[after] = cost + changed, (state, step)
                    tick += 1
                    heapq.heappush(queue, (cost + changed, tick, after))
        return None

    def _path(self, state: State, came: Mapping[State, tuple[State, int]]) -> list[int]:
        steps: list[int] = []
        while state in came:
            state, step = came[state]
            steps += [step] if step else []
        return steps[::-1]

    def _moves(self, state: State) -> Iterator[tuple[State, int]]:
        """The states behind this one, with the step that leads there; 0: a store leaves a buffer."""
        taken, flushed, last = state
        for at, own in enumerate(self._own):
            if taken[at] < len(own) and self._can(own[taken[at]], at, taken, flushed):
                yield (_more(taken, at), flushed, at), own[taken[at]]["n"]
            if flushed[at] < self._entered(at, taken):
                if self._can_reach_memory(self._buffered[at][flushed[at]], taken, flushed):
                    yield (taken, _more(flushed, at), last), 0

    def _entered(self, at: int, taken: Sequence[int]) -> int:
        """How many stores of the thread have entered its buffer."""
        return sum(self._place[item["n"]] < taken[at] for item in self._buffered[at])

    def _can(self, item: RawStep, at: int, taken: Sequence[int], flushed: Sequence[int]) -> bool:
        done = [self._is_taken(n, taken) for n in self._before[item["n"]]]
        if not all(done):
            return False
        if self._ends and item is self._trace[-1] and sum(taken) < len(self._trace) - 1:
            return False
        if drains_buffer(item) and flushed[at] < self._entered(at, taken):
            return False
        if item["op"] == "join":
            return self._is_empty(item, taken, flushed)
        if item["location"] is None or item["from"] is None:
            return True
        return self._newest(item, at, taken, flushed) == item["from"] and (
            item["rank"] is None or self._can_reach_memory(item, taken, flushed)
        )

    def _is_empty(self, item: RawStep, taken: Sequence[int], flushed: Sequence[int]) -> bool:
        """Has what is joined ended, with nothing left in its buffer?"""
        if not item["from"]:
            return True
        at = self._threads.index(self._trace[item["from"] - 1]["thread"])
        return self._is_taken(item["from"], taken) and flushed[at] == self._entered(at, taken)

    def _is_taken(self, n: int, taken: Sequence[int]) -> bool:
        return self._place[n] < taken[self._threads.index(self._trace[n - 1]["thread"])]

    def _in_memory(self, item: RawStep, taken: Sequence[int], flushed: Sequence[int]) -> bool:
        if item["n"] not in self._turn:
            return self._is_taken(item["n"], taken)
        return self._turn[item["n"]] < flushed[self._threads.index(item["thread"])]

    def _stores(self, location: int) -> Iterator[RawStep]:
        for item in self._trace:
            if item["location"] == location and item["rank"] is not None:
                yield item

    def _can_reach_memory(
        self, item: RawStep, taken: Sequence[int], flushed: Sequence[int]
    ) -> bool:
        """Are all stores there that stand before it in modification order?"""
        return item["location"] is None or all(
            self._in_memory(other, taken, flushed)
            for other in self._stores(item["location"])
            if other["rank"] < item["rank"]
        )

    def _newest(self, item: RawStep, at: int, taken: Sequence[int], flushed: Sequence[int]) -> int:
        """The step whose value a read of the location would take now; 0: the initial value."""
        entered = self._buffered[at][flushed[at] : self._entered(at, taken)]
        own = [each["n"] for each in entered if each["location"] == item["location"]]
        if own:
            return int(own[-1])
        there = [i for i in self._stores(item["location"]) if self._in_memory(i, taken, flushed)]
        return int(max(there, key=lambda i: int(i["rank"]))["n"]) if there else 0

    def _must_come_before(self) -> dict[int, list[int]]:
        """Of each step, those of other threads that stay in front: its thread's creation, what wakes
        it, and plain accesses to the same memory of which one writes."""
        before: dict[int, list[int]] = defaultdict(list)
        for item in self._trace:
            number = item["note"] if item["op"] == "create" else None
            if number and int(number.removeprefix("thread ")) in self._threads:
                own = self._own[self._threads.index(int(number.removeprefix("thread ")))]
                before[own[0]["n"]].append(item["n"])
            if item["op"] == "join" and item["from"]:
                before[item["n"]].append(item["from"])
            if item["op"] in ("read", "write"):
                before[item["n"]] += [n for n in self._conflicts(item)]
        return before

    def _conflicts(self, item: RawStep) -> Iterator[int]:
        for other in self._trace[: item["n"] - 1]:
            same = other["op"] in ("read", "write") and other["address"] == item["address"]
            if same and "write" in (other["op"], item["op"]):
                yield other["n"]


def _is_buffered(item: RawStep) -> bool:
    return item["op"] == "store" and not drains_buffer(item)


def _numbers(items: Sequence[RawStep]) -> list[int]:
    return [item["n"] for item in items]


def _more(counts: tuple[int, ...], at: int) -> tuple[int, ...]:
    return (*counts[:at], counts[at] + 1, *counts[at + 1 :])


def _renumbered(raw: Mapping[str, Any], order: Sequence[int]) -> dict[str, Any]:
    """The raw results with their steps in this order, and every number of a step made the new one."""
    new = {0: 0} | {old: at for at, old in enumerate(order, 1)}
    trace: list[dict[str, Any]] = []
    ranks: dict[int, int] = {}  # of each location, of the newest store so far
    for old in order:
        item = dict(raw["trace"][old - 1])
        item |= {"n": new[old], "after": [new[n] for n in item["after"]]}
        if item["from"] is not None:
            source = raw["trace"][item["from"] - 1]["rank"] if item["from"] else -1
            reads = item["op"] != "join" and item["location"] is not None and source is not None
            item["stale"] = reads and source < ranks.get(item["location"], -1)
            item["from"] = new[item["from"]]
        if item["rank"] is not None:
            ranks[item["location"]] = max(ranks.get(item["location"], -1), item["rank"])
        trace.append(item)
    fault = dict(raw["fault"]) if raw["fault"] else None
    if fault and fault.get("other") and fault["other"].get("step"):
        fault["other"] = fault["other"] | {"step": new[fault["other"]["step"]]}
    if fault:
        fault["waiting"] = [_waiting(item, new) for item in fault.get("waiting", ())]
    return {**raw, "trace": trace, "fault": fault}


def _waiting(item: Mapping[str, Any], new: Mapping[int, int]) -> dict[str, Any]:
    told = dict(item)
    if item.get("held_since"):
        told["held_since"] = new[item["held_since"]]
    if item.get("woke_nobody"):
        told["woke_nobody"] = sorted(new[n] for n in item["woke_nobody"])
    return told
