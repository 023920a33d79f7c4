"""A tiny concurrent program as data: the common ground of the oracle, the machines and C.

Locations hold integers and start at 0; registers belong to one thread each, have names that are
unique in the program, and also start at 0. There are no loops, so that every program ends.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Union


class Order(Enum):
    """The memory orders of C11 that atomic operations take (consume is acquire)."""

    RELAXED = "relaxed"
    ACQUIRE = "acquire"
    RELEASE = "release"
    ACQ_REL = "acq_rel"
    SEQ_CST = "seq_cst"

    @property
    def acquires(self) -> bool:
        """At least acquire."""
        return self in (Order.ACQUIRE, Order.ACQ_REL, Order.SEQ_CST)

    @property
    def releases(self) -> bool:
        """At least release."""
        return self in (Order.RELEASE, Order.ACQ_REL, Order.SEQ_CST)

    @property
    def read_part(self) -> Order:
        """The mode of the read of a read-modify-write of this order."""
        if self is Order.SEQ_CST:
            return self
        return Order.ACQUIRE if self.acquires else Order.RELAXED

    @property
    def write_part(self) -> Order:
        """The mode of the write of a read-modify-write of this order."""
        if self is Order.SEQ_CST:
            return self
        return Order.RELEASE if self.releases else Order.RELAXED


Operand = Union[int, str]
"""A constant, or the name of a register of the same thread."""


@dataclass(frozen=True)
class Load:
    """register = location."""

    register: str
    location: str
    order: Order


@dataclass(frozen=True)
class Store:
    """location = value."""

    location: str
    value: Operand
    order: Order


@dataclass(frozen=True)
class Add:
    """register = fetch_add(location, operand)."""

    register: str
    location: str
    operand: Operand
    order: Order


@dataclass(frozen=True)
class Exchange:
    """register = exchange(location, operand)."""

    register: str
    location: str
    operand: Operand
    order: Order


@dataclass(frozen=True)
class Cas:
    """A strong compare-exchange; the register holds the value that was found.

    A failed one is a load of the order `failure`.
    """

    register: str
    location: str
    expected: int
    desired: Operand
    order: Order
    failure: Order


@dataclass(frozen=True)
class Fence:
    """atomic_thread_fence(order)."""

    order: Order


@dataclass(frozen=True)
class If:
    """Run `then` if the register holds `equals`, `otherwise` if not."""

    register: str
    equals: int
    then: tuple[Statement, ...]
    otherwise: tuple[Statement, ...] = ()


Statement = Union[Load, Store, Add, Exchange, Cas, Fence, If]
Thread = tuple[Statement, ...]
READERS = (Load, Add, Exchange, Cas)
WRITERS = (Store, Add, Exchange, Cas)


def flatten(statements: Thread) -> Iterator[Statement]:
    """Every statement, those inside branches too, in the order of the text."""
    for statement in statements:
        yield statement
        if isinstance(statement, If):
            yield from flatten(statement.then)
            yield from flatten(statement.otherwise)


@dataclass(frozen=True)
class Program:
    """Threads, and the locations whose last value is part of the outcome.

    The outcome of an execution is one line: each register, then each observed location, as
    "name=value", in the order in which they stand in the program.
    """

    name: str
    threads: tuple[Thread, ...]
    observed: tuple[str, ...] = field(default=())

    @property
    def registers(self) -> tuple[str, ...]:
        """All registers, in the order of the text."""
        names = (
            statement.register
            for thread in self.threads
            for statement in flatten(thread)
            if isinstance(statement, READERS)
        )
        return tuple(dict.fromkeys(names))

    @property
    def locations(self) -> tuple[str, ...]:
        """All locations, in the order of the text."""
        names = (
            statement.location
            for thread in self.threads
            for statement in flatten(thread)
            if not isinstance(statement, (Fence, If))
        )
        return tuple(dict.fromkeys((*names, *self.observed)))

    def outcome(self, registers: Mapping[str, int], memory: Mapping[str, int]) -> str:
        """The outcome line of an execution that ended so."""
        parts = [f"{name}={registers.get(name, 0)}" for name in self.registers]
        parts += [f"{name}={memory.get(name, 0)}" for name in self.observed]
        return " ".join(parts)


def operand_value(operand: Operand, registers: Mapping[str, int]) -> int:
    """What an operand is worth."""
    return operand if isinstance(operand, int) else registers.get(operand, 0)
