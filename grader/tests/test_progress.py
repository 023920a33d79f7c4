"""What the reader has reached: kept through damage, other versions, and two gradings at once."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from happens_before.core.errors import InputError
from happens_before.core.report import CheckResult, JudgeReport, Report, Status, UnitReport
from happens_before.core.unit import Unit
from happens_before.learn.progress import (
    Seen,
    change,
    has_passed,
    look,
    recall,
    record,
    records,
    remember,
    standing,
)

PACKAGE = Path(__file__).resolve().parents[1]


def report_of(unit: Unit, *statuses: Status, how: str = "") -> Report:
    results = [CheckResult(c, status, how) for c, status in zip(unit.checks, statuses)]
    judge = JudgeReport("build", results)
    return Report("work", [UnitReport(unit.path, unit.title, "0" * 64, [judge])])


def test_verdicts_are_remembered_and_added_to(tiny: Unit, tmp_path: Path) -> None:
    file = tmp_path / "new" / "progress.json"
    assert recall(file) == {}
    remember(report_of(tiny, Status.FAIL, how="rules"), file)
    remember(report_of(tiny, Status.PASS, Status.FAIL), file)
    names = [check.name for check in tiny.checks]
    assert recall(file) == {tiny.path: {names[0]: Seen("pass"), names[1]: Seen("fail")}}


def test_an_ungraded_check_keeps_its_last_verdict(tiny: Unit, tmp_path: Path) -> None:
    file = tmp_path / "progress.json"
    remember(report_of(tiny, Status.PASS, Status.UNGRADED), file)
    remember(report_of(tiny, Status.UNGRADED, Status.UNGRADED), file)
    assert recall(file) == {tiny.path: {tiny.checks[0].name: Seen("pass")}}


def test_standings_name_the_next_step(tiny: Unit, tmp_path: Path) -> None:
    file = tmp_path / "progress.json"
    fresh = standing(tiny, {})
    assert (fresh.points, fresh.max_points, fresh.next_step, fresh.begun) == (0, 4, 1, False)
    remember(report_of(tiny, Status.FAIL, Status.PASS, how="rules"), file)
    behind = standing(tiny, recall(file))
    assert (behind.points, behind.next_step, behind.begun) == (1, 1, True)
    assert behind.failing == (("build/compiles", "rules"),)
    remember(report_of(tiny, Status.PASS, Status.PASS), file)
    assert standing(tiny, recall(file)).next_step == 0


def test_what_was_passed_once_stays_open(tiny: Unit, tmp_path: Path) -> None:
    file = tmp_path / "progress.json"
    remember(report_of(tiny, Status.PASS), file, [tiny])
    assert not has_passed(tiny, file), "one of its checks was not run yet"
    remember(report_of(tiny, Status.PASS, Status.PASS), file, [tiny])
    remember(report_of(tiny, Status.PASS, Status.FAIL), file, [tiny])
    assert standing(tiny, recall(file)).next_step and has_passed(tiny, file)
    record(tiny.path, "level", 3, file)
    assert has_passed(tiny, file)


GOOD = {"version": 1, "units": {"lessons/90-cell": {"build/compiles": {"status": "pass"}}}}
DAMAGED = [
    b"",
    b"{",
    b"\xff\xfe",
    b"[]",
    b"3",
    b"null",
    b'{"units": {}}',
    b'{"version": 1}',
    b'{"version": 1, "units": []}',
    b'{"version": 1, "units": {"a": 3}}',
    b'{"version": 2, "units": {"a": {"b": {"status": "pass"}}}}',
    b'{"lessons/90-cell": {"build/compiles": {"status": "pass", "how": ""}}}',
    b"[" * 100_000,
]


@pytest.mark.parametrize("content", DAMAGED, ids=[str(c[:30]) for c in DAMAGED])
def test_a_file_that_says_nothing_is_nothing_and_is_mended(
    content: bytes, tiny: Unit, tmp_path: Path
) -> None:
    file = tmp_path / "progress.json"
    file.write_bytes(content)
    assert {unit: seen for unit, seen in recall(file).items() if seen} == {}
    remember(report_of(tiny, Status.PASS), file)
    assert recall(file)[tiny.path]["build/compiles"] == Seen("pass")


@pytest.mark.parametrize(
    "item", [3, None, [], {}, {"status": "perfect"}, {"status": ["pass"]}, {"how": "fail"}]
)
def test_what_is_whole_of_a_damaged_file_is_kept(item: object, tmp_path: Path) -> None:
    file = tmp_path / "progress.json"
    plain = json.loads(json.dumps(GOOD))
    plain["units"]["lessons/90-cell"]["build/no_warnings"] = item
    plain["units"]["other"] = item
    file.write_text(json.dumps(plain))
    known = recall(file)
    assert known["lessons/90-cell"] == {"build/compiles": Seen("pass")}


def test_a_how_that_is_no_word_is_dropped(tmp_path: Path) -> None:
    file = tmp_path / "progress.json"
    file.write_text('{"version": 1, "units": {"u": {"a/b": {"status": "fail", "how": 7}}}}')
    assert recall(file) == {"u": {"a/b": Seen("fail")}}


WRITER = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from happens_before.core.report import *
from happens_before.core.unit import Check
from happens_before.learn.progress import remember
for count in range(20):
    check = Check(f"{sys.argv[3]}_{count}", "tests", 1, 1, "promised")
    judge = JudgeReport("tests", [CheckResult(check, Status.PASS)])
    remember(Report("w", [UnitReport("u", "t", "", [judge])]), Path(sys.argv[2]))
"""


def test_two_gradings_at_once_lose_nothing(tmp_path: Path) -> None:
    file = tmp_path / "progress.json"
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(PACKAGE), str(file), name])
        for name in ("one", "two")
    ]
    assert [writer.wait(timeout=60) for writer in writers] == [0, 0]
    assert len(recall(file)["u"]) == 40


def test_a_place_that_cannot_be_written_is_named(tiny: Unit, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="progress cannot be kept"):
        remember(report_of(tiny, Status.PASS), tmp_path / "file" / "progress.json")


def test_changes_are_told_since_the_last_look(tiny: Unit, tmp_path: Path) -> None:
    file = tmp_path / "progress.json"
    remember(report_of(tiny, Status.PASS, Status.FAIL), file)
    now, before = look(file)
    won = change(tiny, now, before)
    assert won and (won.points, won.passed, won.broken) == (3, 1, ())
    remember(report_of(tiny, Status.FAIL, Status.PASS), file)
    now, before = look(file)
    lost = change(tiny, now, before)
    assert lost and (lost.points, lost.passed, lost.broken) == (-2, 1, ("build/compiles",))
    assert change(tiny, *look(file)) is None


def test_a_file_from_before_looks_were_kept_has_no_news(tiny: Unit, tmp_path: Path) -> None:
    file = tmp_path / "progress.json"
    file.write_text(json.dumps(GOOD))
    assert change(tiny, *look(file)) is None


def test_a_record_is_the_fewest_and_outlives_checks(tiny: Unit, tmp_path: Path) -> None:
    file = tmp_path / "progress.json"
    assert record(tiny.path, "a", 9, file) is None
    assert record(tiny.path, "a", 12, file) == 9
    remember(report_of(tiny, Status.PASS), file)
    assert record(tiny.path, "a", 4, file) == 9
    assert records(tiny.path, file) == {"a": 4}
