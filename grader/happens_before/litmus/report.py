"""What the processor showed beside what is allowed, and what each difference means."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from happens_before.litmus import machine, shapes
from happens_before.litmus.machine import Seen
from happens_before.litmus.notation import show_statement
from happens_before.litmus.program import (
    READERS,
    Add,
    Cas,
    Exchange,
    Operand,
    Program,
    Store,
    Thread,
    flatten,
)

C, INTERLEAVED, TSO = "rc11", "sc", "tso"
MODELS = (C, INTERLEAVED, TSO)
X86 = "x86-64"
MOST_CANDIDATES = 16
COLUMN = 16  # the least width of a thread's column


@dataclass(frozen=True)
class Result:
    """One litmus test, run and explored.

    allowed:  the complete set of outcomes, by model.
    asks:     the outcome that the shape is about, some of its values; "" for a reader's own.
    """

    program: Program
    title: str
    says: str
    asks: str
    allowed: Mapping[str, frozenset[str]]
    seen: Seen
    architecture: str = field(default_factory=machine.architecture)

    @property
    def on_x86(self) -> bool:
        """Whether x86-TSO is the model of this machine."""
        return self.architecture == X86

    @property
    def states(self) -> list[str]:
        """Every outcome that is allowed or was seen, in order."""
        return sorted({*self.allowed[C], *self.seen.outcomes})

    @property
    def odd(self) -> list[str]:
        """What was seen although RC11 forbids it."""
        return sorted(set(self.seen.outcomes) - self.allowed[C])

    @property
    def is_alarming(self) -> bool:
        """Whether something was seen that C17 forbids, as far as RC11 can tell."""
        return bool(self.odd) and not shapes.may_buffer_loads(self.program)

    def as_json(self) -> dict[str, Any]:
        """The same as data."""
        return {
            "shape": self.program.name,
            "orders": self.says,
            "asks": self.asks,
            "architecture": self.architecture,
            "processors": self.seen.processors,
            "runs": self.seen.runs,
            "seconds": self.seen.seconds,
            "alarm": self.is_alarming,
            "outcomes": [
                {
                    "state": state,
                    "seen": self.seen.outcomes.get(state, 0),
                    **{model: state in self.allowed[model] for model in MODELS},
                }
                for state in self.states
            ],
        }


def candidates(program: Program) -> list[str]:
    """Every combination of values that the statements could leave, allowed or not."""
    domain: dict[str, set[int]] = {name: {0} for name in program.locations}
    values: dict[str, set[int]] = {name: {0} for name in program.registers}
    items = [item for thread in program.threads for item in flatten(thread)]
    for _ in items:  # what a value can become goes from one statement to the next
        for item in items:
            if isinstance(item, Store):
                domain[item.location] |= _worth(item.value, values)
            elif isinstance(item, Exchange):
                domain[item.location] |= _worth(item.operand, values)
            elif isinstance(item, Cas):
                domain[item.location] |= _worth(item.desired, values)
            if isinstance(item, READERS):
                values[item.register] |= domain[item.location]
    for item in items:
        if isinstance(item, Add):  # once: it is one addition
            sums = {a + b for a in domain[item.location] for b in _worth(item.operand, values)}
            domain[item.location] |= sums
    for item in items:
        if isinstance(item, READERS):
            values[item.register] |= domain[item.location]
    names = [(name, sorted(values[name])) for name in program.registers]
    names += [(name, sorted(domain[name] - _initial(program, name))) for name in program.observed]
    return [
        " ".join(f"{name}={value}" for (name, _), value in zip(names, choice))
        for choice in product(*(choices for _, choices in names))
    ]


def _worth(operand: Operand, values: Mapping[str, set[int]]) -> set[int]:
    return {operand} if isinstance(operand, int) else set(values.get(operand, {0}))


def _initial(program: Program, location: str) -> set[int]:
    """{0} for a location that some thread is certain to write: it does not stay 0."""
    certain = any(
        isinstance(item, Store) and item.location == location and item.value != 0
        for thread in program.threads
        for item in thread
    )
    return {0} if certain else set()


def program_lines(program: Program) -> list[str]:
    """The threads side by side, a column each."""
    columns = [_column(number, thread) for number, thread in enumerate(program.threads)]
    widths = [max(COLUMN, *map(len, column)) for column in columns]
    lines = []
    for row in range(max(map(len, columns))):
        cells = [column[row] if row < len(column) else "" for column in columns]
        padded = [cell.ljust(width) for cell, width in zip(cells, widths)]
        lines.append(f"  {' | '.join(padded)}".rstrip(" |") if row else f"  {' | '.join(padded)}")
    return [line.rstrip() for line in lines]


def _column(number: int, thread: Thread) -> list[str]:
    return [f"thread {number}", *(show_statement(item) for item in thread)]


def lines(result: Result) -> Iterator[str]:
    """The report, after the program itself."""
    seen = result.seen
    threads = len(result.program.threads)
    where = f"{_many(threads, 'thread')} on {_many(seen.processors, 'processor')}"
    yield f"{seen.runs:,} runs in {seen.seconds:.1f} s ({where}, {result.architecture})"
    if threads > seen.processors:
        yield "There are more threads than processors, so not all of them run at the same moment."
    yield ""
    wide = max(len("outcome"), *map(len, result.states))
    machine_head = "x86-TSO   " if result.on_x86 else ""
    yield f"  {'outcome':<{wide}}  {'seen':>12}  {'C (RC11)':<8}  {machine_head}interleaved"
    for state in result.states:
        yield _row(result, state, wide)
    yield ""
    yield from remarks(result)


def remarks(result: Result) -> Iterator[str]:
    """The shape's question, answered, and what each difference means, a sentence each."""
    yield from _answer(result)
    yield from _remarks(result)


