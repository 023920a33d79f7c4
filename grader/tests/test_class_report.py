"""The class's report: its statistics are right, and nothing of it hangs on how large a class is."""

from __future__ import annotations

import json
import random
import statistics as library
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import html_pages
import jsonschema
import pytest
from made_class import MUTEX, Answer, failed, make_class, result, unit

from happens_before.core import workbook
from happens_before.core.report import Status
from happens_before.teach.pages import class_report
from happens_before.teach import intake
from happens_before.teach.pages import statistics
from happens_before.teach.pages.bug_classes import Sign, classes_of, signs_of
from happens_before.teach.pages.class_numbers import ClassNumbers, numbers_of
from happens_before.teach.marks import course_of
from happens_before.teach.handins.people import Student
from happens_before.teach.results import Results
from happens_before.teach.similar.similarity import similar_in

FREE, TRY, TURN = (
    "tests/mutex__starts_unlocked",
    "tests/mutex__try_lock_never_waits",
    "explore/scenario__excludes",
)


def code(name: str) -> dict[str, bytes]:
    return {"mutex.c": f"int {name};\n".encode()}


def reported(results: Results) -> tuple[dict[str, Any], str]:
    """report.json, held against its schema, and the page, checked."""
    class_report.write(results, numbers_of(results, course_of(results)), similar_in(results))
    data = json.loads((results.directory / class_report.NUMBERS).read_text())
    schema = json.loads((workbook.SCHEMA / "class-report.schema.json").read_text())
    jsonschema.Draft7Validator(schema).validate(data)
    page = (results.directory / class_report.PAGE).read_text()
    html_pages.check(page)
    return data, page


