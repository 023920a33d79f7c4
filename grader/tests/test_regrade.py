"""A class graded again: the same bytes from the same files, and a reason for each difference."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import classroom
import pytest
from classroom import ANSWER, BROKEN, CELL, Class
from happens_before.core import unit as units
from happens_before.core import workbook
from happens_before.teach import example
from happens_before.teach.regrade import Score, differences
from happens_before.teach.results import Results

COURSE = """
title = "a course"
time_zone = "Europe/Berlin"
[units."90-cell"]
points = 10
[[exceptions]]
student = "bob"
unit = "*"
excused = true
reason = "ill"
"""
WARNS = ANSWER.replace("int cell_get", "static int odd;\nint cell_get")


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Class:
    """Three students of a course, graded, in a workbook of their own: not to be changed."""
    place = tmp_path_factory.mktemp("regrade")
    made = Class(place / "class", classroom.make_workbook(place / "workbook"))
    for student, source in (("ann", ANSWER), ("bob", WARNS), ("cid", BROKEN)):
        made.hand_in(student, source)
    course = made.place / "course.toml"
    course.write_text(COURSE)
    assert made.batch("--course", str(course)).returncode == 0
    return made


@pytest.fixture
def again(graded: Class, tmp_path: Path) -> Class:
    """A copy of it, the workbook included."""
    made = Class.copy_of(graded, tmp_path / "class")
    made.root = tmp_path / "workbook"
    shutil.copytree(graded.root, made.root)
    return made


def regrade(made: Class, *options: str) -> subprocess.CompletedProcess[str]:
    return made.teach("regrade", made.out, "--out", made.place / "new", "--compare", *options)


def items(made: Class) -> dict[str, Path]:
    """Where each student's item stands."""
    students = json.loads((made.out / "students.json").read_text())["students"]
    return {each["student"]["id"]: made.out / "items" / each["items"][CELL] for each in students}


# --- the same


@pytest.mark.parametrize("options", [(), ("--fresh",)])
def test_unchanged_files_and_workbook_give_the_same_bytes(
    again: Class, options: tuple[str]
) -> None:
    done = regrade(again, *options)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "every result is the same as before."
    assert classroom.whole(again.place / "new") == classroom.whole(again.out)


@pytest.mark.long
def test_a_hundred_regrades_give_the_same_bytes(again: Class) -> None:
    """Three items, 34 times: each is judged anew, and every tenth time compiled anew."""
    before = classroom.whole(again.out)
    for number in range(34):
        again.cache = again.place / f"cache-{number}" if number % 10 == 0 else again.cache
        shutil.rmtree(again.place / "new", ignore_errors=True)
        assert regrade(again, "--fresh", "--jobs", "2").returncode == 0
        assert classroom.whole(again.place / "new") == before


def test_the_rules_of_the_course_hold_on(again: Class) -> None:
    assert regrade(again).returncode == 0
    marks = json.loads((again.place / "new" / "marks.json").read_text())["students"]
    assert [each["final"] for each in marks] == [10, None, 0]
    assert (again.place / "new" / "course.toml").read_text() == COURSE


def test_what_was_known_of_the_class_is_kept(again: Class) -> None:
    file = again.out / "students.json"
    data = json.loads(file.read_text())
    data["unmatched"], data["notes"] = [["in/who.zip", "fits nobody."]], ["a note."]
    data["students"][0]["problem"] = "it could not be read."
    file.write_text(json.dumps(data))
    assert regrade(again).returncode == 3, "of one there is no mark"
    assert json.loads((again.place / "new" / "students.json").read_text()) == data


def test_a_regrade_that_was_cut_off_goes_on(again: Class) -> None:
    assert regrade(again).returncode == 0
    whole = classroom.whole(again.place / "new")
    for result in list((again.place / "new").glob("items/*/result.json"))[:2]:
        result.unlink()
    assert regrade(again).returncode == 0
    assert classroom.whole(again.place / "new") == whole


