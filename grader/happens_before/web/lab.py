"""The litmus lab in the browser: every shape in every order, all that each may end with, and a graph.

The outcomes and graphs come from the brute-force models (litmus/models), which the tests hold the
explorer to; so the static edition needs no compiler. What this processor does is asked for live.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

from happens_before.core.errors import InputError
from happens_before.litmus import allowed, machine, report, shapes
from happens_before.litmus.models import machines, oracle
from happens_before.litmus.models.execution import INIT_THREAD, Event, Execution
from happens_before.litmus.models.relation import Relation
from happens_before.litmus.notation import SHORT, show_statement
from happens_before.litmus.program import Program
from happens_before.litmus.report import C, INTERLEAVED, MODELS, MOST_CANDIDATES, TSO

LONGEST_S = 3.0  # how long the processor may be watched for one question
RUNNING = threading.Lock()  # two at once would disturb each other


def script() -> str:
    """All shapes, as a script that works from a disk: HB.litmus."""
    text = json.dumps([_shape(shape) for shape in shapes.SHAPES], separators=(",", ":"))
    return f"'use strict';\nwindow.HB = window.HB || {{}};\nHB.litmus = {text};\n"


def _shape(shape: shapes.Shape) -> dict[str, Any]:
    orders = [name for name in shapes.ORDERS if name != shapes.MIXED or shape.mixed]
    return {
        "name": shape.name,
        "title": shape.title,
        "asks": shape.asks,
        "orders": [_ordered(shape, order) for order in orders],
    }


def _ordered(shape: shapes.Shape, order: str) -> dict[str, Any]:
    program = shapes.program_of(shape, order)
    candidates = report.candidates(program)
    return {
        "order": order,
        "says": shapes.MIXED_SAYS if order == shapes.MIXED else shapes.STYLES[order].says,
        "threads": [[show_statement(item) for item in thread] for thread in program.threads],
        "candidates": candidates if len(candidates) <= MOST_CANDIDATES else [],
        "outcomes": list(_outcomes(program)),
        "loads": shapes.may_buffer_loads(program),
    }


def _outcomes(program: Program) -> Iterator[dict[str, Any]]:
    """Each allowed outcome, by which models, with the graph of one execution that ends so."""
    interleaved, tso = machines.sc_outcomes(program), machines.tso_outcomes(program)
    found: dict[str, Execution] = {}
    for execution in oracle.consistent_executions(program):
        state = program.outcome(dict(execution.registers), execution.final_memory)
        found.setdefault(state, execution)
    for state in sorted(found):
        models = {INTERLEAVED: state in interleaved, TSO: state in tso, C: True}
        yield {"state": state, **models, "graph": graph(found[state])}


def graph(execution: Execution) -> dict[str, Any]:
    """An execution as nodes and edges: [thread, text] and [from, to]; thread -1 is the beginning."""
    events = execution.events
    from_read = [
        (read, later)
        for first in range(len(events))
        for read in _after(execution.rf, first)
        for later in _next(execution.mo, first)
        if later != read + 1 or not events[read].rmw
    ]
    return {
        "events": [[event.thread, _label(event)] for event in events],
        "rf": _pairs(execution.rf),
        "mo": [(a, b) for a in range(len(events)) for b in _next(execution.mo, a)],
        "fr": from_read,
        "sw": _pairs(oracle.synchronizes_with(execution)),
    }


def _after(relation: Relation, index: int) -> list[int]:
    return [other for other in range(len(relation)) if relation[index] >> other & 1]


def _next(order: Relation, index: int) -> list[int]:
    """The immediate successor in a total order of some events, if there is one."""
    later = _after(order, index)
    return [event for event in later if len(_after(order, event)) == len(later) - 1]


def _pairs(relation: Relation) -> list[tuple[int, int]]:
    return [(a, b) for a in range(len(relation)) for b in _after(relation, a)]


def _label(event: Event) -> str:
    order = f" {SHORT[event.order]}" if event.order else ""
    if event.kind == "F":
        return f"fence{order}"
    if event.thread == INIT_THREAD:
        return f"{event.location} = {event.value}"
    return f"{event.kind} {event.location} {event.value}{order}"


def measured(name: object, order: object, seconds: object) -> dict[str, Any]:
    """What this processor shows, beside what the explorer says is allowed, with remarks.

    Errors: InputError for a shape or an order that is none; GraderFault when it cannot be run.
    """
    if not isinstance(name, str) or not isinstance(order, str):
        raise InputError("a shape and an order have names.")
    shape = shapes.find(name)
    program = shapes.program_of(shape, order)
    patience = min(LONGEST_S, float(seconds)) if isinstance(seconds, (int, float)) else LONGEST_S
    with RUNNING:
        sets = allowed.outcomes(program, MODELS)
        seen = machine.run(program, max(0.01, patience))
    result = report.Result(program, shape.title, "", shape.asks, sets, seen)
    return {**result.as_json(), "remarks": list(report.remarks(result))}
