"""The results folder: what is damaged is graded again, and what is not ours is left alone."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import classroom
import pytest
from classroom import ANSWER, BROKEN, CELL, PAIR, Class
from happens_before.core.errors import InputError
from happens_before.core.report import Status
from happens_before.core.submission import UnitFiles
from happens_before.teach.results import Results

FILES = UnitFiles({"cell.c": b"int x;\n"}, ())
WORKBOOK = {"the runtime": "1", "the judges": "2"}


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Class:
    """Two students, graded: not to be changed."""
    made = Class(tmp_path_factory.mktemp("graded") / "class")
    made.hand_in("ann", ANSWER)
    made.hand_in("cid", BROKEN)
    assert made.batch().returncode == 0
    return made


@pytest.fixture
def two(graded: Class, tmp_path: Path) -> Class:
    """A copy of it."""
    return Class.copy_of(graded, tmp_path / "class")


# --- damage: cut off, emptied, filled with zeros, or something else


@pytest.mark.parametrize("damage", ["cut", "empty", "zeros", "gone", "other"])
@pytest.mark.parametrize(
    "pattern",
    [
        *("batch.json", "students.json", "items/*/item.json", "items/*/result.json"),
        *("items/*/run.json", "items/*/files/cell.c", "students/ann.json", "progress.json"),
    ],
)
def test_what_is_damaged_is_mended_by_the_same_command(
    two: Class, graded: Class, pattern: str, damage: str
) -> None:
    for file in sorted(two.out.glob(pattern)):
        content = file.read_bytes()
        file.unlink()
        if damage != "gone":
            new = {
                "cut": content[: len(content) // 2],
                "zeros": bytes(len(content)),
                "other": b"[]",
            }
            file.write_bytes(new.get(damage, b""))
    done = two.batch()
    if (pattern, damage) == ("batch.json", "other"):
        assert done.returncode == 2 and "was written in the form 'None'" in done.stderr
        return
    assert done.returncode == 0, done.stderr
    assert classroom.whole(two.out) == classroom.whole(graded.out)


def test_a_damaged_item_is_never_graded(tmp_path: Path) -> None:
    results = Results.create(tmp_path, [CELL])
    key = results.add(CELL, FILES, WORKBOOK)
    assert results.item(key).files == FILES and results.item(key).workbook == WORKBOOK
    (tmp_path / "items" / key / "files" / "cell.c").write_bytes(b"")
    with pytest.raises(InputError, match="not what was handed in.*Give the batch command again"):
        results.item(key)
    assert results.add(CELL, FILES, WORKBOOK) == key and results.item(key).files == FILES


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "nonsense", '{"judges": [{"checks": [{"check": 1}]}]}', "9" * 5000]
)
def test_a_damaged_result_is_no_result(tmp_path: Path, text: str) -> None:
    results = Results.create(tmp_path, [CELL])
    key = results.add(CELL, FILES, WORKBOOK)
    for name in ("result.json", "run.json"):
        (tmp_path / "items" / key / name).write_text(text)
    assert results.report(key) is None and not results.is_finished(key)
    assert not results.is_doubtful(key)


def test_a_result_without_its_run_is_not_finished(two: Class) -> None:
    """Who knows whether it was waiting for a second look?"""
    results = Results.open(two.out)
    for run in two.out.glob("items/*/run.json"):
        key = run.parent.name
        assert results.is_finished(key)
        run.write_text("")
        report = results.report(key)
        assert report and report.status is not Status.UNGRADED and not results.is_finished(key)


def test_only_the_same_files_for_the_same_unit_under_the_same_workbook_are_one_item(
    tmp_path: Path,
) -> None:
    results = Results.create(tmp_path, [CELL, PAIR])
    keys = {
        results.add(unit, files, workbook)
        for unit in (CELL, PAIR)
        for files in (FILES, UnitFiles({"cell.c": b""}, ()), UnitFiles({}, ("gone.",)))
        for workbook in (WORKBOOK, {**WORKBOOK, "the runtime": "2"}, {"the runtime": "12"})
    }
    assert len(keys) == 18
    assert results.add(CELL, FILES, dict(WORKBOOK)) in keys


# --- another's folder


def refused(done: subprocess.CompletedProcess[str], *words: str) -> None:
    """It ended with a clear message."""
    assert done.returncode == 2, done.stdout + done.stderr
    assert done.stderr.startswith("error: ") and len(done.stderr.splitlines()) == 1
    for word in words:
        assert word in done.stderr


def test_a_folder_of_other_units_is_left_alone(two: Class) -> None:
    before = classroom.whole(two.out)
    refused(two.batch("--units", "91-pair"), "holds results of other units: lessons/90-cell")
    assert classroom.whole(two.out) == before


def test_a_foreign_folder_is_left_alone(two: Class) -> None:
    foreign = two.place / "foreign"
    foreign.mkdir()
    (foreign / "thesis.tex").write_text("precious")
    refused(two.batch(out=foreign), "is no results folder", "name an empty folder")
    refused(two.batch(out=foreign / "thesis.tex"), "cannot be a results folder")
    assert os.listdir(foreign) == ["thesis.tex"]
    refused(two.teach("regrade", foreign, "--out", two.place / "new"), "is no results folder")
    assert not (two.place / "new").exists()


@pytest.mark.parametrize("schema", ["happens-before/batch/0", "happens-before/batch/2", None])
def test_a_folder_of_another_version_is_left_alone(two: Class, schema: str | None) -> None:
    file = two.out / "batch.json"
    file.write_text(json.dumps({"schema": schema, "units": [CELL]}))
    before = classroom.whole(two.out)
    for done in (two.batch(), two.teach("regrade", two.out, "--out", two.place / "new")):
        refused(done, f"was written in the form '{schema}'", "Nothing was changed")
    assert classroom.whole(two.out) == before and not (two.place / "new").exists()


def test_results_among_the_submissions_are_refused(two: Class) -> None:
    for out in (two.submissions, two.submissions / "results"):
        refused(two.batch(out=out), "lies among the submissions")
    assert sorted(os.listdir(two.submissions)) == ["ann", "cid"]


def test_the_second_batch_on_a_folder_is_refused(two: Class) -> None:
    before = classroom.whole(two.out)
    with Results.open(two.out).held():
        refused(two.batch(), "another batch writes there now", "Wait for it, or end it")
    assert classroom.whole(two.out) == before
    assert two.batch().returncode == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount")
def test_a_folder_that_cannot_be_written_is_told(two: Class) -> None:
    new = shutil.copytree(two.out, two.place / "another")
    for file in new.glob("items/*/result.json"):
        file.unlink()
    with classroom.mounted(new, "--bind", "-o", "ro"):
        refused(two.batch(out=new), str(new), "Read-only file system")
        refused(two.batch(out=new / "deeper"), str(new), "Read-only file system")
    assert two.batch(out=new).returncode == 0
    assert classroom.whole(new) == classroom.whole(two.out)
