"""The first promise: the same submission, the same report, byte for byte."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from happens_before.core import unit as units
from happens_before.core import workbook
from happens_before.core.cache import Cache
from happens_before.core.pipeline import Grader, Selection
from happens_before.core.report import Report, without_run
from happens_before.core.submission import open_submission
from happens_before.learn import attempts, demo
from happens_before.render import json as as_json
from happens_before.sandbox import find_sandbox

REGRADES_OF_A_SCHEDULE_BUG = 5
SIDE_BY_SIDE = 2  # so that each run disturbs another


def text_of(report: Report) -> str:
    return json.dumps(without_run(json.loads(as_json.render(report))), indent=1)


@pytest.mark.parametrize(
    "regrades", [5, pytest.param(100, marks=pytest.mark.long)], ids=["a_few", "a_hundred"]
)
def test_regrades_of_one_submission_are_one_report(regrades: int, cache: Path) -> None:
    unit = units.load(workbook.find_unit(demo.UNIT))
    submission = open_submission(demo.DIRECTORY, [unit])

    def regrade(_: int) -> str:
        grader = Grader(find_sandbox(allow_none=False), Cache(cache), fresh=True)
        return text_of(grader.grade(submission, [unit], Selection(), lambda _: None))

    grader = Grader(find_sandbox(allow_none=False), Cache(cache))
    judged, kept = (grader.grade(submission, [unit], Selection(), lambda _: None) for _ in range(2))
    assert not any(judge.cached for judge in judged.units[0].judges)
    assert all(judge.cached for judge in kept.units[0].judges)
    first = text_of(judged)
    assert '"fail"' in first and '"pass"' in first and '"ungraded"' not in first
    assert text_of(kept) == first, "a kept report differs from the judged one"
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        for number, text in enumerate(pool.map(regrade, range(1, regrades)), 2):
            assert text == first, f"regrade {number} differs from the first"


def test_a_bug_that_only_some_schedules_show_gets_one_verdict(cache: Path) -> None:
    """The lock whose wakeups get lost: found by the walks of the judges, or never."""
    unit = units.load(workbook.find_unit("04-mutex"))
    submission = attempts.as_submission(unit, attempts.load(unit)["lost_wakeup"])

    def regrade(_: int) -> str:
        grader = Grader(find_sandbox(allow_none=False), Cache(cache), fresh=True)
        return text_of(grader.grade(submission, [unit], Selection(), lambda _: None))

    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        texts = list(pool.map(regrade, range(REGRADES_OF_A_SCHEDULE_BUG)))
    assert '"deadlock"' in texts[0] and '"ungraded"' not in texts[0]
    assert [number for number, text in enumerate(texts) if text != texts[0]] == []


def test_the_order_of_packing_changes_nothing(cache: Path, tmp_path: Path) -> None:
    from packing import tar_of, zip_of

    unit = units.load(workbook.find_unit(demo.UNIT))
    content = (Path(demo.DIRECTORY) / unit.editable[0]).read_bytes()
    files = {f"{unit.path}/{unit.editable[0]}": content, "notes.txt": b"mine"}
    grader = Grader(find_sandbox(allow_none=False), Cache(cache))
    selection = Selection(judges=frozenset({"build"}))
    texts = set()
    for pack in (zip_of, tar_of):
        for order in (files, dict(reversed(files.items()))):
            opened = open_submission(pack(tmp_path / "work.archive", order), [unit])
            texts.add(text_of(grader.grade(opened, [unit], selection, lambda _: None)))
            os.unlink(tmp_path / "work.archive")
    assert len(texts) == 1


def test_what_may_differ_is_only_time() -> None:
    left = {"a": [{"duration_s": 1, "cached": True, "points": 2}]}
    right = {"a": [{"duration_s": 2, "cached": False, "points": 2}]}
    assert without_run(left) == without_run(right)
    right["a"][0]["points"] = 3
    assert without_run(left) != without_run(right)
