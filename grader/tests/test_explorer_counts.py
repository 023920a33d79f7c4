"""Programs whose number of executions has a closed form; each is derived where it stands.

An execution is a graph: who reads from which store, and the order of the stores of a location.
These programs are larger than the oracle's, so they show that nothing is counted twice or left out
where many revisits follow one another.
"""

from __future__ import annotations

from itertools import combinations_with_replacement
from math import comb, factorial
from pathlib import Path

import pytest
from explorer import harness
from happens_before.litmus.notation import parse
from happens_before.litmus.program import Program

FILE = Path(__file__).parent / "explorer" / "counts" / "counts.c"


def shape(name: str, threads: list[str]) -> Program:
    """A program of these threads, in the notation of explorer/notation.py."""
    return parse(name, " || ".join(threads))


def numbered(text: str, count: int) -> str:
    """The text `count` times, % being the number of each, in one thread."""
    return "; ".join(text.replace("%", str(number)) for number in range(1, count + 1))


CASES: list[tuple[Program, str, int]] = []


def case(name: str, threads: list[str], count: int, model: str = "rc11") -> None:
    """One program, the memory model, and its number of executions."""
    CASES.append((shape(name, threads), model, count))


for model in ("rc11", "sc", "tso"):
    # Updates of one location form a chain, each reading from the one before: a permutation of the
    # n threads, n! of them, in every model.
    for n in range(1, 7):
        case(f"{n} adds", [f"a{t} = add(x, 1)" for t in range(n)], factorial(n), model)
    # k updates in each of two threads: a chain that keeps either thread's order, C(2k, k).
    for k in (1, 2, 3, 4):
        two = [numbered(f"{t}% = add(x, 1)", k) for t in "ab"]
        case(f"2 x {k} adds", two, comb(2 * k, k), model)
    # n threads that share nothing: one graph.
    for n in (2, 4):
        own = [f"{place} = 1; {place} = 2; r{place} = {place}" for place in "uvwxyz"[:n]]
        case(f"{n} apart", own, 1, model)
    # One compare-exchange of 0 succeeds, on the initial value, for two updates may not read the
    # same store; the others read what it wrote. n choices of the one.
    for n in (2, 3, 5):
        case(f"{n} compare", [f"a{t} = cas(x, 0, 1)" for t in range(n)], n, model)
    # One store, n readers: each reads it or the initial value, 2^n; under SC and TSO too, since the
    # readers that see 0 may come first.
    for n in (1, 3, 5):
        case(f"1 writer {n} readers", ["x = 1", *(f"a{t} = x" for t in range(n))], 2**n, model)

# n stores of one location are ordered by mo in n! ways. The m loads of one thread read places of mo
# that do not decrease (coherence), from n + 1 with the initial store: C(n + m, m) choices.
for n, m in ((1, 1), (2, 1), (3, 1), (4, 1), (2, 2), (3, 3)):
    writers = [f"x = {value}" for value in range(1, n + 1)]
    count = factorial(n) * comb(n + m, m)
    case(f"{n} writers {m} loads", [*writers, numbered("a% = x", m)], count)

# k stores of one location in each of two threads: mo keeps either thread's order, C(2k, k).
for k in (1, 2, 3, 4):
    case(f"2 x {k} stores", [numbered("x = %", k)] * 2 + ["a = y"], comb(2 * k, k))

# A ring of n threads, each storing its location and loading the next one's: each load reads either
# store, 2^n. Under SC, and with seq_cst, all reading 0 is the one cycle: 2^n - 1. TSO delays each
# store beyond the load behind it: 2^n again.
for n in (2, 3, 4, 5):
    places = "uvwxyz"[:n]
    ring = list(zip(places, places[1:] + places[0]))
    relaxed = [f"{a} = 1; r{a} = {b}" for a, b in ring]
    strong = [f"{a}.sc = 1; r{a} = {b}.sc" for a, b in ring]
    fenced = [f"{a} = 1; fence.sc; r{a} = {b}" for a, b in ring]
    case(f"ring of {n}", relaxed, 2**n)
    case(f"ring of {n}", relaxed, 2**n - 1, "sc")
    case(f"ring of {n}", relaxed, 2**n, "tso")
    case(f"ring of {n}, seq_cst", strong, 2**n - 1)
    case(f"ring of {n}, fences", fenced, 2**n - 1)
    case(f"ring of {n}, fences", fenced, 2**n - 1, "tso")

# The other way round, the load first: all reading the stores is a cycle of po and rf, which RC11
# forbids: 2^n - 1.
for n in (2, 3, 4, 5):
    places = "uvwxyz"[:n]
    ring = list(zip(places, places[1:] + places[0]))
    case(f"loads of {n}", [f"r{a} = {b}; {a} = 1" for a, b in ring], 2**n - 1)

