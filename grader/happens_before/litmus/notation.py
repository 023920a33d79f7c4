"""Programs as one line of text, for tables and failure messages.

Threads are separated by `||`, statements by `;`. Locations are u to z, everything else is a
register; an access without an order is relaxed:

    x = 1; fence.rel; y = 1 || a = y.acq; if a == 1: {b = x}
    a = add(x.sc, 1)   a = xchg(x.rel, 2)   a = cas(x.acq_rel.acq, 0, 1)

A branch has braces, and commas between its statements:

    if a == 1: {x = 1, y = 1} else {z = 1}
"""

from __future__ import annotations

import re

from happens_before.litmus.program import (
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
)

ORDERS = {
    "rlx": Order.RELAXED,
    "acq": Order.ACQUIRE,
    "rel": Order.RELEASE,
    "acq_rel": Order.ACQ_REL,
    "sc": Order.SEQ_CST,
}
SHORT = {order: name for name, order in ORDERS.items()}
LOCATIONS = "uvwxyz"

BRANCH = re.compile(r"if (\w+) == (\d+): \{(.*?)\}(?: else \{(.*)\})?$")
UPDATE = re.compile(r"(\w+) = (add|xchg)\(([u-z])(?:\.(\w+))?, (\w+)\)$")
COMPARE = re.compile(r"(\w+) = cas\(([u-z])(?:\.(\w+))?(?:\.(\w+))?, (\d+), (\w+)\)$")
STORE = re.compile(r"([u-z])(?:\.(\w+))? = (\w+)$")
LOAD = re.compile(r"(\w+) = ([u-z])(?:\.(\w+))?$")
FENCE = re.compile(r"fence\.(\w+)$")


def operand(text: str) -> Operand:
    """A constant or a register."""
    return int(text) if text.isdigit() else text


def order(text: str | None) -> Order:
    """The order that an abbreviation stands for; none is relaxed."""
    return ORDERS[text or "rlx"]


def statement(text: str) -> Statement:
    """One statement; ValueError names text that is not one."""
    if found := BRANCH.match(text):
        register, equals, then, otherwise = found.groups()
        return If(register, int(equals), body(then, ","), body(otherwise or "", ","))
    if found := UPDATE.match(text):
        register, name, location, mode, value = found.groups()
        if name == "add":
            return Add(register, location, operand(value), order(mode))
        return Exchange(register, location, operand(value), order(mode))
    if found := COMPARE.match(text):
        register, location, success, failure, expected, desired = found.groups()
        value = operand(desired)
        return Cas(register, location, int(expected), value, order(success), order(failure))
    if found := STORE.match(text):
        return Store(found[1], operand(found[3]), order(found[2]))
    if found := LOAD.match(text):
        return Load(found[1], found[2], order(found[3]))
    if found := FENCE.match(text):
        return Fence(ORDERS[found[1]])
    raise ValueError(f"not a statement: {text!r}")


def body(text: str, separator: str) -> Thread:
    """Statements between separators; commas inside parentheses do not separate."""
    pattern = rf"{separator}(?![^({{]*[)}}])"
    return tuple(statement(part.strip()) for part in re.split(pattern, text) if part.strip())


def parse(name: str, text: str, observed: str = "") -> Program:
    """The program that the text describes; `observed` names locations, "xy" for example."""
    threads = tuple(body(thread, ";") for thread in text.split("||"))
    return Program(name, threads, tuple(observed))


def access(location: str, mode: Order) -> str:
    """x, x.acq, ..."""
    return location if mode is Order.RELAXED else f"{location}.{SHORT[mode]}"


def show_statement(item: Statement) -> str:
    """The text of one statement."""
    if isinstance(item, Load):
        return f"{item.register} = {access(item.location, item.order)}"
    if isinstance(item, Store):
        return f"{access(item.location, item.order)} = {item.value}"
    if isinstance(item, Fence):
        return f"fence.{SHORT[item.order]}"
    if isinstance(item, If):
        text = f"if {item.register} == {item.equals}: {{{show_body(item.then, ', ')}}}"
        return text + (f" else {{{show_body(item.otherwise, ', ')}}}" if item.otherwise else "")
    if isinstance(item, Cas):
        modes = f"{item.location}.{SHORT[item.order]}.{SHORT[item.failure]}"
        return f"{item.register} = cas({modes}, {item.expected}, {item.desired})"
    name = "add" if isinstance(item, Add) else "xchg"
    return f"{item.register} = {name}({access(item.location, item.order)}, {item.operand})"


def show_body(statements: Thread, separator: str) -> str:
    """The text of statements in a row."""
    return separator.join(show_statement(item) for item in statements)


def show(program: Program) -> str:
    """The text of a program; `parse` reads it back."""
    return " || ".join(show_body(thread, "; ") for thread in program.threads)
