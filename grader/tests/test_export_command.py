"""`teach export` and `teach package` as an instructor types them."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path

import pytest
from happens_before.commands import run
from happens_before.core.report import Status, UnitReport
from happens_before.core.submission import UnitFiles
from happens_before.render.formats import FORMATS
from happens_before.teach import intake
from happens_before.teach.handins.people import Gathered, Student
from happens_before.teach.results import Results
from test_formats import mixed, report_of, result, valid, visible

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


@pytest.mark.parametrize("name", ["book.csv", "in/../book.csv", "soft.csv", "hard.csv"])
def test_canvas_the_gradebook_is_not_written_over(
    name: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    book, text = tmp_path / "book.csv", "Student,ID,Section,Mutex (4)\n    Points Possible,,,100\n"
    book.write_text(text + "A,1,S,\n")
    (tmp_path / "in").mkdir()
    (tmp_path / "soft.csv").symlink_to(book)
    (tmp_path / "hard.csv").hardlink_to(book)
    arguments = ("--gradebook", str(book), "--column", "Mutex")
    assert export(folder, "canvas", tmp_path / name, *arguments) == 2
    assert f"{tmp_path / name}: is the gradebook itself" in capsys.readouterr().err
    assert book.read_text() == text + "A,1,S,\n"


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


@pytest.mark.parametrize(("platform", "name"), [("autolab", "al.tar"), ("classroom50", "x.tar.gz")])
def test_a_package_is_not_named_as_what_it_is_not(
    platform: str, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    order = ["teach", "package", platform, "--units", "04-mutex", "--out"]
    assert run([*order, str(tmp_path / name)]) == 2
    assert f"{tmp_path / name}: has the ending of something else" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
    for fitting in ("package.ZIP", "package"):
        assert run([*order, str(tmp_path / fitting)]) == 0


def test_write_says_which_formats_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "04-mutex", "--write", "papyrus=x"]) == 2
    assert "Formats: json, junit, gradescope" in capsys.readouterr().err


# --- the rules of a course --------------------------------------------------------------------------

COURSE = """
title = "Concurrency"
time_zone = "Europe/Berlin"
[late]
per_cent_a_day = 20
[units."04-mutex"]
due = 2026-06-01T12:00:00
points = 50
hidden = "nothing"
[[exceptions]]
student = "bob"
unit = "*"
extra_days = 1
reason = "ill"
[[exceptions]]
student = "cy"
unit = "*"
excused = true
reason = "parental leave"
"""


@pytest.fixture
def course_folder(tmp_path: Path) -> Path:
    """Three students, a day late each, with the same 1.75 of 7.75 points; see COURSE."""
    results = Results.create(tmp_path / "results", [UNIT])
    kept = item(results, b"1", mixed().units[0])
    late = "2026-06-02T11:00:00+02:00"
    people = [
        intake.Taken(Student(id), dict(kept), submitted=late, commit="a" * 40)
        for id in ("ada", "bob", "cy")
    ]
    intake.write(results, people, Gathered((), (), (), (), "folders"))
    (results.directory / "course.toml").write_text(COURSE)
    return results.directory


FINAL = {"ada": 9.03, "bob": 11.29}  # 1.75 of 7.75 are 11.29 of 50; a day takes a fifth


NEEDED = {"classroom50": ("--classroom", "uni/cs/mutex")}


def marks_in(folder: Path, form: str, file: Path) -> dict[str, float | None]:
    """What a format says of each student's mark; None: it says there is none."""
    assert export(folder, form, file, *NEEDED.get(form, ())) == 0
    if form == "json":
        return {s["id"]: s["final"] for s in json.loads(file.read_text())["students"]}
    if form == "csv":
        rows = list(csv.DictReader(io.StringIO(file.read_text())))
        return {row["id"]: float(row["final"]) if row["final"] else None for row in rows}
    found: dict[str, float | None] = {"cy": None}  # no file says it
    for each in file.iterdir():
        last = json.loads(
            each.read_text().splitlines()[-1] if form == "autolab" else each.read_text()
        )
        match form:
            case "autolab":
                found[each.stem] = last["scores"]["04-mutex"]
            case "gradescope":
                found[each.stem] = last["score"]
            case "classroom50":
                found[each.stem] = last["score"] * 50 / last["max-score"]
    return found


@pytest.mark.parametrize("form", ["json", "csv", "gradescope", "autolab", "classroom50"])
def test_every_format_has_the_marks_of_the_course(
    form: str, course_folder: Path, tmp_path: Path
) -> None:
    assert marks_in(course_folder, form, tmp_path / form) == {**FINAL, "cy": None}


@pytest.mark.parametrize("form", ["gradescope", "autolab", "classroom50", "exercism"])
def test_every_format_tells_of_hidden_checks_what_the_course_sets(
    form: str, course_folder: Path, tmp_path: Path
) -> None:
    def told(*more: str) -> str:
        folder = tmp_path / "out"
        assert export(course_folder, form, folder, *NEEDED.get(form, ()), *more) == 0
        text = (folder / f"ada{Path(FORMATS[form].file).suffix}").read_text()
        return json.dumps(visible(text)) if form == "gradescope" else text

    assert "hidden__" not in told()
    assert "hidden__d" in told("--hidden", "score")


