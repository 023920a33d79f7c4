"""A class graded: each file once, whatever a bad hand-in, a bad folder or the machine does."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import zipfile
from pathlib import Path

import classroom
import packing
import pytest
from boxes import wait_until
from classroom import ANSWER, BROKEN, CELL, PAIR, WRONG, Class
from happens_before.teach.results import Results
from happens_before.teach.handins.people import Student


@pytest.fixture
def four(tmp_path: Path) -> Class:
    """Ann and Bob hand in the same right answer, Cid one that does not compile, Dan a wrong one."""
    made = Class(tmp_path / "class")
    for student, source in (("ann", ANSWER), ("bob", ANSWER), ("cid", BROKEN), ("dan", WRONG)):
        made.hand_in(student, source)
    return made


def status(out: Path, student: str) -> str:
    return str(json.loads((out / "students" / f"{student}.json").read_text())["status"])


def item(out: Path, student: str, unit: str = CELL) -> Path:
    """Where a student's item stands."""
    students = json.loads((out / "students.json").read_text())["students"]
    (taken,) = (each for each in students if each["student"]["id"] == student)
    return out / "items" / taken["items"][unit]


# --- the same files once


def test_the_same_files_are_graded_once_whoever_handed_them_in(four: Class) -> None:
    done = four.batch()
    assert done.returncode == 0, done.stderr
    assert "3 of 3 items, 1 passed, 2 failed, 0 ungraded\n" in done.stdout
    assert len(list(four.out.glob("items/*/result.json"))) == 3
    assert item(four.out, "ann") == item(four.out, "bob") != item(four.out, "dan")
    assert [status(four.out, each) for each in ("ann", "bob", "cid", "dan")] == [
        *("pass", "pass", "fail", "fail")
    ]


def test_the_same_text_for_two_units_is_two_items(tmp_path: Path) -> None:
    made = Class(tmp_path / "class")
    made.hand_in("ann", ANSWER)
    made.hand_in("ann", ANSWER, PAIR)
    made.hand_in("bob", ANSWER.replace("cell", "pair"), PAIR)
    done = made.batch("--units", "90-cell,91-pair")
    assert done.returncode == 0, done.stderr
    assert len({item(made.out, "ann", unit) for unit in (CELL, PAIR)}) == 2
    points = {
        unit["unit"]: unit["points"]
        for unit in json.loads((made.out / "students" / "ann.json").read_text())["units"]
    }
    assert points == {CELL: 4.0, PAIR: 0.0}
    assert [
        unit["unit"]
        for unit in json.loads((made.out / "students" / "bob.json").read_text())["units"]
    ] == [PAIR]


def test_a_finished_batch_grades_nothing_again(four: Class) -> None:
    four.batch()
    before, everything = classroom.results(four.out), classroom.whole(four.out)
    four.cache = four.place / "nothing is known"
    assert four.batch().returncode == 0
    assert classroom.results(four.out) == before and classroom.whole(four.out) == everything
    assert not four.cache.exists()


def test_what_was_taken_counts_whatever_happens_to_the_submission(four: Class) -> None:
    four.batch(out=four.place / "untouched")
    stopped = subprocess.Popen(
        four.command("batch", four.submissions, "--out", four.out, "--units", "90-cell"),
        env=four.environment(**four.at("work", 1, signal.SIGSTOP)),
        stdout=subprocess.DEVNULL,
    )
    wait_until(lambda: (four.place / "done-once").exists(), 120)
    for student in ("ann", "bob", "cid", "dan"):
        shutil.rmtree(four.submissions / student)
    for pid in map(int, (four.place / "pids").read_text().split()):
        if Path(f"/proc/{pid}").exists():
            os.kill(pid, signal.SIGCONT)
    assert stopped.wait(120) == 0
    assert classroom.whole(four.out) == classroom.whole(four.place / "untouched")


# --- killed


def check_resumes(four: Class, uninterrupted: Path) -> None:
    """The same command goes on: nothing finished is touched, all of the rest is done, nothing is left."""
    before = classroom.results(four.out)
    done = four.batch("--jobs", "2")
    assert done.returncode == 0, done.stderr
    after = classroom.results(four.out)
    assert {name: after[name] for name in before} == before
    assert classroom.whole(four.out) == classroom.whole(uninterrupted)
    assert four.left() == []


def kill_everywhere(four: Class, word: str, counts: range) -> int:
    """Kill the process of that command before each of these writes. Returns how often it died."""
    died = 0
    uninterrupted = four.place / "uninterrupted"
    four.batch(out=uninterrupted)
    for count in counts:
        shutil.rmtree(four.out, ignore_errors=True)
        four.cache = four.place / f"cache-{word}-{count}"
        four.batch("--jobs", "2", **four.at(word, count, signal.SIGKILL))
        died += (four.place / "done-once").exists()
        check_resumes(four, uninterrupted)
    return died


