"""The command line of a program under test, and its tokens, as a stranger may type them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from explorer import harness

SCENARIO_FREE = "message.c"  # of the programs; it has a main only
FAULTY = {"message.c": ["-DRELAXED_FLAG"], "dekker.c": ["-DNO_FENCE"]}

MISTAKES = {
    "an unknown option": (["--frobnicate"], "--frobnicate"),
    "an option cut short, with an unknown value": (["--mod", "fast"], "exhaustive, sample"),
    "a word that is no option": (["everything"], "everything"),
    "an unknown mode": (["--mode", "fast"], "exhaustive, sample"),
    "an unknown memory model": (["--memory-model", "arm"], "rc11, sc or tso"),
    "a number that is none": (["--max-executions", "many"], "--max-executions"),
    "a number with a tail": (["--samples", "10x"], "--samples"),
    "a negative number": (["--jobs", "-1"], "--jobs"),
    "a number too large for the option": (["--max-events", "100000"], "--max-events"),
    "a number too large for anything": (["--seed", "99999999999999999999"], "--seed"),
    "an empty number": (["--unroll", ""], "--unroll"),
    "seconds that are none": (["--time", "soon"], "--time"),
    "negative seconds": (["--time", "-3"], "--time"),
    "seconds that are not finite": (["--time", "nan"], "--time"),
    "an option without its value": (["--memory-model"], "--memory-model"),
    "a scenario that there is not": (["--scenario", "nowhere"], "--list"),
}


@pytest.fixture(scope="module")
def correct() -> Path:
    """A correct program without scenarios."""
    return built(SCENARIO_FREE, [])


def built(name: str, flags: list[str]) -> Path:
    """A program of the corpus."""
    path = harness.built(harness.HERE / "programs" / name, flags)
    assert path is not None
    return path


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_on_the_command_line_is_told(mistake: str, correct: Path) -> None:
    """Exit status 2, what is wrong and what would be right; no result, nothing explored."""
    arguments, told = MISTAKES[mistake]
    run = harness.run(correct, *arguments)
    assert (run.exit_code, run.found) == (2, {}), run.errors
    assert run.errors.startswith("explorer: ") and told in run.errors


def test_help_is_no_mistake(correct: Path) -> None:
    run = harness.run(correct, "--help")
    assert run.exit_code == 0 and "--memory-model" in run.output and run.errors == ""


def test_a_program_without_scenarios_lists_none(correct: Path) -> None:
    run = harness.run(correct, "--list")
    assert (run.exit_code, run.found) == (0, {})


def test_a_result_goes_to_standard_output_or_to_a_file(correct: Path, tmp_path: Path) -> None:
    done = subprocess.run([correct, "--json", "-"], capture_output=True, check=True)
    printed = json.loads(done.stdout)
    assert {**printed, "seconds": 0} == {**harness.run(correct).found, "seconds": 0}
    nowhere = str(tmp_path / "missing" / "result.json")
    done = subprocess.run([correct, "--json", nowhere], capture_output=True, check=False)
    assert done.returncode in (2, 4) and done.stderr.startswith(b"explorer: ")


def test_bounds_are_told(correct: Path) -> None:
    """Exit status 3: not complete, and why."""
    run = harness.run(correct, "--max-executions", 1)
    assert (run.exit_code, run.found["complete"]) == (3, False)
    assert (run.found["bound"], run.found["executions"]) == ("executions", 1)
    run = harness.run(correct, "--max-events", 4)
    assert (run.exit_code, run.found["bound"]) == (3, "events")


# --- tokens ---------------------------------------------------------------------------------------


def damages(token: str) -> dict[str, str]:
    """The token, damaged in every way that a mail or a hand may do it."""
    middle = len(token) // 2
    other = "A" if token[middle] != "A" else "z"
    return {
        "nothing": "",
        "its head alone": token[:3],
        "another head": "HB9" + token[3:],
        "no head": token[3:],
        "cut in the middle": token[:middle],
        "cut at the end": token[:-1],
        "longer": token + "AAAA",
        "doubled": token + token,
        "a letter changed": token[:middle] + other + token[middle + 1 :],
        "a letter that no token has": token[:middle] + "!" + token[middle + 1 :],
        "two letters swapped": swapped(token),
        "in capitals": token.upper() if token.upper() != token else token.lower(),
        "not ASCII": token + "é",
        "endless": token * 2000,
    }


def swapped(token: str) -> str:
    """The first two neighbours that differ, behind the head, change places."""
    for at in range(3, len(token) - 1):
        if token[at] != token[at + 1]:
            return token[:at] + token[at + 1] + token[at] + token[at + 2 :]
    return token + token[-1]


@pytest.mark.parametrize("name", FAULTY)
def test_a_token_leads_a_fresh_process_to_the_same_fault(name: str) -> None:
    program = built(name, FAULTY[name])
    fault = harness.run(program).fault
    run = harness.run(program, "--replay", fault["token"])
    assert (run.exit_code, run.found["executions"]) == (1, 1)
    for key in ("kind", "pc", "thread", "text", "stack", "other", "token"):
        assert run.fault[key] == fault[key]


@pytest.mark.parametrize("damage", damages("HB1abc"))
@pytest.mark.parametrize("name", FAULTY)
def test_a_damaged_token_is_refused(name: str, damage: str) -> None:
    """Never another verdict about another execution."""
    program = built(name, FAULTY[name])
    token = damages(harness.run(program).fault["token"])[damage]
    run = harness.run(program, "--replay", token)
    assert (run.exit_code, run.found) == (2, {}), (token, run.exit_code, run.found.get("fault"))
    assert run.errors.startswith("explorer: ") and "token" in run.errors


@pytest.mark.parametrize("name", FAULTY)
def test_a_replay_that_finds_nothing_is_no_verdict(name: str) -> None:
    """The faulty program's token on the mended program: one execution is not all of them."""
    fault = harness.run(built(name, FAULTY[name])).fault
    run = harness.run(built(name, []), "--replay", fault["token"])
    assert (run.exit_code, run.found["complete"]) == (3, False)
    assert run.found["bound"] == "replay"
