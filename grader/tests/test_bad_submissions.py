"""What must not happen, and what it gets: a clear reason, within its limits, the grader unharmed.

The unit here may call far more than a real one, so that the sandbox and the runner have to hold
what the audit would refuse at once (test_the_audit_refuses_them_all).
"""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from workshop import FAULTS, grade, make_unit, results

from happens_before.core import unit as units
from happens_before.core.report import Status

BAD = Path(__file__).resolve().parent / "bad"
CALLS = ("fork", "kill", "getppid", "write", "unlink", "rmdir", "exit", "abort")
FORBIDDEN = ("forks", "prints", "exits", "kills_its_parent", "kills_everybody", "deletes")

# file, how the judge `tests` must tell it, words that its message must hold
EXPECTED = [
    ("does_not_compile", "not-run", "does not compile"),
    ("forks", "stopped", "processes"),
    ("allocates", "stopped", "memory"),
    ("prints", "stopped", "printed"),
    ("exits", "crash", ""),
    ("kills_its_parent", "stopped", "during this test"),
    ("kills_everybody", "", ""),
    ("deletes", "crash", "aborted"),
    ("destructor", "not-run", "rule"),
]


@pytest.fixture(scope="module")
def lenient(tmp_path_factory: pytest.TempPathFactory) -> units.Unit:
    unit = make_unit(tmp_path_factory.mktemp("workbook"), ("tests",))
    file = unit.directory / "unit.toml"
    more = ", ".join(f'"{name}"' for name in CALLS)
    text = file.read_text().replace("may_call = [", f"may_call = [{more}, ")
    file.write_text(text.replace("memory_mb = 1024", "memory_mb = 128"))
    return units.load(unit.directory)


@pytest.mark.parametrize(("name", "how", "words"), EXPECTED, ids=lambda value: str(value))
def test_a_bad_submission_gets_its_reason(
    lenient: units.Unit, name: str, how: str, words: str
) -> None:
    started = time.monotonic()
    report = grade(lenient, (BAD / f"{name}.c").read_text())
    result = results(report)["tests"]
    assert result.status is Status.FAIL
    assert not how or result.how == how, result.happened
    assert words in result.happened
    assert result.happened.endswith(".")
    assert time.monotonic() - started < 60


def test_a_compile_error_is_shown_with_its_line(lenient: units.Unit) -> None:
    report = grade(lenient, (BAD / "does_not_compile.c").read_text(), "build")
    result = results(report)["build"]
    assert "never_declared" in result.happened
    assert result.where is not None and (result.where.file, result.where.line) == ("thing.c", 6)


def test_the_grader_is_unharmed_afterwards(lenient: units.Unit) -> None:
    grade(lenient, (BAD / "kills_everybody.c").read_text())
    report = grade(lenient, (FAULTS / "clean.c").read_text())
    assert report.status is Status.PASS


@pytest.mark.parametrize("name", FORBIDDEN)
def test_the_audit_refuses_them_all(tmp_path: Path, name: str) -> None:
    report = grade(make_unit(tmp_path, ("tests",)), (BAD / f"{name}.c").read_text())
    build = results(report)["build"]
    assert (build.status, build.how) == (Status.FAIL, "rules"), build.happened
    assert "may not be used" in build.happened or "may call" in build.happened
