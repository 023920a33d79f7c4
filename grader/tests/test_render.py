"""What people and programs read: 80 columns, no colour in a pipe, valid JSON and XML."""

from __future__ import annotations

import io
import json
import os
import pty
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from happens_before.core.pipeline import Event
from happens_before.core.report import (
    CheckResult,
    Evidence,
    JudgeReport,
    Place,
    Report,
    Status,
    UnitReport,
)
from happens_before.core.unit import Check, Unit
from happens_before.learn.progress import standing
from happens_before.render import json as as_json
from happens_before.render import junit, overview, terminal
from rich.console import Console

PASS, FAIL, UNGRADED = Status.PASS, Status.FAIL, Status.UNGRADED
LONG = "a promise that takes more than one line of eighty columns, because it has much to say: " * 2
EVIL = "bell\a \x1b[2J ]]> & <b> \ud800 \x00 \ufffe"


def check(name: str = "mutex__wakes", step: int = 1, hidden: bool = False) -> Check:
    return Check(name, "tests", step, 2, LONG, hidden)


def report_of(*results: CheckResult, message: str = "", name: str = "work") -> Report:
    judge = JudgeReport("tests", list(results), message, 1.25)
    return Report(name, [UnitReport("lessons/90-cell", "A cell", "0" * 64, [judge])])


def failed(name: str = "mutex__wakes", step: int = 1, **options: object) -> CheckResult:
    place = Place("mutex.c", 31, "mutex_unlock", "return atomic_exchange(&mutex->state, 0);")
    evidence = [Evidence("thread 1 sleeps", [place, Place("tests.c", 9)])]
    result = CheckResult(check(name, step), FAIL, "deadlock", LONG, place, evidence)
    for key, value in options.items():
        setattr(result, key, value)
    return result


def shown(report: Report, width: int = 80, every: bool = False) -> str:
    console = Console(file=io.StringIO(), width=width, highlight=False)
    terminal.show(console, report, every)
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert isinstance(text, str)
    return text


# --- the terminal ---------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [80, 100, 132])
def test_no_line_is_too_long_and_none_ends_in_blanks(width: int) -> None:
    lines = shown(report_of(failed(), CheckResult(check("b"), PASS)), width).splitlines()
    assert max(map(len, lines)) < width
    assert all(line == line.rstrip() for line in lines)


def test_what_does_not_fit_hangs_below_the_text() -> None:
    lines = shown(report_of(failed())).splitlines()
    start = next(n for n, line in enumerate(lines) if "promised" in line)
    column = lines[start].index("a promise")
    assert lines[start + 1][:column].strip() == "" and lines[start + 1][column] != " "


def test_every_meaning_stands_in_words() -> None:
    text = shown(report_of(failed(), CheckResult(check("b"), PASS)))
    assert text.isascii() and text.replace("\n", "").isprintable()
    for words in (
        "tests     FAIL       1 of 2   checks      2 of 4 points   1.2 s",
        "FAIL  tests/mutex__wakes   step 1, 2 points",
        "happened  deadlock: a promise",
        "where     mutex.c:31 (mutex_unlock):  return",
        "thread 1 sleeps",
        "  at mutex.c:31 (mutex_unlock)",
        "  in tests.c:9",
        "lessons/90-cell: 2 of 4 points (50 %)   FAIL",
    ):
        assert words in text


def test_a_submission_cannot_steer_the_terminal() -> None:
    place = Place("mutex.c", 1, "", EVIL)
    report = report_of(failed(happened=EVIL, where=place), message=EVIL)
    report.notes.append(EVIL)
    text = shown(report)
    assert "\x1b" not in text and "\a" not in text and "\0" not in text


def test_three_failures_are_told_at_length_and_the_rest_named() -> None:
    report = report_of(*(failed(f"t{n}", step=9 - n) for n in range(5)))
    text = shown(report)
    assert text.count("promised") == 3 and "and 2 more (--all tells each at length)" in text
    assert text.index("tests/t4") < text.index("tests/t3") < text.index("step 9  tests/t0")
    assert shown(report, every=True).count("promised") == 5


def test_what_did_not_run_is_told_when_nothing_else_explains_it() -> None:
    lost = failed(how="not-run", happened="not run, because the code does not compile.")
    assert "does not compile" in shown(report_of(lost, lost))
    assert "does not compile" not in shown(report_of(lost, failed("other")))


