"""Random tiny programs, the same for the same seed.

They are small enough for the oracle and mixed enough to be nasty: two to four threads of two to
four statements on two or three locations, all orders, fences, updates, branches on what was read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from math import factorial, prod
from random import Random

from happens_before.litmus.program import (
    READERS,
    WRITERS,
    Add,
    Cas,
    Exchange,
    Fence,
    If,
    Load,
    Operand,
    Order,
    Program,
    Statement,
    Store,
    Thread,
    flatten,
)

LOAD_ORDERS = (Order.RELAXED, Order.ACQUIRE, Order.SEQ_CST)
STORE_ORDERS = (Order.RELAXED, Order.RELEASE, Order.SEQ_CST)
FENCE_ORDERS = (Order.ACQUIRE, Order.RELEASE, Order.ACQ_REL, Order.SEQ_CST)
MAX_CANDIDATES = 6000
"""An upper estimate of the execution graphs that the oracle may have to look at."""


class Generator:
    """Draws statements, and counts registers so that their names stay unique."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.registers = 0
        self.locations = "xyz"[: random.choice((2, 2, 3))]
        # Most programs keep to a style; a mix of everything rarely synchronises.
        self.styles = random.choice(("rlx", "ra", "sc", "mixed", "mixed"))

    def order(self, orders: tuple[Order, ...]) -> Order:
        """An order that suits the style of the program."""
        if self.styles == "mixed" or self.random.random() < 0.2:
            return self.random.choice(orders)
        return {"rlx": orders[0], "ra": orders[1], "sc": orders[-1]}[self.styles]

    def register(self) -> str:
        """A new register."""
        self.registers += 1
        return f"r{self.registers}"

    def access(self, own: list[str]) -> Statement:
        """One access; `own` are the registers that the thread has set."""
        random = self.random
        location = random.choice(self.locations)
        values: list[Operand] = [1, 2, 2, *own[-1:]]
        value = random.choice(values)
        kind = random.choices(
            ("load", "store", "add", "exchange", "cas", "fence"), (35, 33, 7, 6, 9, 10)
        )[0]
        if kind == "store":
            return Store(location, value, self.order(STORE_ORDERS))
        if kind == "fence":
            return Fence(random.choice(FENCE_ORDERS))
        register = self.register()
        own.append(register)
        if kind == "load":
            return Load(register, location, self.order(LOAD_ORDERS))
        order = self.order(tuple(Order))
        if kind == "cas":
            failure = self.order(LOAD_ORDERS)
            return Cas(register, location, random.choice((0, 1)), value, order, failure)
        if kind == "add":
            return Add(register, location, value, order)
        return Exchange(register, location, value, order)

    def thread(self, length: int) -> Thread:
        """A thread of about `length` accesses, some of them behind a branch."""
        own: list[str] = []
        statements: list[Statement] = []
        while len(statements) < length:
            if own and self.random.random() < 0.12:
                tested, equals = self.random.choice(own), self.random.choice((0, 1))
                statements.append(If(tested, equals, (self.access(list(own)),)))
            else:
                statements.append(self.access(own))
        return tuple(statements)

    def program(self, name: str) -> Program:
        """A whole program."""
        count = self.random.choice((2, 2, 3, 3, 4))
        longest = {2: 4, 3: 3, 4: 2}[count]
        threads = tuple(self.thread(self.random.randint(2, longest)) for _ in range(count))
        program = Program(name, threads)
        return Program(name, threads, program.locations)


def candidate_estimate(program: Program) -> int:
    """How many graphs there could be: sources for each read times orders of the writes."""
    statements = [item for thread in program.threads for item in flatten(thread)]
    writes = Counter(item.location for item in statements if isinstance(item, WRITERS))
    reads = [item.location for item in statements if isinstance(item, READERS)]
    orders = prod(factorial(count) for count in writes.values())
    return orders * prod(1 + writes[location] for location in reads)


def programs(seed: int, count: int) -> Iterator[Program]:
    """`count` programs that communicate and that the oracle can do in well under a second."""
    random = Random(seed)
    made = 0
    while made < count:
        program = Generator(random).program(f"random-{seed}-{made}")
        if program.registers and candidate_estimate(program) <= MAX_CANDIDATES:
            made += 1
            yield program