# --- a difference, and its reason


def more_in(file: str) -> Callable[[Class], None]:
    def change(made: Class) -> None:
        with (made.root / file).open("a") as stream:
            stream.write("\n")

    return change


def stricter(made: Class) -> None:
    """The unit's tests change: what was worth one point is worth two."""
    file = made.root / CELL / "unit.toml"
    file.write_text(file.read_text().replace("points = 1", "points = 2"))


def one_check_less(made: Class) -> None:
    file = made.root / CELL / "unit.toml"
    text = file.read_text()
    file.write_text(text[: text.rindex("[[judges.build.checks]]")].replace('"keep a number", ', ""))


def one_check_more(made: Class) -> None:
    """The other way round: the check was not there when the class was graded."""
    text = (made.root / CELL / "unit.toml").read_text()
    one_check_less(made)
    shutil.rmtree(made.out)
    assert made.batch().returncode == 0
    (made.root / CELL / "unit.toml").write_text(text)


def judge(made: Class) -> None:
    """The build judge changes its words."""
    file = made.root / "grader" / "happens_before" / "judges" / "build.py"
    file.write_text(file.read_text().replace("the compiler reports", "the compiler says"))


WARNED = "build/no_warnings: fail (warning), 0 of 1"
FAILED = "build/no_warnings: fail (compile), 0 of 1"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            stricter,
            [
                "ann  lessons/90-cell  4 of 4 -> 5 of 5, mark 10 -> 10  "
                "because the unit's own files changed",
                "    build/no_warnings: pass, 1 of 1, now pass, 2 of 2",
                "bob  lessons/90-cell  3 of 4 -> 3 of 5  because the unit's own files changed",
                f"    {WARNED}, now fail (warning), 0 of 2",
                "cid  lessons/90-cell  0 of 4 -> 0 of 5  because the unit's own files changed",
                f"    {FAILED}, now fail (compile), 0 of 2",
                "3 results differ, each for the reason given.",
            ],
        ),
        (
            one_check_less,
            [
                "ann  lessons/90-cell  4 of 4 -> 3 of 3, mark 10 -> 10  "
                "because the unit's own files changed",
                "    build/no_warnings: gone, pass, 1 of 1",
                "bob  lessons/90-cell  3 of 4 -> 3 of 3  because the unit's own files changed",
                f"    build/no_warnings: gone, {WARNED.partition(': ')[2]}",
                "cid  lessons/90-cell  0 of 4 -> 0 of 3  because the unit's own files changed",
                f"    build/no_warnings: gone, {FAILED.partition(': ')[2]}",
                "3 results differ, each for the reason given.",
            ],
        ),
        (
            one_check_more,
            [
                "ann  lessons/90-cell  3 of 3 -> 4 of 4  because the unit's own files changed",
                "    build/no_warnings: new, pass, 1 of 1",
                "bob  lessons/90-cell  3 of 3 -> 3 of 4  because the unit's own files changed",
                f"    build/no_warnings: new, {WARNED.partition(': ')[2]}",
                "cid  lessons/90-cell  0 of 3 -> 0 of 4  because the unit's own files changed",
                f"    build/no_warnings: new, {FAILED.partition(': ')[2]}",
                "3 results differ, each for the reason given.",
            ],
        ),
        (
            judge,
            [
                "cid  lessons/90-cell  0 -> 0  because the judges changed",
                "    build/compiles: fail (compile), 0 of 3 as before, told otherwise",
                "1 result differs, each for the reason given.",
            ],
        ),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_each_difference_has_its_reason(
    again: Class, change: Callable[[Class], None], said: list[str]
) -> None:
    change(again)
    done = regrade(again)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-len(said) :] == said