def test_ungraded_has_no_share_and_says_why() -> None:
    report = report_of(
        CheckResult(check("a"), PASS),
        CheckResult(check("b"), UNGRADED, happened="the grader could not judge this."),
        message="valgrind does not start\nsecond line",
    )
    text = shown(report)
    assert "2 of 4 points, 2 ungraded   ungraded" in text and "%" not in text
    assert "    valgrind does not start\n    second line\n" in text


def test_nearly_all_is_not_all() -> None:
    results = [CheckResult(check(str(n)), PASS) for n in range(999)] + [failed()]
    assert "(99 %)" in shown(report_of(*results))


def test_a_hidden_check_stays_hidden() -> None:
    result = failed(happened="secret")
    result.check = check("hidden__one", hidden=True)
    text = shown(report_of(result))
    assert "secret" not in text and "mutex.c" not in text and "a hidden check" in text


def progress_in(file: io.TextIOBase, tiny: Unit, **options: object) -> None:
    console = Console(file=file, **options)  # type: ignore[arg-type]
    with terminal.Progress(console) as progress:
        progress.tell(Event(tiny, "build", None))
        progress.tell(Event(tiny, "build", JudgeReport("build", [])))


@pytest.mark.parametrize("variable", ["", "FORCE_COLOR", "TTY_COMPATIBLE"])
def test_progress_writes_nothing_into_a_pipe(
    variable: str, tiny: Unit, monkeypatch: pytest.MonkeyPatch
) -> None:
    if variable:
        monkeypatch.setenv(variable, "1")
    read, write = os.pipe()
    with os.fdopen(write, "w") as file:
        progress_in(file, tiny)
        progress_in(file, tiny, force_terminal=True)
    with os.fdopen(read) as file:
        assert file.read() == ""


def on_a_terminal(tiny: Unit) -> bytes:
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w") as file:
        progress_in(file, tiny)
        os.write(theirs, b"end")
        said = b""
        while not said.endswith(b"end"):
            said += os.read(ours, 4096)
    os.close(ours)
    return said.removesuffix(b"end")


def test_progress_moves_on_a_terminal_and_not_on_a_dumb_one(
    tiny: Unit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    assert b"\x1b" in on_a_terminal(tiny)
    monkeypatch.setenv("TERM", "dumb")
    assert on_a_terminal(tiny) == b""


# --- the map --------------------------------------------------------------------------------------


def test_the_map_is_plain_in_a_pipe(tiny: Unit) -> None:
    console = Console(file=io.StringIO(), width=80, highlight=False)
    overview.show(console, [standing(tiny, {})])
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert text.isascii() and max(map(len, text.splitlines())) <= 80
    assert "Next: STEP 1 of 2 of 90-cell: keep a number." in text
    assert "make check U=90-cell STEP=1" in text


# --- JSON and JUnit -------------------------------------------------------------------------------


def test_json_is_whatever_the_submission_says() -> None:
    text = as_json.render(report_of(failed(happened=EVIL), name="caf\u00e9 \udcff"))
    assert json.loads(text.encode("utf-8"))["submission"] == "caf\u00e9 \udcff"


def test_junit_is_valid_whatever_the_submission_says(tmp_path: Path) -> None:
    results = [
        CheckResult(check("a"), PASS),
        failed("b", happened=EVIL, evidence=[Evidence(EVIL, [Place("m.c", 1, "", EVIL)])]),
        CheckResult(check("c"), UNGRADED, happened="could not"),
    ]
    text = junit.render(report_of(*results, name=EVIL))
    (tmp_path / "report.xml").write_text(text, encoding="utf-8")
    root = ET.parse(tmp_path / "report.xml").getroot()
    (suite,) = root
    for element in (root, suite):
        counts = [element.get(key) for key in ("tests", "failures", "errors", "skipped")]
        assert counts == ["3", "1", "1", "0"]
    cases = suite.findall("testcase")
    assert [case.get("name") for case in cases] == ["a", "b", "c"]
    assert {case.get("classname") for case in cases} == {"lessons/90-cell.tests"}
    assert [[child.tag for child in case] for case in cases] == [[], ["failure"], ["error"]]
    assert cases[1][0].get("type") == "deadlock"
    assert "bell" in (cases[1][0].text or "") and "]]>" in (cases[1][0].text or "")