def test_why_a_mark_is_lower_stands_in_the_file(course_folder: Path, tmp_path: Path) -> None:
    export(course_folder, "gradescope", tmp_path / "out")
    said = json.loads((tmp_path / "out" / "ada.json").read_text())["output"]
    assert "23 hours late: 20 per cent taken; it counts 9.03 of 50 points." in said


@pytest.mark.parametrize(
    ("form", "option", "its"),
    [
        ("json", ("--hidden", "score"), "gradescope, classroom50, autolab, exercism"),
        ("junit", ("--hidden", "nothing"), "gradescope, classroom50, autolab, exercism"),
        ("canvas", ("--hidden", "score"), "gradescope, classroom50, autolab, exercism"),
        ("gradescope", ("--classroom", "uni/cs/mutex"), "classroom50"),
        ("csv", ("--unit", "04-mutex"), "canvas"),
        ("classroom50", ("--scale",), "canvas"),
    ],
)
def test_an_option_of_another_format_is_refused(
    form: str,
    option: tuple[str, ...],
    its: str,
    course_folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert export(course_folder, form, tmp_path / "out", *option) == 2
    said = capsys.readouterr().err
    assert f"the format {form} has no use for {option[0]}." in said
    assert f"It is for {its}." in said
    assert not (tmp_path / "out").exists()


def test_canvas_leaves_the_cell_of_who_is_excused(
    course_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    book = tmp_path / "book.csv"
    book.write_text("Student,ID,Section,Mutex (4)\n Points Possible,,,50\nA,ada,S,\nC,cy,S,\n")
    arguments = ("--gradebook", str(book), "--column", "4")
    for unit in ((), ("--unit", "04-mutex")):
        assert export(course_folder, "canvas", tmp_path / "import.csv", *arguments, *unit) == 0
        assert (tmp_path / "import.csv").read_text().endswith("A,ada,S,9.03\nC,cy,S,\n")
        assert "cy is excused; the cell stays as it was" in capsys.readouterr().out
    assert export(course_folder, "canvas", tmp_path / "x", *arguments, "--unit", "99-no") == 2


def test_a_unit_that_was_not_handed_in_counts_nothing_of_what_it_is_worth(
    course_folder: Path, tmp_path: Path
) -> None:
    file = course_folder / "batch.json"
    both = {**json.loads(file.read_text()), "units": [UNIT, "lessons/01-memory-ordering"]}
    file.write_text(json.dumps(both))
    export(course_folder, "classroom50", tmp_path / "c", "--classroom", "uni/cs/mutex")
    data = json.loads((tmp_path / "c" / "ada.json").read_text())
    assert data["score"] / data["max-score"] == pytest.approx(FINAL["ada"] / 150)
    export(course_folder, "gradescope", tmp_path / "g")
    data = json.loads((tmp_path / "g" / "ada.json").read_text())
    assert data["score"] == FINAL["ada"]
    assert "01-memory-ordering: nothing was handed in; it counts 0 of 100" in data["output"]


def test_classroom50_keeps_its_schema_and_names_the_commit(
    course_folder: Path, tmp_path: Path
) -> None:
    export(course_folder, "classroom50", tmp_path / "out", "--classroom", "Uni/cs/mutex")
    data = valid((tmp_path / "out" / "ada.json").read_text(), "classroom50")
    assert data["commit"] == f"https://github.com/uni/cs-mutex-ada/commit/{'a' * 40}"
    assert data["datetime"] == "2026-06-02T09:00:00Z"
    assert export(course_folder, "classroom50", tmp_path / "out", "--classroom", "cs") == 2


def test_classroom50_needs_a_commit(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert export(folder, "classroom50", tmp_path / "out", "--classroom", "uni/cs/mutex") == 3
    assert "ada: nobody says which commit it is" in capsys.readouterr().out


def test_no_file_says_half_of_what_is_still_being_graded(
    course_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    [result] = course_folder.glob("items/*/result.json")
    result.unlink()
    assert export(course_folder, "autolab", tmp_path / "out") == 3
    assert "ada: not graded yet: lessons/04-mutex." in capsys.readouterr().out
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())


def test_a_package_tells_of_hidden_checks_what_the_course_sets(tmp_path: Path) -> None:
    course, file = tmp_path / "course.toml", tmp_path / "autograder.zip"
    course.write_text(COURSE.partition("[[")[0])
    order = ["teach", "package", "gradescope", "--out", str(file), "--course", str(course)]
    assert run([*order, "--units", "04-mutex"]) == 0
    assert "hidden=nothing\n" in zipfile.ZipFile(file).read("package.conf").decode()
    assert run([*order, "--units", "04-mutex,11-executor"]) == 2
    assert run([*order, "--units", "04-mutex,11-executor", "--hidden", "name"]) == 0
