"""The oracle that will judge the explorer is judged first: by the literature, by sabotage, by kin.

It enumerates every candidate execution graph of a tiny program and keeps those that RC11's axioms
allow, as the paper writes them.
"""

from __future__ import annotations

import pytest
from happens_before.litmus.models import machines, oracle
from explorer import generate
from explorer.litmus import TABLE, Litmus

RANDOM_PROGRAMS = 40
SEED = 11
SMALL_ONES = (12, 30)  # a seed of whose first programs none has many executions


@pytest.mark.parametrize("litmus", TABLE, ids=lambda litmus: litmus.program.name)
def test_the_oracle_agrees_with_the_literature(litmus: Litmus) -> None:
    assert set(oracle.outcomes(litmus.program)) == litmus.allowed


@pytest.mark.parametrize("axiom", list(oracle.Axiom), ids=lambda axiom: axiom.name)
def test_without_an_axiom_some_verdict_changes(axiom: oracle.Axiom) -> None:
    weaker = oracle.ALL_AXIOMS - {axiom}
    assert any(set(oracle.outcomes(t.program, weaker)) != t.allowed for t in TABLE)


def test_interleavings_are_among_what_rc11_allows() -> None:
    for program in generate.programs(SEED, RANDOM_PROGRAMS):
        assert machines.sc_outcomes(program) <= set(oracle.outcomes(program)), program.name


def test_store_buffers_show_what_interleavings_show_and_more() -> None:
    shapes = [t.program for t in TABLE]
    for program in shapes:
        assert machines.sc_outcomes(program) <= machines.tso_outcomes(program), program.name
    assert any(machines.sc_outcomes(p) != machines.tso_outcomes(p) for p in shapes)


@pytest.mark.parametrize(
    "seed, programs", [SMALL_ONES, pytest.param(SEED, RANDOM_PROGRAMS, marks=pytest.mark.long)]
)
def test_growing_and_guessing_find_the_same_executions(seed: int, programs: int) -> None:
    """One enumerator grows graphs along porf; the other guesses values and filters afterwards."""
    every, guess = oracle.ALL_AXIOMS, oracle.ALL_AXIOMS - {oracle.Axiom.NO_THIN_AIR}
    for program in generate.programs(seed, programs):
        rc11 = oracle.Variant.RC11
        guessed = (
            g for g in oracle.candidates(program, rc11, guess) if oracle.consistent(g, every, rc11)
        )
        count = sum(1 for _ in guessed)
        assert count == sum(1 for _ in oracle.consistent_executions(program)), program.name
