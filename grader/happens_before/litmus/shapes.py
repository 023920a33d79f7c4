"""The shapes of the lab, and the orders in which each can be run.

A shape is a program and a question: can it end like this? No answer stands here; the explorer
computes what is allowed, and the processor shows what it does. The names are those of

  Maranget, Sarkar, Sewell, "A Tutorial Introduction to the ARM and POWER Relaxed Memory Models",
      2012, and Alglave, Maranget, Tautschnig, "Herding Cats", TOPLAS 36(2), 2014;
  Lahav, Vafeiadis, Kang, Hur, Dreyer, "Repairing Sequential Consistency in C/C++11", PLDI 2017,
      for Z6.U.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from happens_before.core.errors import InputError
from happens_before.litmus.notation import parse
from happens_before.litmus.program import (
    READERS,
    WRITERS,
    Cas,
    Fence,
    If,
    Load,
    Order,
    Program,
    Statement,
    Store,
    Thread,
    flatten,
)


@dataclass(frozen=True)
class Shape:
    """A program whose accesses have no order yet, and the outcome that it asks for.

    mixed: the same program with an order only where its author put one; "" if there is none.
    """

    name: str
    title: str
    text: str
    asks: str
    observed: str = ""
    mixed: str = ""


@dataclass(frozen=True)
class Style:
    """One way of giving orders to all accesses of a program."""

    says: str
    load: Order = Order.RELAXED
    store: Order = Order.RELAXED
    update: Order = Order.RELAXED
    fence: Order | None = None  # between each two accesses of a thread


STYLES = {
    "relaxed": Style("every access is relaxed"),
    "acq_rel": Style(
        "loads acquire, stores release, updates do both",
        Order.ACQUIRE,
        Order.RELEASE,
        Order.ACQ_REL,
    ),
    "seq_cst": Style("every access is seq_cst", Order.SEQ_CST, Order.SEQ_CST, Order.SEQ_CST),
    "fences": Style(
        "relaxed accesses, an acq_rel fence between each two of a thread", fence=Order.ACQ_REL
    ),
    "sc_fences": Style(
        "relaxed accesses, a seq_cst fence between each two of a thread", fence=Order.SEQ_CST
    ),
}
MIXED = "mixed"
ORDERS = (*STYLES, MIXED)
MIXED_SAYS = "orders only where the statements below name one"

SHAPES = (
    Shape(
        "SB",
        "store buffering: each thread tells, then looks whether the other has told",
        "x = 1; a = y || y = 1; b = x",
        "a=0 b=0",
    ),
    Shape(
        "MP",
        "message passing: data, then a flag; the flag, then the data",
        "x = 1; y = 1 || a = y; b = x",
        "a=1 b=0",
        mixed="x = 1; y.rel = 1 || a = y.acq; b = x",
    ),
    Shape(
        "LB",
        "load buffering: each thread reads what the other writes afterwards",
        "a = x; y = 1 || b = y; x = 1",
        "a=1 b=1",
    ),
    Shape(
        "S",
        "message passing whose reader writes: which write of x is the last one?",
        "x = 2; y = 1 || a = y; x = 1",
        "a=1 x=2",
        observed="x",
        mixed="x = 2; y.rel = 1 || a = y.acq; x = 1",
    ),
    Shape(
        "R",
        "two writes of y: who loses that race may still not see x",
        "x = 1; y = 1 || y = 2; a = x",
        "a=0 y=2",
        observed="y",
    ),
    Shape(
        "2+2W",
        "two threads write x and y, each in its own order: may both first writes win?",
        "x = 1; y = 2 || y = 1; x = 2",
        "x=1 y=1",
        observed="xy",
    ),
    Shape(
        "CoRR",
        "coherence, read then read: may a thread see the new value and then the old one?",
        "x = 1 || a = x; b = x",
        "a=1 b=0",
    ),
    Shape(
        "CoWW",
        "coherence, write then write: may a thread's own first write be the last one?",
        "x = 1; x = 2",
        "x=1",
        observed="x",
    ),
    Shape(
        "CoRW",
        "coherence, read then write: may a thread's write come before what it has read?",
        "a = x; x = 1 || x = 2",
        "a=2 x=2",
        observed="x",
    ),
    Shape(
        "CoWR",
        "coherence, write then read: may a thread read what its own write came after?",
        "x = 1; a = x || x = 2",
        "a=2 x=1",
        observed="x",
    ),
    Shape(
        "WRC",
        "write to read causality: a message is passed on by somebody who has only read it",
        "x = 1 || a = x; y = 1 || b = y; c = x",
        "a=1 b=1 c=0",
        mixed="x = 1 || a = x; y.rel = 1 || b = y.acq; c = x",
    ),
    Shape(
        "RWC",
        "read to write causality: one has seen x and not y, the other wrote y and has not seen x",
        "x = 1 || a = x; b = y || y = 1; c = x",
        "a=1 b=0 c=0",
    ),
    Shape(
        "W+RWC",
        "the same behind a message",
        "x = 1; z = 1 || a = z; b = y || y = 1; c = x",
        "a=1 b=0 c=0",
        mixed="x = 1; z.rel = 1 || a = z.acq; fence.sc; b = y || y = 1; fence.sc; c = x",
    ),
    Shape(
        "ISA2",
        "message passing in two stages: does the first message come with the second?",
        "x = 1; y = 1 || a = y; z = 1 || b = z; c = x",
        "a=1 b=1 c=0",
        mixed="x = 1; y.rel = 1 || a = y.acq; z.rel = 1 || b = z.acq; c = x",
    ),
    Shape(
        "Z6.U",
        "a release and an update between two seq_cst accesses of x: the shape behind RC11",
        "x = 1; y = 1 || a = add(y, 1); b = y || y = 3; c = x",
        "a=1 b=3 c=0",
        mixed="x.sc = 1; y.rel = 1 || a = add(y.sc, 1); b = y || y.sc = 3; c = x.sc",
    ),
    Shape(
        "IRIW",
        "independent reads of independent writes: do two readers agree who was first?",
        "x = 1 || y = 1 || a = x; b = y || c = y; d = x",
        "a=1 b=0 c=1 d=0",
        mixed="x.sc = 1 || y.sc = 1 || a = x.acq; b = y.sc || c = y.acq; d = x.sc",
    ),
    Shape(
        "RS",
        "release sequence: a relaxed update stands between the release and its reader",
        "x = 1; y = 1 || c = add(y, 1) || a = y; b = x",
        "c=1 a=2 b=0",
        mixed="x = 1; y.rel = 1 || c = add(y, 1) || a = y.acq; b = x",
    ),
)
READ_ORDERS = (Order.RELAXED, Order.ACQUIRE, Order.SEQ_CST)
WRITE_ORDERS = (Order.RELAXED, Order.RELEASE, Order.SEQ_CST)
MOST_THREADS = 6


def find(name: str) -> Shape:
    """The shape of this name, in whatever case. Errors: InputError with the list."""
    for shape in SHAPES:
        if shape.name.lower() == name.lower():
            return shape
    known = ", ".join(shape.name for shape in SHAPES)
    raise InputError(f"there is no litmus shape '{name}'.", to_do=f"Shapes: {known}.")


def program_of(shape: Shape, order: str) -> Program:
    """The shape's program with these orders. Errors: InputError for an order that it lacks."""
    known = [name for name in ORDERS if name != MIXED or shape.mixed]
    if order not in known:
        what = f"{shape.name} cannot be run with the order '{order}'."
        raise InputError(what, to_do=f"Orders: {', '.join(known)}.")
    if order == MIXED:
        return parse(shape.name, shape.mixed, shape.observed)
    program = parse(shape.name, shape.text, shape.observed)
    return replace(program, threads=tuple(_styled(t, STYLES[order]) for t in program.threads))


