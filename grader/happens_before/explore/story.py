"""The story of one exploration: its failing execution, step by step, ready to be shown.

A Story holds all that a face needs, and no face needs to know more: who takes which step at which
line, what the step changes, which steps happen-before which, and what is wrong. It is made from the
findings of an exploration (explore.schema.json) and kept as JSON (story.schema.json).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from happens_before.core.errors import InputError
from happens_before.explore import words
from happens_before.explore.blame import Arrow
from happens_before.explore.edges import Edge
from happens_before.explore.effects import State
from happens_before.explore.objects import Location

SCHEMA = "happens-before/story/1"
MOST_IN_A_REPORT = 400  # steps; more is for `grader/grade explore --json`
TO_DO = "Explore the program again, with this workbook's grader."
SHOWN_FIRST = 100  # of a story that is cut; the rest of what it may have stands at its end


@dataclass(frozen=True)
class Step:
    """One step of one thread, with what it changes on the board.

    number: as texts name it; from 1, and not without gaps. text: what it did, in words. location: an
    index into the story's; None for none. source: the step whose value it read, 0 for the initial
    value, None if it read none. left_out: not 0 where so many steps were cut out, instead of a step.
    """

    number: int
    thread: int
    text: str
    file: str = ""
    line: int = 0
    function: str = ""
    op: str = ""
    order: str = ""
    location: int | None = None
    read: str | None = None
    written: str | None = None
    source: int | None = None
    stale: bool = False
    left_out: int = 0
    changes: State = field(default_factory=State)


@dataclass(frozen=True)
class Wait:
    """A thread that can never go on: why, and where it stands."""

    thread: int
    text: str
    file: str = ""
    line: int = 0
    function: str = ""


@dataclass(frozen=True)
class Fault:
    """What went wrong: in which thread (-1: in none), behind which step, at which line.

    arrows: between the steps that show it, the most telling first. history: the operations that no
    order explains. token: for --replay.
    """

    kind: str
    text: str
    thread: int
    step: int
    file: str = ""
    line: int = 0
    function: str = ""
    arrows: tuple[Arrow, ...] = ()
    waiting: tuple[Wait, ...] = ()
    history: tuple[str, ...] = ()
    token: str = ""

    @property
    def missing(self) -> Arrow | None:
        """The edge that is missing, or what comes nearest to one."""
        return self.arrows[0] if self.arrows else None


@dataclass(frozen=True)
class Story:
    """One execution. start: the board before the first step. sources: lines, by file and number.

    promise: what should have held, and replay: the command that runs it again; "" where unknown.
    """

    title: str
    unit: str
    scenario: str
    model: str
    promise: str
    replay: str
    threads: tuple[int, ...]
    locations: tuple[Location, ...]
    sources: Mapping[str, Mapping[int, str]]
    start: State
    steps: tuple[Step, ...]
    edges: tuple[Edge, ...]
    fault: Fault | None

    @classmethod
    def from_findings(
        cls,
        data: Mapping[str, Any],
        *,
        unit: str = "",
        promise: str = "",
        replay: str = "",
        most: int | None = None,
    ) -> Story | None:
        """The story of what an exploration found; None if it found no execution to tell.

        most: steps at most; the middle of a longer one is left out, which its place tells.
        Errors: InputError for findings of another version, and for damaged ones.
        """
        from happens_before.explore import telling

        try:
            if not data["trace"]:
                return None
            if "after" not in data["trace"][0]:
                raise InputError("an exploration of another version.", to_do=TO_DO)
            story = telling.story_of(data, unit, promise, replay)
        except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
            raise InputError(f"the exploration is damaged: {error!r}.", to_do=TO_DO) from None
        return story if most is None else shortened(story, most)

    def state_at(self, k: int) -> State:
        """The board after the first k of `steps`: 0 is before the first, len(steps) is the end.

        Errors: IndexError for a k beyond the story.
        """
        if not 0 <= k <= len(self.steps):
            raise IndexError(f"step {k} of a story of {len(self.steps)}")
        state = self.start
        for step in self.steps[:k]:
            state = state.then(step.changes)
        return state

    def visible(self, k: int, thread: int, location: int) -> list[tuple[int, str | None]]:
        """The stores, as (step, value), that a load of the thread may read when k steps are taken.

        Oldest first; step 0 is what was there at first. Only what coherence says: the loads of a
        sequentially consistent program see less. Under sc and tso memory has one value at a time.
        """
        state = self.state_at(k)
        now = max((step.number for step in self.steps[:k]), default=0)
        stores = self.locations[location].stores or [(0, self.locations[location].initial)]
        performed = [(rank, store) for rank, store in enumerate(stores) if store[0] <= now]
        floor = state.floors.get((thread, location), 0)
        return [store for rank, store in performed if rank >= floor]

    def name(self, thread: int) -> str:
        """A thread as columns are headed."""
        return words.thread(thread)


def shortened(story: Story, most: int) -> Story:
    """The story with its middle cut out, if it has more than `most` steps; its board stays right."""
    if len(story.steps) <= most:
        return story
    first = min(SHOWN_FIRST, most // 4)
    last = most - first - 1
    cut = story.steps[first:-last]
    changes = State()
    for step in cut:
        changes = changes.then(step.changes)
    gap = Step(
        cut[-1].number,
        cut[-1].thread,
        f"{len(cut)} steps are left out; `grader/grade explore --json` has all",
        left_out=len(cut),
        changes=changes,
    )
    steps = (*story.steps[:first], gap, *story.steps[-last:])
    there = {step.number for step in steps if not step.left_out}
    edges = tuple(edge for edge in story.edges if {edge.start, edge.end} <= there)
    fault = story.fault
    if fault:
        arrows = tuple(arrow for arrow in fault.arrows if {arrow.start, arrow.end} <= there)
        fault = replace(fault, arrows=arrows)
    return replace(story, steps=steps, edges=edges, fault=fault)
