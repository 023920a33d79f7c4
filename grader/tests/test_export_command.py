"""`teach export` and `teach package` as an instructor types them."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from happens_before.commands import run
from happens_before.core.report import Status, UnitReport
from happens_before.core.submission import UnitFiles
from happens_before.teach import intake
from happens_before.teach.handins.people import Gathered, Student
from happens_before.teach.results import Results
from test_formats import mixed, report_of, result

UNIT = "lessons/04-mutex"


def item(results: Results, source: bytes, report: UnitReport) -> dict[str, str]:
    key = results.add(UNIT, UnitFiles({"mutex.c": source}, ()), {})
    results.keep(key, report, {})
    return {UNIT: key}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A results folder: one student graded, one ungraded, one who handed in nothing."""
    results = Results.create(tmp_path / "results", [UNIT])
    unlucky = report_of(result("a", Status.PASS), result("b", Status.UNGRADED)).units[0]
    people = [
        intake.Taken(Student("ada", keys={"canvas": "1"}), item(results, b"1", mixed().units[0])),
        intake.Taken(Student("bob/../b"), item(results, b"2", unlucky)),
        intake.Taken(Student("cy"), handed_in=False),
    ]
    intake.write(results, people, Gathered((), (), (), (), "folders"))
    return tmp_path / "results"


def export(folder: Path, form: str, out: Path, *more: str) -> int:
    return run(["teach", "export", str(folder), "--format", form, "--out", str(out), *more])


@pytest.mark.parametrize("form", ["gradescope", "junit", "autolab", "exercism"])
def test_each_student_gets_a_file(form: str, folder: Path, tmp_path: Path) -> None:
    status = export(folder, form, tmp_path / "out")
    files = sorted(file.stem for file in (tmp_path / "out").iterdir())
    kept = ["ada"] if form == "gradescope" else ["ada", "bob%2F..%2Fb"]
    assert files == kept and status == (3 if form == "gradescope" else 0)


def test_an_old_file_of_an_ungraded_student_does_not_stay(folder: Path, tmp_path: Path) -> None:
    old = tmp_path / "out" / "bob%2F..%2Fb.json"
    old.parent.mkdir()
    old.write_text('{"score": 100}')
    assert export(folder, "gradescope", tmp_path / "out") == 3 and not old.exists()


def test_marks_are_exported_and_the_open_ones_named(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert export(folder, "json", tmp_path / "marks.json") == 3
    assert "no mark: bob/../b" in capsys.readouterr().out
    finals = {
        each["id"]: each["final"]
        for each in json.loads((tmp_path / "marks.json").read_text())["students"]
    }
    assert finals["ada"] == 22.58 and finals["bob/../b"] is None
    assert export(folder, "csv", tmp_path / "marks.csv") == 3


def test_canvas_takes_the_instructors_own_export(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    book = tmp_path / "book.csv"
    book.write_text("Student,ID,Section,Mutex (4)\n    Points Possible,,,100\nA,1,S,\n")
    arguments = ("--gradebook", str(book), "--column", "Mutex")
    assert export(folder, "canvas", tmp_path / "import.csv", *arguments) == 3
    assert (tmp_path / "import.csv").read_text().endswith("A,1,S,22.58\n")
    assert "1 of 1 cells filled" in capsys.readouterr().out
    assert export(folder, "canvas", tmp_path / "import.csv") == 2


def test_a_package_is_written_and_what_comes_next_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "autograder.zip"
    units = ["--units", "04-mutex,11-executor", "--out", str(file)]
    assert run(["teach", "package", "gradescope", *units, "--hidden", "name"]) == 0
    said = capsys.readouterr().out
    assert "04-mutex, 11-executor" in said and "points to 200" in said
    settings = zipfile.ZipFile(file).read("package.conf").decode()
    assert settings == "units=(lessons/04-mutex lessons/11-executor)\nhidden=name\nseconds=600\n"
    assert run(["teach", "package", "classroom50", *units]) == 0
    said = capsys.readouterr().out.split("Reference answers in it: ")[1]
    assert "lessons/10-futures" in said and "11-executor" not in said.splitlines()[0]
    assert run(["teach", "package", "gradescope", "--units", "99-no", "--out", str(file)]) == 2


def test_write_says_which_formats_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "04-mutex", "--write", "papyrus=x"]) == 2
    assert "Formats: json, junit, gradescope" in capsys.readouterr().err
