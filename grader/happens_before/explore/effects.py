"""What each step of an execution changes: values, locks, who waits, and what a thread may still see.

A State is what a reader would write on a board beside the columns. States are told as differences.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from happens_before.explore import words
from happens_before.explore.buffers import reach_memory
from happens_before.explore.edges import RawStep
from happens_before.explore.objects import Objects

UNKNOWN = "?"  # a value that was written, and that nobody has read since
NOT_STARTED, RUNS, WAITS, ENDED = "not started", "runs", "waits", "ended"
UNLOCKS = ("unlock a mutex", "unlock a read-write lock", "unlock a spin lock")


@dataclass
class State:
    """The board after some step; or, as a difference, only what is new on it.

    values:  of each location by its index, as a reader would write it.
    holders: of each lock by its index, the threads that hold it.
    threads: of each thread, NOT_STARTED, RUNS, WAITS or ENDED, and what it waits for.
    floors:  by (thread, location), how many of the location's stores, in modification order, the
             thread can no longer see; rc11 only.
    buffers: of each thread, the steps whose stores no other thread sees yet; tso only.
    """

    values: dict[int, str] = field(default_factory=dict)
    holders: dict[int, tuple[int, ...]] = field(default_factory=dict)
    threads: dict[int, tuple[str, str]] = field(default_factory=dict)
    floors: dict[tuple[int, int], int] = field(default_factory=dict)
    buffers: dict[int, tuple[int, ...]] = field(default_factory=dict)

    def since(self, before: State) -> State:
        """What is new in this state."""
        return State(
            *(
                {key: value for key, value in mine.items() if theirs.get(key) != value}
                for mine, theirs in zip(self._parts(), before._parts())
            )
        )

    def then(self, changes: State) -> State:
        """This state with the changes made."""
        return State(*(mine | new for mine, new in zip(self._parts(), changes._parts())))

    def _parts(self) -> tuple[dict[Any, Any], ...]:
        return self.values, self.holders, self.threads, self.floors, self.buffers

    def to_json(self) -> dict[str, list[list[Any]]]:
        """In the form of story.schema.json; what is empty is left out."""
        told: dict[str, list[list[Any]]] = {
            "values": [[at, value] for at, value in self.values.items()],
            "holders": [[at, list(threads)] for at, threads in self.holders.items()],
            "threads": [[number, *status] for number, status in self.threads.items()],
            "floors": [[*key, floor] for key, floor in self.floors.items()],
            "buffers": [[number, list(steps)] for number, steps in self.buffers.items()],
        }
        return {key: rows for key, rows in told.items() if rows}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> State:
        """The inverse of to_json. Errors: KeyError, TypeError or ValueError if it is damaged."""
        return cls(
            {at: value for at, value in data.get("values", ())},
            {at: tuple(threads) for at, threads in data.get("holders", ())},
            {number: (status, text) for number, status, text in data.get("threads", ())},
            {(thread, at): floor for thread, at, floor in data.get("floors", ())},
            {number: tuple(steps) for number, steps in data.get("buffers", ())},
        )


class Board:
    """Walks one execution. data: an exploration in the form of explore.schema.json."""

    def __init__(self, data: Mapping[str, Any], objects: Objects, threads: Sequence[int]) -> None:
        self._model, self._objects, self._threads = data["model"], objects, threads
        self._trace: list[RawStep] = data["trace"]
        waiting = data["fault"]["waiting"] if data["fault"] else data.get("waiting", ())
        self._waiting = {item["thread"]: item for item in waiting}
        self._own: dict[int, list[RawStep]] = defaultdict(list)
        for item in self._trace:
            self._own[item["thread"]].append(item)
        self._done: dict[int, int] = dict.fromkeys(self._own, 0)  # of each thread, steps taken
        self._known: dict[int, list[int]] = {}  # of each thread, own steps counted in its floors
        self._leaves = reach_memory(self._trace, objects) if self._model == "tso" else {}
        self._state = State(
            values={at: item.initial for at, item in enumerate(objects) if item.initial},
            threads={thread: (NOT_STARTED if thread else RUNS, "") for thread in threads},
        )
        self._newest: dict[int, int] = {}

    def states(self) -> Iterator[State]:
        """The state before the first step, and then after each step of the trace."""
        yield self._copy()
        for item in self._trace:
            self._done[item["thread"]] += 1
            self._store(item["n"])
            self._lock(item)
            self._see(item)
            self._tell_threads(item)
            yield self._copy()

    def _copy(self) -> State:
        return State().then(self._state)

    def _store(self, now: int) -> None:
        """Values: what is newest in modification order, of the stores that have reached memory."""
        for step, at, rank, value in self._objects.stores_at(now, self._leaves):
            if rank >= self._newest.get(at, 0):
                self._newest[at] = rank
                self._state.values[at] = UNKNOWN if value is None else value
        if self._leaves:
            for thread in self._threads:
                held = self._state.buffers.get(thread, ())
                mine = self._trace[now - 1]["thread"] == thread
                held = tuple(n for n in (*held, *[now] * mine) if self._leaves.get(n, 0) > now)
                if held or thread in self._state.buffers:
                    self._state.buffers[thread] = held

    def _lock(self, item: RawStep) -> None:
        at = self._objects.lock_of(item)
        if at is None:
            return
        holders, me = self._state.holders.get(at, ()), item["thread"]
        if item["label"] in UNLOCKS:
            deeper = item["label"] == "unlock a mutex" and int(item["written"] or "0x0", 16)
            holders = holders if deeper else tuple(each for each in holders if each != me)
        elif item["written"] is not None and me not in holders:
            holders = (*holders, me)
        self._state.holders[at] = holders

    def _see(self, item: RawStep) -> None:
        """Raise the floors of the thread: what it now comes after hides all that is older."""
        if self._model != "rc11":
            return
        me, after = item["thread"], [*item["after"]]
        after[me] = max(after[me], item["n"])
        counted = self._known.setdefault(me, [0] * len(after))
        for thread, number in enumerate(after):
            own = self._own.get(thread, [])
            while counted[thread] < len(own) and own[counted[thread]]["n"] <= number:
                at, rank = self._objects.seen_by(own[counted[thread]])
                if at is not None and rank > self._state.floors.get((me, at), 0):
                    self._state.floors[me, at] = rank
                counted[thread] += 1

    def _tell_threads(self, item: RawStep) -> None:
        if item["op"] == "create" and item["note"]:
            me, new = item["thread"], int(item["note"].removeprefix("thread "))
            self._state.threads[new] = (RUNS, "")
            inherited = {at: floor for (who, at), floor in self._state.floors.items() if who == me}
            self._state.floors |= {(new, at): floor for at, floor in inherited.items()}
        for thread in self._threads:
            if self._state.threads[thread][0] != NOT_STARTED:
                self._state.threads[thread] = self._status(thread, item["n"])

    def _status(self, thread: int, now: int) -> tuple[str, str]:
        own, done = self._own.get(thread, []), self._done.get(thread, 0)
        if done < len(own):
            reason = self._waits_for(own[done], now)
            return (WAITS, reason) if reason else (RUNS, "")
        if own and own[-1]["op"] == "end":
            return ENDED, ""
        if thread in self._waiting:
            return WAITS, words.waiting({**self._waiting[thread], "pc": None})
        return RUNS, ""

    def _waits_for(self, item: RawStep, now: int) -> str:
        """Why a thread cannot take this step of its own yet; "" if it can."""
        source, label = item["from"] or 0, item["label"]
        if item["op"] == "join" and source > now:
            if label == "join":
                return f"waits for the end of thread {self._trace[source - 1]['thread']}"
            return _at(words.WAITS.get(label, f"waits: {label}"), item)
        at = self._objects.lock_of(item)
        if at is not None and label in words.WAITS:
            others = [each for each in self._state.holders.get(at, ()) if each != item["thread"]]
            held = f", held by {' and '.join(f'thread {each}' for each in others)}"
            return _at(words.WAITS[label], item) + held if others and source > now else ""
        if item["hidden"] and label in words.WAITS and source > now:
            return _at(words.WAITS[label], item)
        return ""


def _at(text: str, item: RawStep) -> str:
    return f"{text} ({item['variable']})" if item["variable"] else text
