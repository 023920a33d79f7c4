"""`explore --unit`: the scenarios of a unit, with the reader's files or an attempt's."""

from __future__ import annotations

import subprocess

import pytest
from happens_before.core import workbook
from happens_before.core.errors import InputError
from happens_before.explore.unit_program import as_judged, of_unit

UNIT, ATTEMPT, SCENARIO = "15-streams", "wake_and_hope", "credit_is_passed_on"


def explore(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["/usr/bin/python3", "grader/grade", "explore", *arguments]
    return subprocess.run(
        command, cwd=workbook.ROOT, capture_output=True, text=True, check=False, timeout=120
    )


def test_a_unit_brings_its_files_its_foundations_and_its_headers() -> None:
    files, flags = of_unit(UNIT)
    names = [file.name for file in files]
    assert names[:2] == ["channel.c", "stream.c"]
    assert names[-1] == "scenarios.c"
    assert {"mutex.c", "future.c", "executor.c"} <= set(names)
    assert any(flag.endswith("lessons/10-futures") for flag in flags)
    assert all(file.is_file() for file in files)


def test_an_attempt_stands_in_place_of_the_readers_files() -> None:
    files, _ = of_unit(UNIT, ATTEMPT)
    assert [file.parent.name for file in files[:2]] == ["attempts", "attempts"]
    with pytest.raises(InputError, match="Attempts: .*wake_and_hope"):
        of_unit(UNIT, "nothing")


def test_it_lists_explores_and_finds() -> None:
    listed = explore("--unit", UNIT, "--list")
    assert SCENARIO in listed.stdout.split()
    found = explore("--unit", UNIT, "--attempt", ATTEMPT, "--scenario", SCENARIO)
    assert found.returncode == 1
    assert "verdict: fault found: lost wakeup" in found.stdout


def test_a_scenario_is_explored_as_the_judge_does_it() -> None:
    """What only a thread that stops can show is not called correct."""
    assert as_judged("04-mutex", "no_such_scenario") == {}
    assert as_judged("04-mutex", "excludes")["mode"] == "exhaustive"
    assert as_judged("01-fair-mutex", "bounded_lets_few_by")["spurious"] == 0
    unit = ("--unit", "09-wait-free-queue", "--attempt", "retrying")
    scenario = ("--scenario", "quota_waits_for_nobody")
    found = explore(*unit, *scenario)
    assert found.returncode == 1
    assert "verdict: fault found: progress" in found.stdout
    asked = explore(*unit, *scenario, "--mode", "exhaustive")
    assert asked.returncode == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "--unit NAME"),
        (("--unit", "nothing"), "there is no unit 'nothing'"),
        (("--unit", UNIT, "--attempt", "nothing"), "has no attempt 'nothing'"),
        (("--attempt", ATTEMPT), "--unit NAME"),
    ],
)
def test_what_cannot_be_explored_is_told(arguments: tuple[str, ...], said: str) -> None:
    done = explore(*arguments)
    assert done.returncode == 2
    assert said in done.stderr
