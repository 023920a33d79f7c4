"""Two operational machines: sequential consistency by interleaving, and x86-TSO.

Both walk all reachable states of a tiny program and collect the outcomes. They share nothing with
the oracle but the program, and so are a second opinion on it: whatever SC can do TSO can do, and
whatever TSO can do RC11 allows.

Source for TSO: Peter Sewell, Susmit Sarkar, Scott Owens, Francesco Zappa Nardelli, Magnus O.
Myreen, "x86-TSO: A Rigorous and Usable Programmer's Model for x86 Multiprocessors", CACM 53(7),
2010; C11 atomics are mapped as compilers do: a seq_cst store and any read-modify-write drain the
buffer (xchg, lock), a seq_cst fence is mfence, everything else is a plain mov or nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

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

Pairs = tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Core:
    """A thread in the middle of its run: what is left, its registers, its store buffer."""

    rest: Thread
    registers: Pairs
    buffer: Pairs = ()


@dataclass(frozen=True)
class State:
    """The whole machine."""

    cores: tuple[Core, ...]
    memory: Pairs


def lookup(pairs: Pairs, name: str) -> int:
    """The value of a name, 0 if it was never set."""
    return dict(pairs).get(name, 0)


def updated(pairs: Pairs, name: str, value: int) -> Pairs:
    """The pairs with one value changed, in a canonical order."""
    return tuple(sorted({**dict(pairs), name: value}.items()))


def drains(statement: Statement) -> bool:
    """Must the store buffer be empty before this can be done, on x86?"""
    if isinstance(statement, (Store, Fence)):
        # A seq_cst store is xchg: it empties the buffer, then writes memory.
        return statement.order is Order.SEQ_CST
    return isinstance(statement, (Add, Exchange, Cas))


def run_statement(core: Core, memory: Pairs, buffered: bool) -> tuple[Core, Pairs]:
    """Do the first statement of a core's rest."""
    statement, rest = core.rest[0], core.rest[1:]
    registers, buffer = core.registers, core.buffer
    if isinstance(statement, If):
        taken = lookup(registers, statement.register) == statement.equals
        rest = (statement.then if taken else statement.otherwise) + rest
    elif isinstance(statement, Store):
        value = operand_value(statement.value, dict(registers))
        if buffered and not drains(statement):
            buffer = (*buffer, (statement.location, value))
        else:
            memory = updated(memory, statement.location, value)
    elif not isinstance(statement, Fence):
        own = [value for name, value in buffer if name == statement.location]
        found = own[-1] if own else lookup(memory, statement.location)
        if not isinstance(statement, Load):
            memory = write_back(statement, found, registers, memory)
        registers = updated(registers, statement.register, found)
    return Core(rest, registers, buffer), memory


def write_back(
    statement: Add | Exchange | Cas, found: int, registers: Pairs, memory: Pairs
) -> Pairs:
    """Memory after a read-modify-write that found this value."""
    known = dict(registers)
    if isinstance(statement, Cas):
        if found != statement.expected:
            return memory
        value = operand_value(statement.desired, known)
    elif isinstance(statement, Add):
        value = found + operand_value(statement.operand, known)
    else:
        value = operand_value(statement.operand, known)
    return updated(memory, statement.location, value)


def successors(state: State, buffered: bool) -> Iterator[State]:
    """Every state that one step reaches: a statement, or the oldest buffered store."""
    for index, core in enumerate(state.cores):
        others = state.cores[:index], state.cores[index + 1 :]
        if core.buffer:
            (location, value), younger = core.buffer[0], core.buffer[1:]
            flushed = Core(core.rest, core.registers, younger)
            yield State((*others[0], flushed, *others[1]), updated(state.memory, location, value))
        if core.rest and not (core.buffer and drains(core.rest[0])):
            after, memory = run_statement(core, state.memory, buffered)
            yield State((*others[0], after, *others[1]), memory)


def reachable_outcomes(program: Program, buffered: bool) -> set[str]:
    """The outcomes of all final states."""
    start = State(tuple(Core(thread, ()) for thread in program.threads), ())
    seen, work, final = {start}, [start], set()
    while work:
        state = work.pop()
        following = list(successors(state, buffered))
        if not following:
            registers = {name: value for core in state.cores for name, value in core.registers}
            final.add(program.outcome(registers, dict(state.memory)))
        for other in following:
            if other not in seen:
                seen.add(other)
                work.append(other)
    return final


def sc_outcomes(program: Program) -> set[str]:
    """All outcomes under sequential consistency."""
    return reachable_outcomes(program, buffered=False)


def tso_outcomes(program: Program) -> set[str]:
    """All outcomes on x86-TSO."""
    return reachable_outcomes(program, buffered=True)