@pytest.mark.parametrize(
    ("file", "part"),
    [
        (f"{CELL}/tests.c", "the unit's own files"),
        (f"solutions/{CELL}/hidden_tests.c", "its hidden tests"),
        ("grader/runtime/lab/lab.c", "the runtime"),
        ("tsan-suppressions", "the runtime"),
        ("grader/happens_before/judges/tsan.py", "the judges"),
        ("grader/happens_before/sandbox/rlimits.py", "the judges"),
    ],
)
def test_each_part_of_the_workbook_is_a_reason(again: Class, file: str, part: str) -> None:
    """Its change alone; the result differs because the old one was changed by hand."""
    (again.root / file).parent.mkdir(parents=True, exist_ok=True)
    more_in(file)(again)
    tamper(again, "ann", "pass", "fail")
    done = regrade(again)
    assert done.returncode == 0, done.stderr
    assert f"ann  lessons/90-cell  0 -> 4, mark 10 -> 10  because {part} changed\n" in done.stdout


def test_other_files_are_a_reason(again: Class) -> None:
    old = shutil.copytree(again.out, again.place / "old")
    (again.submissions / "bob" / CELL / "cell.c").write_text(ANSWER)
    (again.submissions / "eve" / CELL).mkdir(parents=True)
    (again.submissions / "eve" / CELL / "cell.c").write_text(ANSWER)
    assert again.batch(out=again.place / "new").returncode == 0
    found = list(differences(Results.open(old), Results.open(again.place / "new")))
    assert [(each.student, each.old, each.new, each.reasons) for each in found] == [
        ("bob", Score(3, 4, None), Score(4, 4, 4), ("other files were handed in",)),
        ("eve", Score(None, 0, None), Score(4, 4, 4), ("handed in only now",)),
    ]


def test_who_has_the_same_points_of_more_does_not_look_unchanged(again: Class) -> None:
    course = again.out / "course.toml"
    course.write_text(course.read_text().partition("[[exceptions]]")[0])
    assert again.batch().returncode == 0
    stricter(again)
    done = regrade(again)
    assert done.returncode == 0, done.stderr
    assert "ann  lessons/90-cell  4 of 4 -> 5 of 5, mark 10 -> 10  because" in done.stdout
    assert "bob  lessons/90-cell  3 of 4 -> 3 of 5, mark 7.5 -> 6  because" in done.stdout


# --- a defect


def tamper(made: Class, student: str, old: str, new: str) -> None:
    """Change a result as nobody should."""
    file = items(made)[student] / "result.json"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))


@pytest.mark.parametrize(
    ("student", "old", "new", "line"),
    [
        ("ann", "pass", "fail", "0 -> 4, mark 10 -> 10  because of nothing that is known"),
        (
            "cid",
            "lost",
            "found",
            "build/compiles: fail (compile), 0 of 3 as before, told otherwise",
        ),
        ("ann", '"message": ""', '"message": "!"', "a judge has something else to say"),
    ],
)
def test_a_difference_without_a_reason_is_a_defect(
    again: Class, student: str, old: str, new: str, line: str
) -> None:
    tamper(again, student, old, new)
    done = regrade(again)
    assert done.returncode == 1, done.stderr
    assert line in done.stdout
    assert done.stdout.splitlines()[-1] == (
        "1 result differs; 1 of them without a reason: that is a defect of the grader."
    )


def test_what_had_no_verdict_is_no_defect(again: Class) -> None:
    (items(again)["ann"] / "result.json").unlink()
    tamper(again, "bob", '"status": "fail"', '"status": "ungraded"')
    done = regrade(again)
    assert done.returncode == 0, done.stderr
    assert (
        "ann  lessons/90-cell  - -> 4, mark 10 -> 10  because it was not graded then\n"
        in done.stdout
    )
    assert "bob  lessons/90-cell  - -> 3  because a fault of the grader then\n" in done.stdout
    assert done.stdout.splitlines()[-1] == "2 results differ, each for the reason given."


# --- bad input


