"""Events, the runs of one thread, and execution graphs, as RC11's paper defines them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from happens_before.litmus.models import relation as rel
from happens_before.litmus.program import (
    Add,
    Cas,
    Exchange,
    Fence,
    If,
    Load,
    Order,
    Program,
    Statement,
    Store,
    Thread,
    operand_value,
)
from happens_before.litmus.models.relation import Relation

INIT_THREAD = -1


@dataclass(frozen=True)
class Event:
    """A read, a write or a fence. order None is the mode of the initial writes: not atomic."""

    thread: int
    kind: str  # "R", "W" or "F"
    location: str
    value: int
    order: Order | None
    rmw: bool = False  # half of a successful read-modify-write; its write follows its read


@dataclass(frozen=True)
class Trace:
    """One run of one thread, for one guess of the values that it reads."""

    events: tuple[Event, ...]
    registers: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Execution:
    """A candidate: the events, and who reads from whom, and the order of the writes."""

    events: tuple[Event, ...]
    sb: Relation
    rf: Relation
    rmw: Relation
    mo: Relation
    registers: tuple[tuple[str, int], ...]

    @property
    def final_memory(self) -> dict[str, int]:
        """The value of the last write of each location in mo."""
        return {
            event.location: event.value
            for index, event in enumerate(self.events)
            if event.kind == "W" and not self.mo[index]
        }


def traces(program: Program, thread: int, values: dict[str, set[int]]) -> Iterator[Trace]:
    """Every run of a thread whose reads return any of the values of their location."""

    def run(rest: Thread, events: tuple[Event, ...], registers: dict[str, int]) -> Iterator[Trace]:
        if not rest:
            yield Trace(events, tuple(sorted(registers.items())))
            return
        statement, after = rest[0], rest[1:]
        if isinstance(statement, If):
            taken = registers.get(statement.register, 0) == statement.equals
            branch = statement.then if taken else statement.otherwise
            yield from run(branch + after, events, registers)
            return
        for added, changed in steps(statement, thread, registers, values):
            yield from run(after, events + added, {**registers, **changed})

    return run(program.threads[thread], (), {})


def steps(
    statement: Statement, thread: int, registers: dict[str, int], values: dict[str, set[int]]
) -> Iterator[tuple[tuple[Event, ...], dict[str, int]]]:
    """The events of one statement and the registers that it sets, for each value read."""
    if isinstance(statement, Fence):
        yield (Event(thread, "F", "", 0, statement.order),), {}
    elif isinstance(statement, Store):
        value = operand_value(statement.value, registers)
        yield (Event(thread, "W", statement.location, value, statement.order),), {}
    elif isinstance(statement, Load):
        for value in sorted(values[statement.location]):
            read = Event(thread, "R", statement.location, value, statement.order)
            yield (read,), {statement.register: value}
    elif isinstance(statement, (Add, Exchange, Cas)):
        for value in sorted(values[statement.location]):
            yield update(statement, thread, registers, value), {statement.register: value}


def update(
    statement: Add | Exchange | Cas, thread: int, registers: dict[str, int], value: int
) -> tuple[Event, ...]:
    """The read and the write of a read-modify-write that finds `value`; a failed one only reads."""
    if isinstance(statement, Cas):
        if value != statement.expected:
            return (Event(thread, "R", statement.location, value, statement.failure),)
        written = operand_value(statement.desired, registers)
    elif isinstance(statement, Add):
        written = value + operand_value(statement.operand, registers)
    else:
        written = operand_value(statement.operand, registers)
    read = Event(thread, "R", statement.location, value, statement.order.read_part, True)
    return read, replace(read, kind="W", value=written, order=statement.order.write_part)


def program_order(events: tuple[Event, ...]) -> Relation:
    """sb: the initial writes before everything else, then the order of each thread."""
    return [
        sum(
            1 << later
            for later, other in enumerate(events)
            if other.thread != INIT_THREAD
            and (event.thread == INIT_THREAD or event.thread == other.thread and index < later)
        )
        for index, event in enumerate(events)
    ]


def update_pairs(events: tuple[Event, ...]) -> Relation:
    """rmw: the read of each successful read-modify-write to its write."""
    return rel.from_pairs(
        len(events),
        (
            (index, index + 1)
            for index, event in enumerate(events)
            if event.rmw and event.kind == "R"
        ),
    )


def initial_writes(program: Program) -> tuple[Event, ...]:
    """The writes that give each location its first value."""
    return tuple(Event(INIT_THREAD, "W", name, 0, None) for name in program.locations)


def without_mo(
    events: tuple[Event, ...], rf: Relation, registers: tuple[tuple[str, int], ...]
) -> Execution:
    """An execution whose modification order is yet to be chosen."""
    none = rel.empty(len(events))
    return Execution(events, program_order(events), rf, update_pairs(events), none, registers)
