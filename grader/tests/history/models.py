"""Histories, sequential models, and the plainest possible judge: try every order.

Nothing is shared with the C under test: the models are functions from a state and a call to what can
come of it, and the judge has neither memory nor cleverness.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

NONE = "none"  # HISTORY_NONE


@dataclass(frozen=True)
class Op:
    """One operation; `result` is None while it is pending."""

    name: str
    arguments: tuple[int, ...]
    thread: int
    result: int | str | None = None


@dataclass(frozen=True)
class History:
    """Operations, and for each the set of those that precede it."""

    spec: str
    parameter: int
    ops: tuple[Op, ...]
    before: tuple[frozenset[int], ...]

    def text(self) -> str:
        """The history as judge.c reads it."""
        lines = [f"history {self.spec.replace(' ', '-')} {self.parameter} {len(self.ops)}"]
        for op in self.ops:
            first, second = (*op.arguments, 0, 0)[:2]
            returned = int(op.result is not None)
            result = 0 if op.result is None else op.result
            lines.append(
                f"{op.name} {op.thread} {len(op.arguments)} {first} {second} {returned} {result}"
            )
        lines += [f"{sum(1 << other for other in before):x}" for before in self.before]
        return "\n".join(lines) + "\n"


IGNORED = object()  # a result that the model does not look at
Outcome = tuple[Any, Any] | None  # the next state and the result; None: it must wait
Model = Callable[[Any, Op], Outcome]


@dataclass(frozen=True)
class Spec:
    """A sequential model: the first state of a parameter, the step, and some calls to try."""

    first: Callable[[int], Any]
    step: Model
    calls: tuple[tuple[str, int], ...]  # name and number of arguments
    parameters: tuple[int, ...] = (0,)
    results: tuple[int | str, ...] = field(default=(0, 1, 2, NONE))


def _register(value: int, op: Op) -> Outcome:
    match op.name:
        case "read":
            return value, value
        case "write":
            return op.arguments[0], IGNORED
        case "exchange":
            return op.arguments[0], value
        case "fetch_add":
            return value + op.arguments[0], value
        case _:
            same = value == op.arguments[0]
            return (op.arguments[1] if same else value), int(same)


def _counter(value: int, op: Op) -> Outcome:
    match op.name:
        case "read":
            return value, value
        case "fetch_add":
            return value + op.arguments[0], value
        case "add":
            return value + op.arguments[0], IGNORED
        case "increment":
            return value + 1, IGNORED
        case _:
            return value - 1, IGNORED


def _sequence(end: int) -> Model:
    def step(state: tuple[int, tuple[int, ...]], op: Op) -> Outcome:
        capacity, items = state
        if op.name == "push":
            if capacity and len(items) == capacity:
                return state, 0
            return (capacity, (*items, op.arguments[0])), 1 if capacity else IGNORED
        if not items:
            return state, NONE
        rest = items[1:] if end == 0 else items[:-1]
        return ((capacity, rest) if op.name == "pop" else state), items[end]

    return step


def _set(keys: frozenset[int], op: Op) -> Outcome:
    key = op.arguments[0]
    match op.name:
        case "add":
            return keys | {key}, int(key not in keys)
        case "remove":
            return keys - {key}, int(key in keys)
        case _:
            return keys, int(key in keys)


def _map(pairs: frozenset[tuple[int, int]], op: Op) -> Outcome:
    known, key = dict(pairs), op.arguments[0]
    old, there = known.get(key, NONE), key in known
    match op.name:
        case "put" | "set":
            new = frozenset({**known, key: op.arguments[1]}.items())
            return new, old if op.name == "put" else IGNORED
        case "get":
            return pairs, old
        case "contains":
            return pairs, int(there)
        case "remove":
            return frozenset(item for item in pairs if item[0] != key), old
        case _:
            return (pairs if there else pairs | {(key, op.arguments[1])}), int(not there)


def _mutex(holder: int | None, op: Op) -> Outcome:
    match op.name:
        case "lock":
            return (op.thread, IGNORED) if holder is None else None
        case "unlock":
            return (None, IGNORED) if holder == op.thread else None
        case _:
            return (op.thread if holder is None else holder), int(holder is None)


_REGISTER = (("read", 0), ("write", 1), ("exchange", 1), ("fetch_add", 1), ("compare_exchange", 2))
_COUNTER = (("read", 0), ("fetch_add", 1), ("add", 1), ("increment", 0), ("decrement", 0))
_ENDS = (("push", 1), ("push", 1), ("pop", 0), ("pop", 0), ("peek", 0))
_SET = (("add", 1), ("remove", 1), ("contains", 1))
_MAP = (("put", 2), ("get", 1), ("remove", 1), ("insert", 2), ("set", 2), ("contains", 1))
_MUTEX = (("lock", 0), ("unlock", 0), ("unlock", 0), ("try_lock", 0))

SPECS = {
    "register": Spec(lambda value: value, _register, _REGISTER, (0, 1), (0, 1, 2)),
    "counter": Spec(lambda value: value, _counter, _COUNTER, (0, 1), (0, 1, 2)),
    "queue": Spec(lambda _: (0, ()), _sequence(0), _ENDS),
    "stack": Spec(lambda _: (0, ()), _sequence(-1), _ENDS),
    "bounded queue": Spec(lambda capacity: (capacity, ()), _sequence(0), _ENDS, (1, 2)),
    "bounded stack": Spec(lambda capacity: (capacity, ()), _sequence(-1), _ENDS, (1, 2)),
    "set": Spec(lambda _: frozenset(), _set, _SET, (0,), (0, 1)),
    "map": Spec(lambda _: frozenset(), _map, _MAP),
    "mutex": Spec(lambda _: None, _mutex, _MUTEX, (0,), (0, 1)),
}


def gives(op: Op, result: Any) -> bool:
    """May an operation that the model answers so have the result that was recorded?"""
    return op.result is None or result is IGNORED or op.result == result


def legal_orders(history: History) -> Iterator[tuple[int, ...]]:
    """Every order, of all or of some operations, that precedence and model allow."""
    spec = SPECS[history.spec]

    def grow(order: tuple[int, ...], state: Any) -> Iterator[tuple[int, ...]]:
        yield order
        for at, op in enumerate(history.ops):
            if at in order or any(
                history.ops[other].result is not None and other not in order
                for other in history.before[at]
            ):
                continue
            outcome = spec.step(state, op)
            if outcome and gives(op, outcome[1]):
                yield from grow((*order, at), outcome[0])

    return grow((), spec.first(history.parameter))


def placed(history: History, order: Sequence[int]) -> int:
    """How many operations of the order have returned."""
    return sum(history.ops[at].result is not None for at in order)


def most_placed(history: History) -> int:
    """The most returned operations that any legal order explains."""
    return max(placed(history, order) for order in legal_orders(history))


def must_place(history: History) -> int:
    """How many operations have returned: as many must be explained."""
    return placed(history, range(len(history.ops)))


def is_legal(history: History, order: tuple[int, ...]) -> bool:
    """Is this one of the orders that precedence and model allow?"""
    return order in set(legal_orders(history))