@pytest.mark.parametrize(("word", "count"), [("batch", 4), ("batch", 13), ("work", 10)])
def test_a_killed_batch_goes_on_where_it_was(four: Class, word: str, count: int) -> None:
    assert kill_everywhere(four, word, range(count, count + 1)) == 1


@pytest.mark.long
def test_a_batch_may_be_killed_before_each_of_its_writes(four: Class) -> None:
    assert kill_everywhere(four, "batch", range(1, 19)) >= 16


@pytest.mark.long
def test_a_worker_may_be_killed_before_each_of_its_writes(four: Class) -> None:
    assert kill_everywhere(four, "work", range(1, 15)) >= 12


def test_a_killed_worker_costs_nobody_anything(four: Class) -> None:
    four.batch(out=four.place / "uninterrupted")
    done = four.batch(**four.at("work", 1, signal.SIGKILL))
    assert done.returncode == 0 and (four.place / "done-once").exists()
    assert classroom.whole(four.out) == classroom.whole(four.place / "uninterrupted")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("count", [3, 13])
def test_an_interrupted_batch_says_what_is_kept_and_leaves_nothing(
    four: Class, number: signal.Signals, count: int
) -> None:
    four.batch(out=four.place / "uninterrupted")
    done = four.batch(**four.at("batch", count, number))
    assert (done.returncode, (four.place / "done-once").exists()) == (130, True)
    assert "what was finished is kept; the same command does the rest" in done.stderr
    assert four.left() == []
    check_resumes(four, four.place / "uninterrupted")


@pytest.mark.long
def test_an_interrupt_does_not_wait_for_what_is_running(four: Class) -> None:
    """A worker that is stopped in the middle of an item: only its end ends it."""
    running = subprocess.Popen(
        four.command("batch", four.submissions, "--out", four.out, "--units", "90-cell"),
        env=four.environment(**four.at("work", 1, signal.SIGSTOP)),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_until(lambda: (four.place / "done-once").exists(), 120)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=120)  # PATIENCE_S, and then the worker is killed
    assert running.returncode == 130 and "is kept" in said
    four.batch()
    assert four.left() == []


def test_a_batch_goes_on_when_nobody_reads_what_it_says(four: Class) -> None:
    read, write = os.pipe()
    os.close(read)
    command = four.command("batch", four.submissions, "--out", four.out, "--units", "90-cell")
    subprocess.run(command, env=four.environment(), stdout=write, stderr=write, check=False)
    os.close(write)
    assert len(classroom.results(four.out)) == 3
    assert json.loads((four.out / "progress.json").read_text())["state"] == "finished"


# --- bad hand-ins


def bad_ones(place: Path) -> dict[str, str]:
    """Hands in what nobody should. Returns what each must be told, by student."""
    (place / "rar.rar").write_bytes(b"Rar!\x1a\x07\x00" + bytes(100))
    (place / "text.zip").write_text("this is no archive")
    packing.zip_of(place / "cut.zip", {f"{CELL}/cell.c": ANSWER.encode() * 100})
    (place / "cut.zip").write_bytes((place / "cut.zip").read_bytes()[:-30])
    packing.zeros(place / "bomb.tar.gz", f"{CELL}/cell.c", 1 << 27)
    with zipfile.ZipFile(place / "many.zip", "w") as archive:
        for number in range(20_001):
            archive.writestr(f"{number}", "")
    packing.zip_of(place / "outside.zip", {f"../{CELL}/cell.c": ANSWER.encode()})
    (place / "empty").mkdir()
    (place / "nothing.zip").write_bytes(b"")
    os.mkfifo(place / "fifo")
    (place / "gone").symlink_to("nowhere")
    (place / "linked" / CELL).mkdir(parents=True)
    (place / "linked" / CELL / "cell.c").symlink_to("/etc/passwd")
    (place / "large" / CELL).mkdir(parents=True)
    (place / "large" / CELL / "cell.c").write_bytes(b"/" * (2 << 20))
    (place / "other" / "lessons" / "04-mutex").mkdir(parents=True)
    (place / "other" / "lessons" / "04-mutex" / "mutex.c").write_text("int x;\n")
    return {
        "rar.rar": "is a RAR archive",
        "text.zip": "is a file, but no archive that can be read",
        "cut.zip": "is not an archive that can be read",
        "bomb.tar.gz": "unpacks to more than 64 MiB",
        "many.zip": "holds more than 10000 files",
        "outside.zip": "points outside the archive",
        "empty": "is empty",
        "nothing.zip": "is empty",
        "fifo": "is neither a file nor a directory",
        "gone": "is a link, and links are not followed",
        "linked": "is a link",
        "large": "is larger than 1 MiB",
        "other": "it holds none of the files that were asked for",
    }