def check_in(data: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(c for c in data["units"][0]["checks"] if c["check"] == name)
    return found


# --- statistics -----------------------------------------------------------------------------------


def test_a_spread_is_what_one_finds_by_hand() -> None:
    found = statistics.spread([4, 1, 3, 2])
    assert found == statistics.Spread(4, 1, 1.75, 2.5, 3.25, 4, 2.5)
    assert statistics.spread([7]) == statistics.Spread(1, 7, 7, 7, 7, 7, 7)
    assert statistics.spread([]) is None


def test_quartiles_are_those_of_the_library() -> None:
    numbers = random.Random(1)
    for size in range(2, 40):
        values = [numbers.uniform(0, 100) for _ in range(size)]
        found = statistics.spread(values)
        assert found
        quarters = library.quantiles(values, n=4, method="inclusive")
        assert [found.lower, found.median, found.upper] == pytest.approx(quarters)


def test_a_histogram_has_each_share_once_and_all_points_in_the_last_bin() -> None:
    assert statistics.histogram([0, 0.0999, 0.1, 0.3, 1 - 0.7, 0.95, 1]) == [
        2,
        1,
        0,
        2,
        0,
        0,
        0,
        0,
        0,
        2,
    ]
    assert statistics.histogram([0.1 + 0.2 - 0.0]) == statistics.histogram([0.3])
    assert statistics.histogram([]) == [0] * 10


def test_discrimination_is_what_one_finds_by_hand() -> None:
    # Passed have 4 and 6, failed have 1 and 1: means 5 and 1, deviation sqrt(4.5), p = q = 1/2.
    found = statistics.discrimination([True, True, False, False], [4, 6, 1, 1])
    assert found == pytest.approx((5 - 1) / 4.5**0.5 * 0.5)
    assert statistics.discrimination([True, False], [1, 3]) == pytest.approx(-1)


def test_discrimination_is_the_correlation_of_the_library() -> None:
    numbers = random.Random(2)
    for size in range(3, 60):
        passed = [True, False, *(numbers.random() < 0.6 for _ in range(size - 2))]
        rest = [numbers.uniform(0, 100) for _ in range(size)]
        found = statistics.discrimination(passed, rest)
        assert found == pytest.approx(library.correlation([float(yes) for yes in passed], rest))


@pytest.mark.parametrize(
    ("passed", "rest"),
    [
        ([], []),
        ([True], [5]),
        ([True, True], [5, 6]),
        ([False, False], [5, 6]),
        ([True, False, True], [0.1 + 0.2, 0.3, 0.3]),
    ],
)
def test_discrimination_is_not_defined_without_a_difference(
    passed: Sequence[bool], rest: Sequence[float]
) -> None:
    assert statistics.discrimination(passed, rest) is None


def test_the_bug_class_is_that_of_the_mutant_that_fails_in_the_most_of_these_checks() -> None:
    signs = [
        Sign("race", frozenset({"a"})),
        Sign("deadlock", frozenset({"a", "b"})),
        Sign("leak", frozenset({"b", "a"})),
        Sign("herd", frozenset({"a", "b", "c"})),
    ]
    assert classes_of({"a"}, signs) == ["race"]
    assert classes_of({"a", "b", "d"}, signs) == ["deadlock", "leak"]
    assert classes_of({"d"}, signs) == classes_of(set(), signs) == []
    names = {check.name for check in unit().checks}
    assert len(signs_of(unit())) > 20
    assert all(sign.checks and sign.checks <= names for sign in signs_of(unit()))


# --- the report -----------------------------------------------------------------------------------


def test_each_check_is_counted_with_how_it_failed(tmp_path: Path) -> None:
    answers = [
        Answer(Student("a"), code("a")),
        Answer(Student("b"), code("b"), [failed(TURN, "race"), failed(FREE)]),
        Answer(Student("c"), code("c"), [failed(TURN, "deadlock")]),
        Answer(Student("d"), code("d"), [failed(TURN, "race")]),
        Answer(Student("e"), None),
    ]
    lost = (tmp_path / "lost.zip", "nobody's")
    data, page = reported(make_class(tmp_path / "out", answers, unmatched=(lost,)))
    turn, free = check_in(data, TURN), check_in(data, FREE)
    assert (turn["passed"], turn["failed"], turn["hows"]) == (1, 3, {"race": 2, "deadlock": 1})
    assert turn["difficulty"] == 0.75 and free["difficulty"] == 0.25
    assert check_in(data, TRY)["discrimination"] is None
    assert (data["students"], data["handed_in"], data["graded"]) == (5, 4, 4)
    assert data["absent"] == ["e"] and data["unmatched"][0]["reason"] == "nobody's"
    assert data["units"][0]["hows"] == {"race": 2, "deadlock": 1, "fail": 1}
    assert sum(data["shares"]["histogram"]) == 4
    read = html_pages.text(page)
    assert f"75 % {turn_promise()} {MUTEX} {TURN} 2 × race, 1 × deadlock" in read
    assert read.index(TURN) < read.index(FREE)


def turn_promise() -> str:
    return next(check.promise for check in unit().checks if check.name == TURN)


def test_discrimination_leaves_the_check_itself_out_of_the_score(tmp_path: Path) -> None:
    each = [[failed(TURN)], [failed(TURN), failed(FREE)], [failed(FREE)], [], [failed(TRY)]]
    answers = [Answer(Student(str(n)), code(f"x{n}"), r) for n, r in enumerate(each)]
    data, _ = reported(make_class(tmp_path, answers))
    points = {check.name: check.points for check in unit().checks}
    most = sum(points.values())
    passed = [0.0, 0.0, 1.0, 1.0, 1.0]
    rest = [most - points[TURN] - lost for lost in (0, points[FREE], points[FREE], 0, points[TRY])]
    expected = library.correlation(passed, rest)
    assert check_in(data, TURN)["discrimination"] == pytest.approx(expected)


def test_a_check_that_nobody_passes_is_flagged(tmp_path: Path) -> None:
    answers = [Answer(Student(str(n)), code(f"x{n}"), [failed(TURN)]) for n in range(5)]
    data, page = reported(make_class(tmp_path / "five", answers))
    assert check_in(data, TURN)["flag"].startswith("nobody passes it")
    assert "Checks to look at" in page
    data, page = reported(make_class(tmp_path / "four", answers[:4]))
    assert check_in(data, TURN)["flag"] == "" and "Checks to look at" not in page
    assert "is remarked from 5 graded answers on" in html_pages.text(page)


def test_what_is_to_be_said_of_many_checks_is_said_once(tmp_path: Path) -> None:
    names = (FREE, TRY, TURN)
    failures = [failed(name) for name in names]
    answers = [Answer(Student(str(n)), code(f"x{n}"), failures) for n in range(5)]
    data, page = reported(make_class(tmp_path, answers))
    assert {check_in(data, name)["flag"] for name in names} == {
        "nobody passes it: is it taught, and is the check right?"
    }
    to_do = page.partition("Checks to look at")[2].partition("<h2>")[0]
    assert to_do.count("nobody passes it") == 1
    assert all(f"{MUTEX} {name}</span>" in to_do for name in names)


def test_a_check_that_the_better_ones_fail_is_flagged(tmp_path: Path) -> None:
    def answers(count: int) -> list[Answer]:
        half = [[failed(TURN)], [failed(FREE), failed(TRY)]] * (count // 2)
        return [Answer(Student(str(n)), code(f"x{n}"), r) for n, r in enumerate(half)]

    data, _ = reported(make_class(tmp_path / "ten", answers(10)))
    assert check_in(data, TURN)["discrimination"] == pytest.approx(-1)
    assert "do worse elsewhere" in check_in(data, TURN)["flag"]
    data, _ = reported(make_class(tmp_path / "eight", answers(8)))
    assert check_in(data, TURN)["flag"] == ""


@pytest.mark.parametrize("size", [0, 1, 2])
@pytest.mark.parametrize(
    "kind", ["all points", "no points", "absent", "ungraded", "not graded yet"]
)
def test_the_smallest_classes_have_a_report(tmp_path: Path, size: int, kind: str) -> None:
    outcome = {"no points": Status.FAIL, "ungraded": Status.UNGRADED}.get(kind)
    answers = []
    for n in range(size):
        told = [result(c.name, outcome, happened="x") for c in unit().checks] if outcome else []
        files = None if kind == "absent" else code(f"x{n}")
        answers.append(Answer(Student(str(n)), files, told, kind != "not graded yet"))
    data, _ = reported(make_class(tmp_path, answers))
    graded = size if kind in ("all points", "no points") else 0
    assert data["graded"] == graded and data["students"] == size
    assert (data["shares"]["spread"] or {"count": 0})["count"] == graded
    assert all(each["discrimination"] is None for each in data["units"][0]["checks"])
    assert len(data["ungraded"]) == (size if kind in ("ungraded", "not graded yet") else 0)


def test_what_is_ungraded_costs_nobody_and_is_listed_with_its_reason(tmp_path: Path) -> None:
    why = "the sandbox <b>broke</b>"
    answers = [
        Answer(
            Student("a", "<i>Ann</i>"), code("a"), [result(TURN, Status.UNGRADED, happened=why)]
        ),
        Answer(Student("b"), code("b"), [failed(TURN)]),
    ]
    data, page = reported(make_class(tmp_path, answers))
    assert [(u["student"], u["reason"]) for u in data["ungraded"]] == [("a", why)]
    assert data["graded"] == 1 and check_in(data, TURN)["difficulty"] == 1
    assert "&lt;b&gt;broke" in page and "&lt;i&gt;Ann" in page


def numbers_with(results: Results, history: Sequence[str], submitted: str) -> ClassNumbers:
    taken = intake.read(results)
    taken[0].history = [{"submitted": each, "score": None} for each in history]
    taken[0].submitted = submitted
    results.write_json(intake.FILE, {"students": [intake.asdict(each) for each in taken]})
    return numbers_of(results, course_of(results))


def test_time_to_solve_counts_from_the_opening_or_else_from_the_first_hand_in(
    tmp_path: Path,
) -> None:
    results = make_class(tmp_path, [Answer(Student("a")), Answer(Student("b"))])
    history = ["2026-01-02T10:00:00+00:00", "2026-01-02T11:00:00+00:00"]
    times = numbers_with(results, history, "2026-01-02T14:30:00+01:00").times
    assert times.handins and times.hours and not times.since_opening
    assert (times.handins.count, times.handins.mean, times.hours.mean) == (1, 3, 3.5)
    (tmp_path / "course.toml").write_text(
        'title = "C"\ntime_zone = "UTC"\n'
        '[units."04-mutex"]\nopens = 2026-01-01T10:00:00\ndue = 2026-02-01T10:00:00\n'
    )
    since = numbers_of(results, course_of(results)).times
    assert since.hours and since.since_opening and since.hours.mean == 27.5
    before = ["2025-12-30T10:00:00+00:00", *history]  # a template's commit is nobody's hand-in
    times = numbers_with(results, before, "2026-01-02T14:30:00+01:00").times
    assert times.handins and times.handins.mean == 3
    assert datetime(2026, 1, 1, 10, tzinfo=UTC) == course_of(results).units["04-mutex"].opens


def test_the_charts_say_in_words_what_they_show_and_take_the_colours_of_the_page(
    tmp_path: Path,
) -> None:
    _, page = reported(make_class(tmp_path, [Answer(Student("a"), code("a"))]))
    charts = page.split('<svg class="chart"')[1:]
    assert len(charts) == 2
    for chart in charts:
        drawn = chart.split("</svg>")[0]
        assert "1 from 90 to 100 %" in drawn.split(">")[0]
        assert "var(--bar)" in drawn and "var(--text)" in drawn and "rgb(" not in drawn