# Two threads take turns at n rounds of: load the other's location, store one's own (the core of
# SV-COMP's fib_bench). Thread A's i-th load reads the a(i)-th store of B, B's j-th the b(j)-th of A,
# 0 being the initial one; neither sequence decreases. A cycle of po and rf is a pair with a(i) >= j
# and b(j) >= i. Drawn in an n x n square, {(i, j): j <= a(i)} and {(i, j): i <= b(j)} are staircases
# from opposite corners that must not meet: pairs of lattice paths that do not cross. By Lindstroem,
# Gessel and Viennot ("Binomial determinants, paths, and hook length formulae", Advances in
# Mathematics 58, 1985) that is C(2n, n)^2 - C(2n, n + 1) C(2n, n - 1): 3, 20, 175, 1764.
for n in (1, 2, 3, 4):
    turns = [numbered("a% = y; x = %", n), numbered("b% = x; y = %", n)]
    count = comb(2 * n, n) ** 2 - comb(2 * n, n + 1) * comb(2 * n, n - 1)
    case(f"turns of {n}", turns, count)
# The same count under TSO, which keeps a load before a store and the stores in order.
case("turns of 3", [numbered("a% = y; x = %", 3), numbered("b% = x; y = %", 3)], 175, "tso")


@pytest.fixture(scope="module")
def cases() -> Path:
    """All of them in one executable."""
    return harness.built_programs([program for program, _, _ in CASES])


@pytest.mark.parametrize(
    "number", range(len(CASES)), ids=lambda n: f"{CASES[n][0].name}-{CASES[n][1]}".replace(" ", "_")
)
def test_the_executions_are_as_many_as_the_closed_form_says(number: int, cases: Path) -> None:
    _, model, count = CASES[number]
    arguments = ("--memory-model", model, "--check-duplicates")
    run = harness.run(cases, *arguments, index=number)
    assert (run.exit_code, run.found["executions"]) == (0, count), run.errors
    assert run.found["complete"]


def multinomial(n: int, k: int) -> int:
    """Ways to merge n sequences of k."""
    return factorial(n * k) // factorial(k) ** n


@pytest.mark.parametrize("lock", ["MUTEX", "SEMAPHORE", "TICKET"])
@pytest.mark.parametrize(("n", "k"), [(1, 3), (2, 1), (2, 2), (2, 3), (3, 1), (3, 2), (4, 1)])
def test_a_lock_is_taken_in_every_order(lock: str, n: int, k: int) -> None:
    """Critical sections follow one another in an order that keeps each thread's own: (nk)!/(k!)^n.

    Who waits meanwhile, and for how long, makes no other execution.
    """
    run = harness.run(build_counts(lock, n, k), "--check-duplicates")
    assert (run.exit_code, run.found["executions"]) == (0, multinomial(n, k)), run.errors
    assert set(run.states) == {str(n * k)}


def test_four_threads_that_lock_twice_make_2520_executions() -> None:
    """As the peers report, too (GenMC, on the same program)."""
    run = harness.run(build_counts("MUTEX", 4, 2))
    assert (run.exit_code, run.found["executions"]) == (0, 2520)


def build_counts(shape_: str, n: int, k: int, *flags: str) -> Path:
    """One shape of counts.c."""
    path = harness.built(FILE, [f"-D{shape_}", f"-DN={n}", f"-DK={k}", *flags])
    assert path is not None
    return path


def ring_executions(items: int, slots: int) -> int:
    """The executions of the ring, counted by their definition.

    Pop j (from 1) reads tail as stored by push t(j) >= j; push i reads head as stored by pop
    h(i) >= i - slots, h(i) >= 0. Neither sequence decreases, and no cycle of po and rf: never
    t(j) >= i and h(i) >= j.
    """
    numbers = range(1, items + 1)
    pops = [
        seen
        for seen in combinations_with_replacement(range(1, items + 1), items)
        if all(seen[j - 1] >= j for j in numbers)
    ]
    pushes = [
        seen
        for seen in combinations_with_replacement(range(items + 1), items)
        if all(seen[i - 1] >= i - slots for i in numbers)
    ]
    return sum(
        not any(t[j - 1] >= i and h[i - 1] >= j for i in numbers for j in numbers)
        for t in pops
        for h in pushes
    )


def test_the_counting_of_the_ring_knows_the_figure_of_the_peers() -> None:
    """Three items through two slots: 9 executions, where a search without reduction makes 47
    million."""
    assert ring_executions(3, 2) == 9


@pytest.mark.parametrize(("items", "slots"), [(1, 1), (2, 1), (3, 1), (3, 2), (3, 3), (4, 2)])
def test_a_ring_is_explored_without_redundancy(items: int, slots: int) -> None:
    program = build_counts("RING", 2, slots, f"-DITEMS={items}")
    run = harness.run(program, "--check-duplicates")
    assert (run.exit_code, run.found["executions"]) == (
        0,
        ring_executions(items, slots),
    ), run.errors
    assert set(run.states) == {str(sum(range(items)))}