@pytest.mark.parametrize(
    ("file", "text"),
    [("students.json", ""), ("items/*/item.json", ""), ("items/*/files/cell.c", "")],
)
def test_a_damaged_folder_is_told_and_left_alone(again: Class, file: str, text: str) -> None:
    for each in again.out.glob(file):
        each.write_text(text)
    before = classroom.whole(again.out)
    done = regrade(again)
    assert done.returncode == 2
    assert "damaged" in done.stderr and "Give the batch command again" in done.stderr
    assert classroom.whole(again.out) == before
    assert again.batch().returncode == 0 and regrade(again).returncode == 0


def test_a_regrade_over_the_old_results_is_refused(again: Class) -> None:
    before = classroom.whole(again.out)
    done = again.teach("regrade", again.out, "--out", again.place / "in" / ".." / "out")
    assert done.returncode == 2 and "is the folder of the old results" in done.stderr
    assert classroom.whole(again.out) == before


# --- a class of a real unit

UNIT = "lessons/01-memory-ordering"


@pytest.fixture(scope="module")
def dozen(tmp_path_factory: pytest.TempPathFactory) -> Class:
    """A dozen of a real unit's answers, graded: the skeleton, mutants, alternates, attempts."""
    place = tmp_path_factory.mktemp("dozen")
    made = Class(place / "class", classroom.make_workbook(place / "workbook"), place / "cache")
    for part in (UNIT, f"solutions/{UNIT}"):
        shutil.copytree(workbook.ROOT / part, made.root / part)
    unit = units.load(workbook.ROOT / UNIT)
    pool = list(example.answers(unit))
    for number, answer in enumerate(pool[:: -(-len(pool) // 12)]):
        folder = made.submissions / f"s{number:02}" / UNIT
        folder.mkdir(parents=True)
        for name, content in answer.items():
            (folder / name).write_bytes(content)
    assert made.batch("--units", UNIT).returncode == 0
    return made


def scores(folder: Path) -> dict[str, float]:
    students = json.loads((folder / "marks.json").read_text())["students"]
    return {each["id"]: each["final"] for each in students}


@pytest.mark.long
def test_a_real_class_regraded_twice_is_the_same_byte_for_byte(dozen: Class) -> None:
    before = classroom.whole(dozen.out)
    assert len(scores(dozen.out)) >= 10 and len(set(scores(dozen.out).values())) >= 5
    for name, cache in (("once", dozen.cache), ("twice", dozen.place / "another-cache")):
        dozen.cache = cache
        new = dozen.place / name
        done = dozen.teach("regrade", dozen.out, "--out", new, "--compare", "--fresh")
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stdout.splitlines()[-1] == "every result is the same as before."
        assert classroom.whole(new) == before


@pytest.mark.long
def test_a_real_class_shows_what_a_changed_check_costs_whom(dozen: Class, tmp_path: Path) -> None:
    """One check is worth a point more: who passes it gains that, and nothing else moves."""
    changed = Class.copy_of(dozen, tmp_path / "class")
    changed.root = shutil.copytree(dozen.root, tmp_path / "workbook")
    file = changed.root / UNIT / "unit.toml"
    check = next(c for c in units.load(workbook.ROOT / UNIT).checks if c.judge == "tests")
    head, middle, tail = file.read_text().partition(f'id = "{check.id}"')
    assert middle
    more = tail.replace(f"points = {check.points:g}", f"points = {check.points + 1:g}", 1)
    file.write_text(head + middle + more)
    done = regrade(changed)
    assert done.returncode == 0, done.stdout + done.stderr
    old, new = scores(dozen.out), scores(changed.place / "new")
    gained = {student: new[student] - old[student] for student in old}
    assert set(gained.values()) == {0.0, 1.0}
    for student, points in old.items():
        now = points + gained[student]
        line = f"{student}  {UNIT}  {points:g} of 100 -> {now:g} of 101  because "
        assert f"{line}the unit's own files changed\n" in done.stdout
    assert f"{len(old)} results differ, each for the reason given." in done.stdout
