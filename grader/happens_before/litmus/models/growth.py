"""All executions without thin air, grown read by read.

Since sb ∪ rf is acyclic in RC11, every execution can be built in an order in which each read comes
after the write that it reads: so try every read of every thread with every write that is there.
Writes and fences are added as soon as their thread comes to them, which keeps no read from
anything. Different orders build the same graph; it is kept once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from happens_before.litmus.models import relation as rel
from happens_before.litmus.models.execution import (
    INIT_THREAD,
    Event,
    Execution,
    initial_writes,
    steps,
    without_mo,
)
from happens_before.litmus.program import READERS, If, Program, Thread

Place = tuple[int, int]
"""An event: its thread and its position there. The initial writes are thread INIT_THREAD."""


@dataclass(frozen=True)
class Growing:
    """A thread in the middle of its run."""

    index: int
    rest: Thread
    events: tuple[Event, ...] = ()
    registers: tuple[tuple[str, int], ...] = ()

    def advance(self) -> Growing:
        """Run up to the next read, or to the end."""
        thread = self
        while thread.rest and not isinstance(thread.rest[0], READERS):
            first, rest = thread.rest[0], thread.rest[1:]
            known = dict(thread.registers)
            if isinstance(first, If):
                taken = known.get(first.register, 0) == first.equals
                thread = replace(thread, rest=(first.then if taken else first.otherwise) + rest)
            else:
                ((added, _),) = steps(first, thread.index, known, {})
                thread = replace(thread, rest=rest, events=thread.events + added)
        return thread

    def read(self, value: int) -> Growing:
        """Let the read that comes next return a value, and advance."""
        first = self.rest[0]
        assert isinstance(first, READERS)
        known = dict(self.registers)
        ((added, changed),) = steps(first, self.index, known, {first.location: {value}})
        registers = tuple(sorted({**known, **changed}.items()))
        return Growing(self.index, self.rest[1:], self.events + added, registers).advance()


@dataclass(frozen=True)
class Partial:
    """Some events of each thread, and from where the reads among them read."""

    initial: tuple[Event, ...]
    threads: tuple[Growing, ...]
    rf: frozenset[tuple[Place, Place]]

    def writes(self, location: str) -> Iterator[tuple[Place, int]]:
        """The writes to a location so far, with their values."""
        sequences = [(INIT_THREAD, self.initial)]
        sequences += [(thread.index, thread.events) for thread in self.threads]
        for index, events in sequences:
            for position, event in enumerate(events):
                if event.kind == "W" and event.location == location:
                    yield (index, position), event.value

    def grow(self) -> Iterator[Partial]:
        """Every way to add one read."""
        for thread in self.threads:
            if not thread.rest:
                continue
            first = thread.rest[0]
            assert isinstance(first, READERS)
            place = thread.index, len(thread.events)
            for source, value in self.writes(first.location):
                others = list(self.threads)
                others[thread.index] = thread.read(value)
                yield replace(self, threads=tuple(others), rf=self.rf | {(source, place)})

    def execution(self) -> Execution:
        """The finished graph; its mo is still empty."""
        first, at = {INIT_THREAD: 0}, len(self.initial)
        for thread in self.threads:
            first[thread.index] = at
            at += len(thread.events)
        events = self.initial + tuple(e for thread in self.threads for e in thread.events)
        pairs = [(first[s] + i, first[t] + k) for (s, i), (t, k) in self.rf]
        registers = tuple(pair for thread in self.threads for pair in thread.registers)
        return without_mo(events, rel.from_pairs(at, pairs), registers)


def grown(program: Program) -> Iterator[Execution]:
    """Every choice of events and rf with sb ∪ rf acyclic, once."""
    threads = tuple(Growing(index, rest).advance() for index, rest in enumerate(program.threads))
    start = Partial(initial_writes(program), threads, frozenset())
    work, seen = [start], {start.rf}
    while work:
        partial = work.pop()
        if not any(thread.rest for thread in partial.threads):
            yield partial.execution()
            continue
        for larger in partial.grow():
            if larger.rf not in seen:
                seen.add(larger.rf)
                work.append(larger)
