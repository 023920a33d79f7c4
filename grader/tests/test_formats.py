"""Reports as other systems read them: valid there, bounded, and honest about what is hidden or open."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from happens_before.core.errors import GraderFault, InputError
from happens_before.core.report import CheckResult, Evidence, JudgeReport, Place, Report, Status
from happens_before.core.report import UnitReport
from happens_before.core.unit import Check
from happens_before.render import autolab, classroom50, exercism, gradescope, junit, plain
from happens_before.render.counted import Counted
from happens_before.render.students import Hidden, for_students

FORMATS = Path(__file__).parent / "formats"
PASS, FAIL, UNGRADED = Status.PASS, Status.FAIL, Status.UNGRADED
EVIL = "\x1b[2J ]]> & <b> \ud800 \x00 \ufffe\r\n"
ENVIRONMENT = {
    "CLASSROOM": "cs",
    "ASSIGNMENT": "mutex",
    "OWNER": "alice",
    "SUBMISSION_TAG": "submit/2026-06-01T14-32-05Z-a1b2c3d",
    "COMMIT_URL": "https://example.org/commit/a1",
    "RELEASE_URL": "https://example.org/releases/a1",
    "SUBMITTED_AT": "2026-06-01T14:32:01Z",
}
HANDIN = classroom50.Handin.from_environment(ENVIRONMENT)


def result(name: str, status: Status, points: float = 1, hidden: bool = False) -> CheckResult:
    place = Place("mutex.c", 3, "mutex_lock", "secret line")
    check = Check(name, "tests", 2, points, "secret promise", hidden)
    if status is PASS:
        return CheckResult(check, PASS)
    evidence = [Evidence("secret evidence", [place])]
    return CheckResult(check, status, "race", "secret event", place, evidence, 0.25)


def report_of(*results: CheckResult, units: Sequence[str] = ("lessons/04-mutex",)) -> Report:
    judge = JudgeReport("tests", list(results), "no valgrind here", 1.0)
    return Report("alice", [UnitReport(unit, "A mutex", "0" * 64, [judge]) for unit in units])


def mixed() -> Report:
    return report_of(
        result("a", PASS, 1.25),
        result("b", FAIL, 2),
        result("hidden__c", PASS, 0.5, hidden=True),
        result("hidden__d", FAIL, 4, hidden=True),
    )


def valid(text: str, schema: str) -> Any:
    data = json.loads(text)
    jsonschema.Draft7Validator(
        json.loads((FORMATS / f"{schema}.schema.json").read_text())
    ).validate(data)
    return data


def last_lines(text: str) -> Any:
    """What Autolab parses, checked."""
    lines = text.rstrip().splitlines()[-2:]
    return valid(json.dumps([json.loads(line) for line in lines]), "autolab")


# --- what students see of hidden checks -----------------------------------------------------------


def test_a_hidden_check_has_a_name_and_points_and_no_more() -> None:
    seen = for_students(mixed()).units[0].results
    assert [(r.check.name, r.status, r.points) for r in seen] == [
        (r.check.name, r.status, r.points) for r in mixed().units[0].results
    ]
    assert "secret" not in repr(seen[2:]) and seen[3].where is None and not seen[3].evidence
    assert seen[:2] == mixed().units[0].results[:2]


def test_only_the_names_of_hidden_checks_are_told() -> None:
    seen = for_students(mixed(), Hidden.NAME)
    assert [r.check.id for r in seen.units[0].results] == ["a", "b"]
    assert seen.max_points == 3.25 and "tests/hidden__c, tests/hidden__d" in seen.notes[0]


def test_nothing_of_hidden_checks_is_told() -> None:
    assert "hidden__" not in repr(for_students(mixed(), Hidden.NOTHING))


def test_the_report_itself_is_never_changed() -> None:
    report = mixed()
    for hidden in Hidden:
        for_students(report, hidden)
    assert report == mixed() and for_students(report, Hidden.EVERYTHING) == report


@pytest.mark.parametrize("hidden", [Hidden.SCORE, Hidden.NAME, Hidden.NOTHING])
def test_no_format_tells_students_more_than_is_set(hidden: Hidden) -> None:
    only_hidden = report_of(result("open", PASS), result("hidden__d", FAIL, 4, hidden=True))
    texts = [
        json.dumps(visible(gradescope.render(only_hidden, hidden))),
        classroom50.render(only_hidden, HANDIN, hidden),
        autolab.render(only_hidden, hidden),
        exercism.render(only_hidden, hidden),
    ]
    for text in texts:
        for secret in ("secret event", "secret evidence", "secret line", "mutex.c"):
            assert secret not in text
        assert hidden is not Hidden.NOTHING or "hidden__" not in text


def visible(text: str) -> Any:
    """What Gradescope shows a student."""
    data = json.loads(text)
    tests = [test for test in data["tests"] if test["visibility"] == "visible"]
    return {"output": data["output"], "tests": tests}


# --- Gradescope -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hidden", "said"), [(Hidden.SCORE, "of 7.75"), (Hidden.NOTHING, "of 3.25")]
)
def test_gradescope_s_words_count_what_is_shown(hidden: Hidden, said: str) -> None:
    assert said in valid(gradescope.render(mixed(), hidden), "gradescope")["output"]


@pytest.mark.parametrize("hidden", Hidden)
def test_gradescope_totals_do_not_hang_on_what_is_shown(hidden: Hidden) -> None:
    data = valid(gradescope.render(mixed(), hidden), "gradescope")
    assert data["score"] == 1.75 == sum(test.get("score", 0) for test in data["tests"])
    assert sum(test.get("max_score", 0) for test in data["tests"]) == 7.75


def test_gradescope_shows_instructors_why_a_hidden_check_failed() -> None:
    data = json.loads(gradescope.render(mixed()))
    closed = [test for test in data["tests"] if test["visibility"] == "hidden"]
    assert len(closed) == 2 and "secret event" in closed[1]["output"]
    assert data["stdout_visibility"] == "hidden"


def test_platforms_without_a_form_for_ungraded_get_no_file() -> None:
    report = report_of(result("a", PASS), result("b", UNGRADED))
    for render in (gradescope.render, lambda r: classroom50.render(r, HANDIN)):
        with pytest.raises(GraderFault, match="1 of 2 points, 1 ungraded.*\n.*no valgrind here"):
            render(report)


def test_what_is_left_out_of_a_long_text_is_counted() -> None:
    long = result("b", FAIL)
    long.evidence = [Evidence("x" * 100, [])] * 20_000
    for text in (
        gradescope.render(report_of(long)),
        exercism.render(report_of(long)),
        classroom50.render(report_of(long), HANDIN),
        junit.render(report_of(long)),
    ):
        assert len(text) < 2 * plain.MOST and "more characters are left out here" in text
    told = plain.bounded("y" * 1_000_000, 500)
    assert len(told) <= 500
    kept, left = told.count("y"), int(told.split("[")[1].split(" ")[0].replace(",", ""))
    assert kept + left == 1_000_000


def test_exercism_gets_no_longer_message_than_it_takes() -> None:
    """What the grader itself says, and what a compiler says of many checks."""
    unlucky = report_of(result("b", UNGRADED))
    unlucky.units[0].judges[0].message = "x" * 100_000
    broken = [result("compiles", FAIL) for _ in range(3)]
    for each in broken:
        each.check = Check("compiles", "build", 1, 1, "it compiles", False)
        each.evidence = [Evidence("y" * 100_000, [])]
    for report in (unlucky, report_of(*broken)):
        data = valid(exercism.render(report), "exercism")
        assert data["status"] == "error" and 50_000 < len(data["message"]) <= 65_535


def test_a_unit_that_a_student_is_excused_from_counts_for_neither() -> None:
    report = report_of(result("a", PASS, 4), result("b", FAIL, 6), units=("lessons/x", "lessons/y"))
    counts = {"lessons/x": Counted(None, 50, "excused: ill"), "lessons/y": Counted(2.5, 25)}
    assert json.loads(gradescope.render(report, counts=counts))["score"] == 2.5
    assert last_lines(autolab.render(report, counts=counts))[1]["scores"] == {"x": None, "y": 2.5}
    data = valid(classroom50.render(report, HANDIN, counts=counts), "classroom50")
    assert data["score"] / data["max-score"] == 0.1


# --- Classroom 50 ---------------------------------------------------------------------------------


@pytest.mark.parametrize("hidden", Hidden)
def test_classroom50_scores_are_whole_and_add_up(hidden: Hidden) -> None:
    data = valid(classroom50.render(mixed(), HANDIN, hidden), "classroom50")
    assert (data["score"], data["max-score"]) == (7, 31)  # quarters of a point
    assert sum(test["score"] for test in data["tests"]) == 7
    assert sum(test["max-score"] for test in data["tests"]) == 31
    assert data["review"] == data["commit"] and data["assignment_type"] == "individual"


def test_classroom50_says_what_the_environment_lacks() -> None:
    with pytest.raises(InputError, match="CLASSROOM, .*SUBMITTED_AT"):
        classroom50.Handin.from_environment({})


# --- Autolab --------------------------------------------------------------------------------------


def test_autolab_scores_stand_in_the_last_line_and_checks_before_it() -> None:
    table, scores = last_lines(autolab.render(mixed()))
    assert scores == {"scores": {"04-mutex": 1.75}}
    stage = table["04-mutex tests"]
    assert table["stages"] == ["04-mutex tests"] and stage["a"] == {"passed": True}
    assert "secret promise" in stage["b"]["hint"] and "secret" not in stage["hidden__d"]["hint"]


def test_autolab_says_nothing_of_the_run_but_its_verdicts() -> None:
    """That a verdict was known before, or how long it took, tells a student nothing."""
    report = mixed()
    for cached in (False, True):
        report.units[0].judges[0].cached = cached
        told = autolab.render(report)
        assert "checks   1.75 of 7.75 points\n" in told
        assert "04-mutex: 1.75 of 7.75 points (22 %)   FAIL\n" in told
        assert "unchanged" not in told


def test_autolab_gets_null_for_what_is_ungraded_and_never_a_zero() -> None:
    report = report_of(result("a", PASS), result("b", UNGRADED))
    table, scores = last_lines(autolab.render(report))
    assert scores == {"scores": {"04-mutex": None}}
    assert "not graded" in table["04-mutex tests"]["b"]


def test_autolab_last_line_survives_the_quoting_that_autolab_does() -> None:
    """Autolab puts quotes around each word before a colon, for graders that forget them."""
    line = autolab.render(mixed()).rstrip().splitlines()[-1]
    assert re.sub(r"([a-zA-Z0-9]+):", r'"\1":', line) == line


# --- Exercism -------------------------------------------------------------------------------------


def test_exercism_has_each_test_in_order_with_its_task() -> None:
    data = valid(exercism.render(mixed()), "exercism")
    assert data["status"] == "fail" and "message" not in data
    assert [test["name"].split("/")[1] for test in data["tests"]] == [
        *("a", "b", "hidden__c", "hidden__d")
    ]
    assert {test["task_id"] for test in data["tests"]} == {2}
    assert valid(exercism.render(report_of(result("a", PASS))), "exercism")["status"] == "pass"


def test_exercism_says_error_when_the_grader_failed_or_nothing_compiles() -> None:
    data = valid(exercism.render(report_of(result("b", UNGRADED))), "exercism")
    assert data["status"] == "error" and "says nothing of the solution" in data["message"]
    broken = CheckResult(Check("compiles", "build", 1, 1, "it compiles"), FAIL, "fail", "no ';'")
    data = valid(exercism.render(report_of(broken, result("b", FAIL))), "exercism")
    assert data["status"] == "error" and "no ';'" in data["message"]


# --- all ------------------------------------------------------------------------------------------


def test_every_format_is_valid_whatever_the_submission_says(tmp_path: Path) -> None:
    evil = result("a", FAIL)
    evil.happened, evil.evidence = EVIL, [Evidence(EVIL, [Place("m.c", 1, EVIL, EVIL)])]
    report = report_of(evil)
    report.notes.append(EVIL)
    valid(gradescope.render(report), "gradescope")
    valid(classroom50.render(report, HANDIN), "classroom50")
    valid(exercism.render(report), "exercism")
    last_lines(autolab.render(report))
    texts = (gradescope.render(report), exercism.render(report), autolab.render(report))
    for text in texts:
        text.encode("utf-8")
        assert "\\u0000" not in text and "\x1b" not in text and "\\u001b" not in text


def test_junit_keeps_the_schema_that_ant_and_jenkins_read(tmp_path: Path) -> None:
    file = tmp_path / "report.xml"
    for report in (mixed(), report_of(result("a", UNGRADED), result("b", PASS))):
        file.write_text(junit.render(report), encoding="utf-8")
        command = ["xmllint", "--noout", "--schema", str(FORMATS / "junit.xsd"), str(file)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