def _styled(thread: Thread, style: Style) -> Thread:
    """The statements in this style."""
    found: list[Statement] = []
    for item in thread:
        if style.fence and found:
            found.append(Fence(style.fence))
        if isinstance(item, Load):
            found.append(replace(item, order=style.load))
        elif isinstance(item, Store):
            found.append(replace(item, order=style.store))
        elif isinstance(item, (If, Fence)):
            found.append(item)
        else:
            found.append(replace(item, order=style.update))
    return tuple(found)


def own(text: str) -> Program:
    """A reader's own program, in the notation. Errors: InputError for text that is none."""
    example = "Write it as in 'x = 1; a = y.acq || y.rel = 1; b = x'."
    try:
        program = parse("yours", text)
    except (ValueError, KeyError) as error:
        raise InputError(f"not a program: {error}.", to_do=example) from None
    for mistake in _mistakes(program):
        raise InputError(mistake, to_do=example)
    return replace(program, observed=tuple(_contested(program)))


def _mistakes(program: Program) -> Iterator[str]:
    if not all(program.threads):
        yield "a thread without a statement."
    if len(program.threads) > MOST_THREADS:
        yield f"{len(program.threads)} threads are more than {MOST_THREADS}."
    owners: dict[str, int] = {}
    for number, thread in enumerate(program.threads):
        for item in flatten(thread):
            if isinstance(item, READERS) and owners.setdefault(item.register, number) != number:
                yield f"two threads use the register {item.register}."
            if isinstance(item, Load) and item.order not in READ_ORDERS:
                yield f"a load cannot be {item.order.value}."
            if isinstance(item, Store) and item.order not in WRITE_ORDERS:
                yield f"a store cannot be {item.order.value}."
            if isinstance(item, Cas) and item.failure not in READ_ORDERS:
                yield f"a compare-exchange that fails cannot be {item.failure.value}."
            if isinstance(item, Fence) and item.order is Order.RELAXED:
                yield "a relaxed fence does nothing."


def _contested(program: Program) -> Iterator[str]:
    """Locations that are written more than once: their last value is worth knowing."""
    for location in program.locations:
        writes = [
            item
            for thread in program.threads
            for item in flatten(thread)
            if isinstance(item, WRITERS) and item.location == location
        ]
        if len(writes) > 1:
            yield location


def matches(state: str, pattern: str) -> bool:
    """Whether an outcome has all that the pattern names."""
    return bool(pattern) and set(pattern.split()) <= set(state.split())


def may_buffer_loads(program: Program) -> bool:
    """Whether two threads read relaxed and then write relaxed, with no fence between.

    RC11 forbids a cycle of program order and reads-from; C17 as published does not. So of such
    programs RC11 may forbid what C17 allows.
    """
    return sum(_reads_then_writes(thread) for thread in program.threads) >= 2


def _reads_then_writes(thread: Thread) -> bool:
    has_read = False
    for item in flatten(thread):
        if isinstance(item, Fence):
            has_read = False
        if has_read and isinstance(item, WRITERS) and not item.order.releases:
            return True
        has_read |= isinstance(item, READERS) and not item.order.acquires
    return False