def test_a_bad_hand_in_is_told_why_and_harms_no_other(four: Class) -> None:
    four.batch(out=four.place / "alone")
    expected = bad_ones(four.submissions)
    done = four.batch()
    assert done.returncode == 3, done.stderr
    alone, beside = classroom.whole(four.place / "alone"), classroom.whole(four.out)
    own = [name for name in alone if name.startswith(("items/", "students/", "feedback/"))]
    assert len(own) >= 17
    for name in own:
        assert beside[name] == alone[name], name
    read = ("bomb", "cut", "many", "outside", "linked", "large", "other")
    for name, words in expected.items():
        report = four.out / "students" / f"{name.partition('.')[0]}.json"
        assert report.exists() == (report.stem in read), name
        if report.exists():
            told = report.read_text()
            assert words in told, name
            assert str(four.place) not in told, "the instructor's own path is nobody's business"
            assert json.loads(told)["status"] != "pass" and json.loads(told)["points"] == 0
        else:
            assert f"in/{name}: {words}" in done.stdout
    for name in ("bomb.tar.gz", "cut.zip", "many.zip"):
        assert f": {name} {expected[name]}" in done.stdout
    assert "could not be read: 5\n" in done.stdout and "nobody's: 6\n" in done.stdout


def test_a_reader_that_breaks_costs_only_its_hand_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from happens_before.core import unit as units
    from happens_before.teach import intake
    from happens_before.teach.handins.gather import gather

    made = Class(tmp_path / "class")
    made.hand_in("ann", ANSWER)
    made.hand_in("bob", BROKEN)
    real = intake.open_submission

    def breaks(path: Path, chosen: list[units.Unit]) -> object:
        if path.name == "ann":
            raise RecursionError("too deep")
        return real(path, chosen)

    monkeypatch.setattr(intake, "open_submission", breaks)
    results = Results.create(made.out, [CELL])
    unit = units.load(made.root / CELL)
    ann, bob = intake.take_in(results, gather(made.submissions), [unit])
    assert ann.problem == "ann could not be read: RecursionError: too deep." and not ann.items
    assert bob.items and not bob.problem


# --- odd names, and many


ODD = [
    "CON",
    "a b",
    "x" * 255,
    "new\nline",
    "crying 😢",
    "-rf",
    "$(reboot)",
    "%2E",
    ".hidden",
    "b\udcff",
]


def test_odd_names_are_names(tmp_path: Path) -> None:
    made = Class(tmp_path / "class")
    for student in ODD:
        made.hand_in(student, ANSWER)
    done = made.batch()
    assert done.returncode == 0, done.stderr
    students = json.loads((made.out / "students.json").read_text())["students"]
    names = {Results(made.out).student_file(each["student"]["id"]).name for each in students}
    assert len(students) == len(ODD) - 1, "a hidden folder is nobody's"
    assert set(os.listdir(made.out / "students")) == names and len(names) == len(students)
    for name in names:
        assert json.loads((made.out / "students" / name).read_text())["status"] == "pass"
    assert done.stdout.isascii() or done.stdout.replace("\n", "").isprintable()


@pytest.mark.parametrize("id", ["../../x", "..", ".", "a/b", "", "x" * 300, "/", "nul\0", "😢" * 99])
def test_a_students_file_stays_in_its_folder(tmp_path: Path, id: str) -> None:
    results = Results.create(tmp_path / "out", [CELL])
    file = results.student_file(id)
    results.write_json(str(file.relative_to(results.directory)), str(Student(id)))
    assert file.parent == tmp_path / "out" / "students" and not file.name.startswith(".")
    assert os.listdir(file.parent) == [file.name]


def test_different_students_have_different_files(tmp_path: Path) -> None:
    results = Results.create(tmp_path / "out", [CELL])
    ids = [
        "b\udcfe",
        "",
        "%",
        "%25",
        ".",
        "x" * 120,
        "x" * 121,
        "x" * 122,
        "😢" * 50,
        "😢" * 51,
        *ODD,
    ]
    assert len({results.student_file(id) for id in ids}) == len(ids)


@pytest.mark.long
def test_three_hundred_hand_in(tmp_path: Path) -> None:
    made = Class(tmp_path / "class")
    for number in range(300):
        made.hand_in(f"s{number:03d}", f"{ANSWER}// {number % 100}\n")
    done = made.batch("--jobs", "2")
    assert done.returncode == 0, done.stderr
    assert "100 of 100 items, 100 passed, 0 failed, 0 ungraded\n" in done.stdout
    assert len(done.stdout.splitlines()) <= 24
    assert {status(made.out, f"s{number:03d}") for number in range(300)} == {"pass"}


# --- clocks


def test_a_clock_that_jumps_changes_nothing(four: Class) -> None:
    four.batch(out=four.place / "steady")
    four.cache = four.place / "nothing is known"
    done = four.batch(HB_TEST_CLOCK_JUMPS="1e8")
    assert done.returncode == 0, done.stderr
    assert classroom.whole(four.out) == classroom.whole(four.place / "steady")
    progress = json.loads((four.out / "progress.json").read_text())
    assert 0 < progress["seconds"] < 900 and progress["seconds_left"] == 0
    for line in done.stdout.splitlines():
        assert " items, " not in line or (" h " not in line and "-" not in line)
