"""RC11 by brute force: every candidate execution graph, filtered by the axioms of the paper.

Source: Ori Lahav, Viktor Vafeiadis, Jeehoon Kang, Chung-Kil Hur, Derek Dreyer, "Repairing
Sequential Consistency in C/C++11", PLDI 2017, sections 3 and 4; the names of the relations are
the paper's. Slow, and meant to be read against the paper line by line.

A release sequence is the paper's: [W] ; (sb ∩ loc)? ; [W at least relaxed] ; (rf ; rmw)*. C++20
(P0982R1) takes out the same-thread part; `Variant.CPP20` is that, for comparison.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from enum import Enum
from itertools import permutations, product

from happens_before.litmus.models import relation as rel
from happens_before.litmus.models.execution import (
    Event,
    Execution,
    initial_writes,
    traces,
    without_mo,
)
from happens_before.litmus.models.growth import grown
from happens_before.litmus.program import Order, Program
from happens_before.litmus.models.relation import Relation


class Axiom(Enum):
    """What makes a candidate consistent; each can be left out, to see what it is for."""

    COHERENCE = "coherence"
    ATOMICITY = "atomicity"
    SC = "SC"
    NO_THIN_AIR = "no-thin-air"


class Variant(Enum):
    """Whose release sequence."""

    RC11 = "RC11, PLDI 2017"
    CPP20 = "C++20, P0982R1"


ALL_AXIOMS = frozenset(Axiom)


# --- candidates ---------------------------------------------------------------------------------


def possible_values(program: Program) -> dict[str, set[int]]:
    """A superset of what each location may hold.

    With sb ∪ rf acyclic, a value is computed through at most as many writes as the program has:
    that many rounds reach every value.
    """
    values: dict[str, set[int]] = {location: {0} for location in program.locations}
    for _ in range(sum(len(thread) for thread in program.threads) * 2):
        before = {location: set(known) for location, known in values.items()}
        for thread in range(len(program.threads)):
            for trace in traces(program, thread, before):
                for event in trace.events:
                    if event.kind == "W":
                        values[event.location].add(event.value)
        if values == before:
            break
    return values


def guessed(program: Program) -> Iterator[Execution]:
    """Every well-formed choice of events and rf, with thin air: guess what each read returns, keep
    the guesses that some write explains. mo is still empty.
    """
    values = possible_values(program)
    for combination in product(
        *(list(traces(program, thread, values)) for thread in range(len(program.threads)))
    ):
        events = initial_writes(program)
        events += tuple(event for trace in combination for event in trace.events)
        registers = tuple(pair for trace in combination for pair in trace.registers)
        for rf in reads_from(events):
            yield without_mo(events, rf, registers)


def candidates(program: Program, variant: Variant, axioms: frozenset[Axiom]) -> Iterator[Execution]:
    """Every well-formed execution: each read reads a write of its location and value; mo is a total
    order of the writes of each location, the initial one first.

    Two cuts save time and lose nothing that the axioms keep: with no-thin-air the events are grown
    (growth.py) instead of guessed, and orders of mo against happens-before are not made, since
    coherence forbids them.
    """
    chosen = grown(program) if Axiom.NO_THIN_AIR in axioms else guessed(program)
    for graph in chosen:
        before = rel.empty(len(graph.events))
        if Axiom.COHERENCE in axioms:
            before = happens_before(graph, variant)
        for mo in modification_orders(graph.events, before):
            yield replace(graph, mo=mo)


def reads_from(events: tuple[Event, ...]) -> Iterator[Relation]:
    """Every rf: for each read, one write of the same location and value."""
    reads = [index for index, event in enumerate(events) if event.kind == "R"]
    sources = [
        [
            index
            for index, event in enumerate(events)
            if event.kind == "W"
            and event.location == events[read].location
            and event.value == events[read].value
        ]
        for read in reads
    ]
    for choice in product(*sources):
        yield rel.from_pairs(len(events), zip(choice, reads))


def modification_orders(events: tuple[Event, ...], before: Relation) -> Iterator[Relation]:
    """Every mo that does not contradict `before`."""
    locations = dict.fromkeys(event.location for event in events if event.kind == "W")
    chains = []
    for location in locations:
        writes = [
            index
            for index, event in enumerate(events)
            if event.kind == "W" and event.location == location
        ]
        initial, others = writes[0], writes[1:]
        chains.append(
            [
                (initial, *order)
                for order in permutations(others)
                if not any(
                    before[later] >> earlier & 1
                    for place, later in enumerate(order)
                    for earlier in order[:place]
                )
            ]
        )
    for choice in product(*chains):
        yield rel.from_pairs(
            len(events),
            (
                (earlier, later)
                for chain in choice
                for place, later in enumerate(chain)
                for earlier in chain[:place]
            ),
        )


# --- the axioms ---------------------------------------------------------------------------------


def same_location(events: tuple[Event, ...]) -> Relation:
    """Pairs of reads and writes of one location."""
    return [
        sum(
            1 << other_index
            for other_index, other in enumerate(events)
            if event.kind != "F" and event.location == other.location
        )
        for event in events
    ]


def happens_before(graph: Execution, variant: Variant = Variant.RC11) -> Relation:
    """hb = (sb ∪ sw)+."""
    return rel.closure(rel.union(graph.sb, synchronizes_with(graph, variant)))


def synchronizes_with(graph: Execution, variant: Variant = Variant.RC11) -> Relation:
    """With
    rs = [W] ; (sb ∩ loc)? ; [W at least rlx] ; (rf ; rmw)*
    sw = [E at least rel] ; ([F] ; sb)? ; rs ; rf ; [R at least rlx] ; (sb ; [F])? ; [E at least acq]
    """
    events, sb, rf = graph.events, graph.sb, graph.rf
    size = len(events)
    writes = rel.identity(size, lambda e: events[e].kind == "W")
    atomic_writes = rel.identity(size, lambda e: events[e].kind == "W" and bool(events[e].order))
    reads = rel.identity(size, lambda e: events[e].kind == "R")
    fences = rel.identity(size, lambda e: events[e].kind == "F")
    releases = rel.identity(size, lambda e: (o := events[e].order) is not None and o.releases)
    acquires = rel.identity(size, lambda e: (o := events[e].order) is not None and o.acquires)
    own = rel.intersection(sb, same_location(events))
    if variant is Variant.CPP20:
        own = rel.empty(size)
    rs = rel.then(writes, rel.maybe(own), atomic_writes, rel.star(rel.then(rf, graph.rmw)))
    return rel.then(
        releases,
        rel.maybe(rel.then(fences, sb)),
        rs,
        rf,
        reads,
        rel.maybe(rel.then(sb, fences)),
        acquires,
    )


def partial_sc(graph: Execution, hb: Relation, rb: Relation, eco: Relation) -> Relation:
    """psc = psc_base ∪ psc_F, with
    scb      = sb ∪ (sb without loc) ; hb ; (sb without loc) ∪ (hb ∩ loc) ∪ mo ∪ rb
    psc_base = ([Esc] ∪ [Fsc] ; hb?) ; scb ; ([Esc] ∪ hb? ; [Fsc])
    psc_F    = [Fsc] ; (hb ∪ hb ; eco ; hb) ; [Fsc]
    """
    events, sb = graph.events, graph.sb
    size = len(events)
    every = rel.identity(size, lambda e: events[e].order is Order.SEQ_CST)
    fences = rel.identity(
        size, lambda e: events[e].order is Order.SEQ_CST and events[e].kind == "F"
    )
    loc = same_location(events)
    elsewhere = rel.difference(sb, loc)
    scb = rel.union(sb, rel.then(elsewhere, hb, elsewhere), rel.intersection(hb, loc), graph.mo, rb)
    left = rel.union(every, rel.then(fences, rel.maybe(hb)))
    right = rel.union(every, rel.then(rel.maybe(hb), fences))
    base = rel.then(left, scb, right)
    between = rel.then(fences, rel.union(hb, rel.then(hb, eco, hb)), fences)
    return rel.union(base, between)


def consistent(
    graph: Execution,
    axioms: frozenset[Axiom] = ALL_AXIOMS,
    variant: Variant = Variant.RC11,
) -> bool:
    """Does the execution keep the axioms?"""
    hb = happens_before(graph, variant)
    rb = rel.then(rel.inverse(graph.rf), graph.mo)
    rb = rel.difference(rb, rel.identity(len(rb), lambda _: True))
    eco = rel.closure(rel.union(graph.rf, graph.mo, rb))
    if Axiom.NO_THIN_AIR in axioms and not rel.acyclic(rel.union(graph.sb, graph.rf)):
        return False
    if Axiom.COHERENCE in axioms and not rel.irreflexive(rel.then(hb, rel.maybe(eco))):
        return False
    if Axiom.ATOMICITY in axioms:
        if not rel.is_empty(rel.intersection(graph.rmw, rel.then(rb, graph.mo))):
            return False
    if Axiom.SC in axioms and any(event.order is Order.SEQ_CST for event in graph.events):
        return rel.acyclic(partial_sc(graph, hb, rb, eco))
    return True


def consistent_executions(
    program: Program,
    axioms: frozenset[Axiom] = ALL_AXIOMS,
    variant: Variant = Variant.RC11,
) -> Iterator[Execution]:
    """Every consistent execution graph of the program, once."""
    for graph in candidates(program, variant, axioms):
        if consistent(graph, axioms, variant):
            yield graph


def outcomes(
    program: Program,
    axioms: frozenset[Axiom] = ALL_AXIOMS,
    variant: Variant = Variant.RC11,
) -> Counter[str]:
    """The final states of the program, each with its number of consistent executions."""
    return Counter(
        program.outcome(dict(graph.registers), graph.final_memory)
        for graph in consistent_executions(program, axioms, variant)
    )