def _row(result: Result, state: str, wide: int) -> str:
    count = result.seen.outcomes.get(state, 0)
    cells = [f"  {state:<{wide}}", f"{count:>12,}" if count else f"{'-':>12}"]
    cells.append(f"{_yes(state in result.allowed[C]):<8}")
    if result.on_x86:
        cells.append(f"{_yes(state in result.allowed[TSO]):<8}")
    cells.append(f"{_yes(state in result.allowed[INTERLEAVED]):<11}")
    mark = "  <- the question" if shapes.matches(state, result.asks) else ""
    return "  ".join(cells).rstrip() + mark


def _yes(allowed: bool) -> str:
    return "yes" if allowed else "no"


def _answer(result: Result) -> Iterator[str]:
    """The shape's question, answered by all three."""
    if not result.asks:
        return
    allowed = any(shapes.matches(state, result.asks) for state in result.allowed[C])
    count = sum(n for s, n in result.seen.outcomes.items() if shapes.matches(s, result.asks))
    verdict = "C allows it" if allowed else "C forbids it"
    if not allowed and shapes.may_buffer_loads(result.program):
        verdict = "RC11 forbids it (C17 as published does not: see LB in the chapter)"
    shown = f"showed it {count:,} times" if count > 1 else "showed it once"
    yield f"Can it end with {result.asks}? {verdict}; this processor {shown if count else 'did not show it'}."


def _remarks(result: Result) -> Iterator[str]:
    for state in result.odd:
        yield from _alarm(result, state)
    quiet = [s for s in result.allowed[C] if s not in result.seen.outcomes]
    yield from _unseen(result, sorted(quiet))
    if result.on_x86:
        for state in sorted(set(result.seen.outcomes) - result.allowed[TSO] - set(result.odd)):
            yield (
                f"Seen, and not x86-TSO: {state}. The processor does not do that; the compiler "
                "may have moved an access, as C lets it."
            )


def _alarm(result: Result, state: str) -> Iterator[str]:
    if not result.is_alarming:
        yield (
            f"Seen, and not RC11: {state}. RC11 has no cycles of reading and writing, so it forbids "
            "what C17 allows when relaxed loads go before relaxed stores (load buffering)."
        )
        return
    yield (
        f"ALARM: {state} was seen, and C forbids it. Either the compiler, the processor or the "
        "explorer is wrong. Please report it with this output."
    )


def _unseen(result: Result, states: list[str]) -> Iterator[str]:
    """Why allowed outcomes did not show."""
    if result.on_x86:
        never = [state for state in states if state not in result.allowed[TSO]]
        states = [state for state in states if state in result.allowed[TSO]]
        if never:
            yield (
                f"Allowed and not seen: {_several(never)}. No x86 processor shows that: its stores "
                "leave in order, and only a load may go ahead of a store. Another processor may "
                "show it, and so may a compiler that moves an access."
            )
    weak = [state for state in states if state not in result.allowed[INTERLEAVED]]
    rare = [state for state in states if state in result.allowed[INTERLEAVED]]
    if weak:
        at_once = len(result.program.threads) > result.seen.processors
        why = "It takes as many processors as threads." if at_once else "Longer runs may show it."
        yield f"Allowed and not seen: {_several(weak)}. This processor may show it. {why}"
    if rare:
        yield (
            f"Allowed and not seen: {_several(rare)}. An interleaving gives it; in these runs the "
            "threads did not meet so."
        )


def _many(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("s" if number != 1 else "")


def _several(states: list[str]) -> str:
    shown = "; ".join(states[:4])
    return shown + (f"; and {len(states) - 4} more" if len(states) > 4 else "")
