"""The explorer against the literature, against the oracle, and against itself.

For tiny programs the oracle (explorer/oracle.py) lists every execution that RC11 allows. The
explorer must find each of them once: the same final states, each in as many executions.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from explorer import corners, generate, harness
from explorer.litmus import TABLE, Litmus
from happens_before.litmus.models import machines, oracle
from happens_before.litmus.notation import show
from happens_before.litmus.program import Program

SEED = 2026
ORACLE_PROGRAMS = 240
SHUFFLED_PROGRAMS = 80
MACHINE_PROGRAMS = 60
PROGRAMS = [litmus.program for litmus in TABLE]
MACHINES = {"sc": machines.sc_outcomes, "tso": machines.tso_outcomes}
BY_NAME = {litmus.program.name: number for number, litmus in enumerate(TABLE)}


@pytest.fixture(scope="module", params=["clang", "gcc"])
def shapes(request: pytest.FixtureRequest) -> Path:
    """All litmus tests in one executable, from either front end."""
    return harness.built_programs(PROGRAMS, request.param)


@pytest.fixture(scope="module")
def drawn() -> list[Program]:
    """Random programs."""
    return list(generate.programs(SEED, ORACLE_PROGRAMS))


@pytest.fixture(scope="module")
def drawn_built(drawn: list[Program]) -> Path:
    """The same, in one executable."""
    return harness.built_programs(drawn)


def explored(program: Path, count: int, *arguments: object) -> list[harness.Run]:
    """The first `count` programs of an executable, explored; each must be correct and complete."""
    runs = harness.each(lambda n: harness.run(program, *arguments, index=n), range(count))
    for number, run in enumerate(runs):
        assert run.exit_code == 0, f"program {number} {arguments}: {run.errors} {run.found}"
        assert run.found["complete"] and run.found["bound"] is None
        assert sum(run.states.values()) == run.found["executions"]
    return runs


@pytest.mark.parametrize("litmus", TABLE, ids=lambda litmus: litmus.program.name)
def test_a_litmus_test_has_the_states_of_the_literature(litmus: Litmus, shapes: Path) -> None:
    run = harness.run(shapes, "--check-duplicates", index=BY_NAME[litmus.program.name])
    assert run.exit_code == 0, run.errors
    assert set(run.states) == litmus.allowed
    assert run.states == oracle.outcomes(litmus.program)


@pytest.fixture(scope="module")
def corner_programs() -> Path:
    """The corners in one executable."""
    return harness.built_programs([program for program, _ in corners.TABLE])


@pytest.mark.parametrize("number", range(len(corners.TABLE)))
def test_a_clause_of_an_axiom_decides(number: int, corner_programs: Path) -> None:
    program, forbidden = corners.TABLE[number]
    every = oracle.outcomes(program, oracle.ALL_AXIOMS - {oracle.Axiom.SC})
    assert forbidden in every and forbidden not in oracle.outcomes(program)
    assert harness.run(corner_programs, index=number).states == oracle.outcomes(program)


@pytest.mark.parametrize("model", MACHINES)
def test_a_strong_model_shows_what_its_machine_shows(model: str, drawn: list[Program]) -> None:
    programs = [*PROGRAMS, *drawn[:MACHINE_PROGRAMS]]
    executable = harness.built_programs(programs)
    runs = explored(executable, len(programs), "--memory-model", model, "--check-duplicates")
    for program, run in zip(programs, runs):
        assert set(run.states) == MACHINES[model](program), show(program)


def test_random_programs_have_the_executions_of_the_oracle(
    drawn: list[Program], drawn_built: Path
) -> None:
    for program, run in zip(drawn, explored(drawn_built, len(drawn))):
        assert run.states == oracle.outcomes(program), show(program)


@pytest.mark.parametrize("seed", [1, 7])
def test_no_count_depends_on_the_schedule(
    seed: int, drawn: list[Program], drawn_built: Path
) -> None:
    """The same programs, scheduled by chance: every execution again, none of them twice."""
    arguments = ("--shuffle", "--seed", seed, "--check-duplicates")
    for program, run in zip(drawn, explored(drawn_built, SHUFFLED_PROGRAMS, *arguments)):
        assert run.states == oracle.outcomes(program), show(program)
