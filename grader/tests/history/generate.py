"""Random small histories: made right by running a model, then often made wrong by one answer."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

from .models import IGNORED, SPECS, History, Op, Spec

MOST_THREADS, MOST_OPS = 3, 6


class _Run:
    """Threads that invoke, take effect and return at random moments."""

    def __init__(self, name: str, dice: random.Random) -> None:
        self.spec: Spec = SPECS[name]
        self.name, self.dice = name, dice
        self.parameter = dice.choice(self.spec.parameters)
        self.state: Any = self.spec.first(self.parameter)
        self.ops: list[Op] = []
        self.before: list[set[int]] = []
        self.open: dict[int, tuple[int, Any]] = {}  # thread -> operation, its answer if it has one
        self.returned: set[int] = set()

    def invoke(self, thread: int) -> None:
        name, count = self.dice.choice(self.spec.calls)
        arguments = tuple(self.dice.randrange(2) for _ in range(count))
        self.open[thread] = (len(self.ops), None)
        self.before.append(set(self.returned))
        self.ops.append(Op(name, arguments, thread))

    def take_effect(self, thread: int) -> None:
        at, _ = self.open[thread]
        outcome = self.spec.step(self.state, self.ops[at])
        if outcome is not None:
            self.state = outcome[0]
            self.open[thread] = (at, 0 if outcome[1] is IGNORED else outcome[1])

    def give_back(self, thread: int) -> None:
        at, answer = self.open.pop(thread)
        self.ops[at] = replace(self.ops[at], result=answer)
        self.returned.add(at)

    def step(self, thread: int, may_invoke: bool) -> None:
        if thread not in self.open:
            if may_invoke:
                self.invoke(thread)
        elif self.open[thread][1] is None:
            self.take_effect(thread)
        else:
            self.give_back(thread)


def _weaken(before: list[set[int]], ops: list[Op], dice: random.Random) -> list[set[int]]:
    """Keep each thread's own order and some of the rest: any partial order may come of it."""
    keep = dice.choice((0.0, 0.2, 0.5))
    kept = [
        {a for a in earlier if ops[a].thread == ops[b].thread or dice.random() < keep}
        for b, earlier in enumerate(before)
    ]
    for b, earlier in enumerate(kept):  # operations are numbered by invocation: a < b
        for a in sorted(earlier, reverse=True):
            earlier.update(kept[a])
    return kept


def _spoil(ops: list[Op], spec: Spec, dice: random.Random) -> None:
    at = dice.randrange(len(ops))
    if ops[at].result is not None:
        ops[at] = replace(ops[at], result=dice.choice(spec.results))


def _blame(before: list[set[int]], ops: list[Op], dice: random.Random) -> None:
    """Let a matrix say that pending operations precede others: nobody may believe it."""
    for b, earlier in enumerate(before):
        earlier.update(a for a in range(b) if ops[a].result is None and dice.random() < 0.3)


def history(name: str, seed: str) -> History:
    """The history that belongs to a specification and a seed."""
    dice = random.Random(f"{name} {seed}")
    run = _Run(name, dice)
    threads = dice.randint(2, MOST_THREADS)
    for _ in range(dice.randint(6, 3 * MOST_OPS + 2)):
        run.step(dice.randrange(1, threads + 1), may_invoke=len(run.ops) < MOST_OPS)
    before = _weaken(run.before, run.ops, dice) if dice.random() < 0.5 else run.before
    for _ in range(dice.choice((0, 1, 2))):
        _spoil(run.ops, run.spec, dice)
    if dice.random() < 0.3:
        _blame(before, run.ops, dice)
    return History(name, run.parameter, tuple(run.ops), tuple(map(frozenset, before)))


def guess(name: str, seed: str) -> History:
    """Two threads, two operations each, any answers: the shapes of store buffering among them."""
    dice = random.Random(f"{name} {seed}")
    spec, ops = SPECS[name], []
    for at in range(4):
        call, count = dice.choice(spec.calls)
        arguments = tuple(dice.randrange(2) for _ in range(count))
        ops.append(Op(call, arguments, 1 + at // 2, dice.choice(spec.results)))
    before = (frozenset[int](), frozenset({0}), frozenset[int](), frozenset({2}))
    return History(name, dice.choice(spec.parameters), tuple(ops), before)


def unordered(made: History) -> History:
    """The same answers, with no order but each thread's own."""
    before = tuple(
        frozenset(a for a in earlier if made.ops[a].thread == made.ops[b].thread)
        for b, earlier in enumerate(made.before)
    )
    return replace(made, before=before)


def histories(seed: int, of_each: int) -> list[History]:
    """So many runs of each specification, each also unordered, and as many guesses."""
    found = []
    for name in SPECS:
        for number in range(of_each):
            made = history(name, f"{seed}.{number}")
            found += [unordered(made), made, guess(name, f"{seed}.{number}")]
    return found
