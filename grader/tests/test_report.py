"""The report and the pipeline that makes it: what counts, what is kept, what a fault of ours does."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import jsonschema
import pytest
from happens_before.core import cache as caches
from happens_before.core import pipeline, workbook
from happens_before.core.archive import Entry
from happens_before.core.cache import Cache
from happens_before.core.errors import GraderFault, InputError
from happens_before.core.pipeline import Event, Grader, Selection
from happens_before.core.report import (
    EXIT_STATUS,
    SCHEMA,
    CheckResult,
    Evidence,
    JudgeReport,
    Place,
    Report,
    Status,
    UnitReport,
    judge_from_json,
    judge_to_json,
    to_json,
    worst,
)
from happens_before.core.submission import Submission, UnitFiles
from happens_before.core.unit import Check, Unit
from happens_before.judges.base import Job

WRITTEN = json.loads((workbook.SCHEMA / "report.schema.json").read_text())
PASS, FAIL, UNGRADED = Status.PASS, Status.FAIL, Status.UNGRADED


def check(name: str = "a", points: float = 2) -> Check:
    return Check(name, "tests", 1, points, "something holds")


def result(status: Status, points: float = 2) -> CheckResult:
    told = "" if status is PASS else "it did not hold"
    return CheckResult(check(points=points), status, "fail" if told else "", told)


def report_of(*statuses: Status) -> Report:
    judge = JudgeReport("tests", [result(status) for status in statuses])
    return Report("work", [UnitReport("lessons/90-cell", "A cell", "0" * 64, [judge])])


# --- what counts ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statuses", "outcome"),
    [
        ([PASS, PASS], PASS),
        ([PASS, FAIL], FAIL),
        ([PASS, UNGRADED], UNGRADED),
        ([FAIL, UNGRADED, PASS], UNGRADED),
        ([], UNGRADED),
    ],
)
def test_the_worst_status_counts(statuses: list[Status], outcome: Status) -> None:
    assert worst(iter(statuses)) is outcome
    assert report_of(*statuses).status is outcome
    assert (EXIT_STATUS[outcome] == 0) == (outcome is PASS)


def test_a_report_without_units_is_no_pass() -> None:
    assert Report("work", []).status is UNGRADED


def test_ungraded_is_neither_a_pass_nor_a_zero() -> None:
    report = report_of(PASS, UNGRADED, FAIL)
    assert (report.points, report.max_points, report.ungraded_points) == (2, 6, 2)
    plain = to_json(report)
    checks = plain["units"][0]["judges"][0]["checks"]
    assert [item["points"] for item in checks] == [2, None, 0]
    assert plain["status"] == "ungraded" and plain["ungraded_points"] == 2


# --- the written schema ---------------------------------------------------------------------------


def full_report() -> Report:
    place = Place("mutex.c", 12, "mutex_lock", "lock();")
    told = CheckResult(
        check(), FAIL, "race", "two accesses race", place, [Evidence("a write", [place])], 0.25
    )
    judge = JudgeReport("tests", [result(PASS), told, result(UNGRADED)], "a word", 1.5, True)
    unit = UnitReport("lessons/90-cell", "A cell", "0" * 64, [judge], 2.0)
    return Report("work", [unit], ["a note"], ["network: none"], 3.0)


def complaints(plain: object) -> list[str]:
    return [error.message for error in jsonschema.Draft7Validator(WRITTEN).iter_errors(plain)]


def test_reports_keep_the_written_schema() -> None:
    jsonschema.Draft7Validator.check_schema(WRITTEN)
    assert SCHEMA == WRITTEN["properties"]["schema"]["const"]
    for report in (full_report(), report_of(PASS), Report("work", [])):
        assert complaints(to_json(report)) == []


def spoilt(path: str, value: object) -> object:
    plain: object = to_json(full_report())
    here = plain
    *steps, last = path.split(".")
    for step in steps:
        here = here[int(step) if step.isdigit() else step]  # type: ignore[index]
    here[last] = value  # type: ignore[index]
    return plain


CHECK = "units.0.judges.0.checks"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("schema", "happens-before/report/2"),
        ("status", "ok"),
        ("points", "1"),
        ("colour", "red"),
        (f"{CHECK}.2.points", 0),
        (f"{CHECK}.0.points", None),
        (f"{CHECK}.1.points", 2),
        (f"{CHECK}.1.happened", ""),
        (f"{CHECK}.1.where", {"file": "a.c"}),
        (f"{CHECK}.1.how", "Two words"),
        ("units.0.digest", "abc"),
        ("units.0.judges", []),
    ],
)
def test_the_schema_refuses_what_is_wrong(path: str, value: object) -> None:
    assert complaints(spoilt(path, value))


def test_every_field_is_described() -> None:
    def missing(schema: object, path: str) -> list[str]:
        found = []
        if isinstance(schema, dict):
            for name, part in schema.get("properties", {}).items():
                if "if" not in path and "description" not in part:
                    found.append(f"{path}.{name}")
                found += missing(part, f"{path}.{name}")
            for name, part in schema.get("definitions", {}).items():
                found += missing(part, name)
        return found

    assert missing(WRITTEN, "") == []


def test_a_judgement_survives_the_cache() -> None:
    place = Place("a.c", 3, "f", "x")
    told = CheckResult(check("b"), FAIL, "leak", "8 bytes", place, [Evidence("e", [place])], 0.5)
    report = JudgeReport("tests", [result(PASS), told], "said", 1.0)
    checks = {item.check.name: item.check for item in report.checks}
    back = judge_from_json(json.loads(json.dumps(judge_to_json(report))), checks)
    assert back.cached and back.checks == report.checks


# --- the pipeline ---------------------------------------------------------------------------------


class Fake:
    """A judge named build that does what a test wants."""

    name = "build"

    def __init__(self, act: Callable[[Job, Sequence[Check]], JudgeReport]) -> None:
        self.act, self.calls = act, 0

    def judge(self, job: Job, checks: Sequence[Check]) -> JudgeReport:
        self.calls += 1
        return self.act(job, checks)


def passing(_: Job, checks: Sequence[Check]) -> JudgeReport:
    return JudgeReport("build", [CheckResult(check, PASS) for check in checks])


@pytest.fixture
def graded(
    tiny: Unit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., UnitReport]:
    """Grade the made-up unit with one made-up judge."""
    from happens_before.sandbox import find_sandbox

    cache = Cache(tmp_path / "cache")

    def grade(fake: Fake, text: bytes = b"int a;\n", **options: bool) -> UnitReport:
        monkeypatch.setattr(pipeline, "JUDGES", (fake,))
        grader = Grader(find_sandbox(allow_none=False), cache, **options)  # type: ignore[arg-type]
        files = UnitFiles({"cell.c": text}, ())
        return grader.grade_unit(tiny, files, Selection(), lambda _: None)

    return grade


def test_unchanged_work_is_judged_once(graded: Callable[..., UnitReport]) -> None:
    fake = Fake(passing)
    assert [graded(fake).judges[0].cached for _ in range(3)] == [False, True, True]
    assert fake.calls == 1
    graded(fake, b"int b;\n")
    graded(fake, fresh=True)
    assert fake.calls == 3


def test_a_damaged_judgement_is_judged_again(
    graded: Callable[..., UnitReport], tmp_path: Path
) -> None:
    fake = Fake(passing)
    graded(fake)
    fewer = {"judge": "build", "message": "", "duration_s": 0, "checks": []}
    for damage in (b"", b"[]", b'{"judge": "build"}', json.dumps(fewer).encode()):
        for file in (tmp_path / "cache" / "judgement").rglob("*.*"):
            # With a right digest, so that only the content is wrong.
            (file.parent / f"{file.name.split('.')[0]}.{caches._sum(damage)}").write_bytes(damage)
            file.unlink()
        report = graded(fake)
        assert report.status is PASS and len(report.results) == 2
    assert fake.calls == 5


def fault(*_: object) -> JudgeReport:
    raise GraderFault("valgrind does not start")


def bug(*_: object) -> JudgeReport:
    raise ZeroDivisionError("a bug of ours")


def disk(*_: object) -> JudgeReport:
    raise OSError(28, "No space left on device")


def too_few(_: Job, checks: Sequence[Check]) -> JudgeReport:
    return JudgeReport("build", [CheckResult(checks[0], PASS)])


def none_at_all(*_: object) -> JudgeReport:
    return JudgeReport("build", [])


def another(_: Job, checks: Sequence[Check]) -> JudgeReport:
    return JudgeReport("build", [CheckResult(check("other"), PASS) for _ in checks])


FAULTS = {
    fault: "valgrind does not start",
    bug: "ZeroDivisionError: a bug of ours",
    disk: "No space left on device. Is the disk full",
    too_few: "did not answer exactly what it was asked",
    none_at_all: "did not answer exactly what it was asked",
    another: "did not answer exactly what it was asked",
}


@pytest.mark.parametrize("act", FAULTS, ids=lambda act: act.__name__)
def test_a_fault_of_ours_is_ungraded_and_is_not_kept(
    act: Callable[..., JudgeReport], graded: Callable[..., UnitReport]
) -> None:
    fake = Fake(act)
    report = graded(fake)
    assert {r.status for r in report.results} == {UNGRADED} and len(report.results) == 2
    assert FAULTS[act] in report.judges[0].message
    assert (report.points, report.ungraded_points) == (0, report.max_points)
    graded(fake)
    assert fake.calls == 2


@pytest.mark.parametrize("how", ["timeout", "stopped"])
def test_what_a_slow_machine_could_have_caused_is_not_kept(
    how: str, graded: Callable[..., UnitReport]
) -> None:
    def slow(_: Job, checks: Sequence[Check]) -> JudgeReport:
        return JudgeReport("build", [CheckResult(c, FAIL, how, "too slow") for c in checks])

    fake = Fake(slow)
    graded(fake), graded(fake)
    assert fake.calls == 2


def test_a_verdict_stands_though_the_disk_is_full(
    graded: Callable[..., UnitReport], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(caches.os, "replace", full)
    report = graded(Fake(passing))
    assert report.status is PASS
    assert report.judges[0].message == ""  # Grader.not_kept has it: the report is the same as ever


def test_places_are_quoted(graded: Callable[..., UnitReport]) -> None:
    def placed(_: Job, checks: Sequence[Check]) -> JudgeReport:
        places = [Place("cell.c", 2), Place("cell.h", 1), Place("cell.c", 99), Place("../x", 1)]
        return JudgeReport(
            "build", [CheckResult(c, FAIL, "fail", "no", p) for c, p in zip(checks, places)]
        )

    report = graded(Fake(placed), b"one\n  two \n")
    assert [r.where.text for r in report.results if r.where] == ["two", "#ifndef CELL_H"]


def test_events_tell_of_each_judge(tiny: Unit, grader: Grader) -> None:
    events: list[Event] = []
    files = UnitFiles({"cell.c": (tiny.directory / "cell.c").read_bytes()}, ())
    report = grader.grade_unit(tiny, files, Selection(), events.append)
    assert report.status is PASS
    assert [(e.judge, e.report is None) for e in events] == [("build", True), ("build", False)]


def test_a_selection_of_nothing_is_an_error(tiny: Unit, grader: Grader) -> None:
    submission = Submission("work", {"cell.c": Entry(b"int a;\n")})
    for selection in (Selection(step=7), Selection(judges=frozenset({"tsan"}))):
        with pytest.raises(InputError, match="no check fits"):
            grader.grade(submission, [tiny], selection, lambda _: None)


def test_a_missing_file_fails_every_check(tiny: Unit, grader: Grader) -> None:
    report = grader.grade(Submission("work"), [tiny], Selection(), lambda _: None)
    (unit,) = report.units
    assert {(r.status, r.how) for r in unit.results} == {(FAIL, "missing")}
    assert "cell.c is missing" in unit.results[0].happened
    assert complaints(to_json(report)) == []
