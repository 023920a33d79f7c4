"""The commands as a person types them: exit statuses, messages, files."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from happens_before.core import workbook

UNIT = "04-mutex"


def grade(*arguments: str, cache: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = dict(os.environ)
    if cache:
        environment[workbook.CACHE_VARIABLE] = str(cache)
    command = [sys.executable, str(workbook.ROOT / "grader" / "grade"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


def test_the_reference_passes_and_writes_its_reports(tmp_path: Path) -> None:
    json_file, junit_file = tmp_path / "report.json", tmp_path / "report.xml"
    done = grade(
        *("check", UNIT, "--submission", str(workbook.ROOT / "solutions")),
        *("--json", str(json_file), "--junit", str(junit_file)),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "100 of 100 points" in done.stdout
    report = json.loads(json_file.read_text())
    assert (report["points"], report["max_points"], report["status"]) == (100, 100, "pass")
    suite = ET.fromstring(junit_file.read_text()).find("testsuite")
    assert suite is not None and suite.get("failures") == "0" and int(suite.get("tests", 0)) > 50


def test_a_failing_submission_exits_with_1() -> None:
    done = grade("check", UNIT, "--submission", str(workbook.ROOT / "grader" / "demo"))
    assert done.returncode == 1
    assert "FAIL" in done.stdout


def test_output_in_a_pipe_is_plain_and_fits_80_columns() -> None:
    done = grade("check", UNIT, "--submission", str(workbook.ROOT / "grader" / "demo"), "--all")
    assert "\x1b" not in done.stdout and "\r" not in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("check", "99-nothing"), "there is no unit '99-nothing'"),
        (("check", UNIT, "--step", "9"), "has 5 steps, not 9"),
        (("check", UNIT, "--judge", "astrology"), "no judge 'astrology'"),
        (("check", UNIT, "--submission", "/nowhere/at/all"), "no such file"),
        (("check", "--frobnicate"), "No such option"),
        (("attempt", UNIT, "nothing"), "has no attempt 'nothing'"),
        (("hint", "99-nothing"), "there is no unit"),
        (("nonsense",), "No such command"),
    ],
    ids=lambda value: value[-1] if isinstance(value, tuple) else "",
)
def test_bad_input_exits_with_2_and_says_what(arguments: tuple[str, ...], words: str) -> None:
    done = grade(*arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_an_empty_directory_is_told_what_was_looked_for(tmp_path: Path) -> None:
    done = grade("check", "--submission", str(tmp_path), "04-mutex")
    assert "mutex.c" in done.stdout + done.stderr
    assert done.returncode in (1, 2)


def test_one_step_asks_only_its_checks(tmp_path: Path) -> None:
    json_file = tmp_path / "report.json"
    submission = str(workbook.ROOT / "solutions")
    done = grade("check", UNIT, "--step", "3", "--submission", submission, "--json", str(json_file))
    assert done.returncode == 0
    judges = json.loads(json_file.read_text())["units"][0]["judges"]
    assert {check["step"] for judge in judges for check in judge["checks"]} == {3}


def test_unchanged_work_is_not_judged_again(cache: Path) -> None:
    arguments = ("check", UNIT, "--submission", str(workbook.ROOT / "solutions"))
    assert "unchanged" not in grade(*arguments, cache=cache).stdout
    assert grade(*arguments, cache=cache).stdout.count("unchanged") == 6


def test_interrupting_leaves_no_process_and_no_half_written_file(tmp_path: Path) -> None:
    command = [sys.executable, str(workbook.ROOT / "grader" / "grade"), "check", UNIT]
    command += ["--submission", str(workbook.ROOT / "solutions")]
    environment = {**os.environ, workbook.CACHE_VARIABLE: str(tmp_path)}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )
    while not list(tmp_path.rglob("*")):  # it has begun to work
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "interrupted" in errors and "Traceback" not in errors
    assert not list(tmp_path.rglob(".new-*"))


def test_without_a_sandbox_it_is_ungraded_and_says_what_to_do(tmp_path: Path) -> None:
    code = (
        "import sys; sys.path.insert(0, 'grader')\n"
        "import happens_before.sandbox as s\n"
        "def none(allow_none=False): raise s.SandboxError('no sandbox here: use --no-sandbox.')\n"
        "s.find_sandbox = none\n"
        "from happens_before.cli import main\n"
        f"sys.exit(main(['check', '{UNIT}']))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=workbook.ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 3
    assert "ungraded" in done.stderr and "--no-sandbox" in done.stderr
