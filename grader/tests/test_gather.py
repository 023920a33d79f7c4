"""Folders of submissions as each platform exports them: whose everything is, and nothing lost."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from packing import GOOD, tar_of, zip_of

from happens_before.core import workbook
from happens_before.core.errors import InputError
from happens_before.teach.handins import listing
from happens_before.teach.handins import roster
from happens_before.teach.handins.gather import gather
from happens_before.teach.handins.people import Gathered, Student
from happens_before.sandbox import Command, Outcome
from happens_before.teach.handins.platforms import commit
from happens_before.teach.handins.roster import Roster

ADA = Student("a1", "Lovelace, Ada", "ada@x.org", "ada", "1", "Engines", {"canvas": "4711"})
JOERG = Student("b2", "Müller, Jörg", login="joerg", group="Engines", keys={"canvas": "4712"})
ALAN = Student("c3", "Turing, Alan", login="alan", keys={"moodle": "33", "github": "a-turing"})
SMITH = Student("d4", "Smith, Jo", login="smith")
JANE = Student("e5", "Smith, Jo", login="jane-smith")
CLASS = Roster((ADA, JOERG, ALAN, SMITH, JANE))


def lay(folder: Path, files: Mapping[str, bytes | str]) -> Path:
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def owners(gathered: Gathered) -> dict[str, list[str]]:
    return {h.student.id: [path.name for path in h.paths] for h in gathered.handins}


def reasons(gathered: Gathered) -> dict[str, str]:
    return {path.name: reason for path, reason in gathered.unmatched}


METADATA = """---
submission_1:
  :submitters:
  - :name: Ada Lovelace
    :sid: A1
    :email: ada@x.org
  - :name: Jorg Muller
    :sid: null
    :email: other@x.org
  :created_at: 2026-10-01 23:58:01.123456789 -07:00
  :score: 3.5
  :status: processed
  :history:
  - :created_at: 2026-10-01 21:00:00.000000000 -07:00
    :score: 1.0
  - :created_at: 2026-09-30 21:00:00.000000000 -07:00
    :score:
submission_2:
  :submitters:
  - :name: Nobody Known
    :sid: '99'
  :created_at: 2026-10-01 10:00:00 Z
submission_4:
  :submitters:
  - :name: Alan Turing
    :sid: c3
"""


@pytest.fixture
def gradescope(tmp_path: Path) -> Path:
    top = tmp_path / "assignment_9_export"
    code = {f"submission_{n}/mutex.c": GOOD for n in (1, 2, 3)}
    return lay(top, {"submission_metadata.yml": METADATA, **code})


def test_gradescope_tells_who_when_and_what_came_before(gradescope: Path) -> None:
    found = gather(gradescope.parent, CLASS)  # the folder around the export will do
    assert found.platform == "Gradescope"
    assert owners(found) == {"a1": ["submission_1"], "b2": ["submission_1"]}
    ada, joerg = found.handins
    zone = timezone(-timedelta(hours=7))
    assert ada.submitted == datetime(2026, 10, 1, 23, 58, 1, 123456, zone)
    assert [(e.submitted.day, e.score) for e in ada.history] == [(30, None), (1, 1.0)]
    assert ada.rule == "Gradescope: sid A1 is in the roster's column 'id'."
    assert "has the name 'Jorg Muller', which one student has" in joerg.rule
    told = reasons(found)
    assert "sid 99 is not in the roster" in told["submission_2"]
    assert "is not in submission_metadata.yml" in told["submission_3"]
    assert "not in the folder" in told["submission_4"]
    assert found.absent == (ALAN, SMITH, JANE)


def test_gradescope_without_a_roster_names_students_itself(gradescope: Path) -> None:
    assert list(owners(gather(gradescope))) == ["99", "A1", "other@x.org"]


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ("submission_1: [", "is not YAML"),
        ("\x01", "is not YAML"),
        ("", "is empty"),
        ("--- \n", "does not list submissions"),
        ("- a\n- b\n", "does not list submissions"),
        ("[" * 100_000, "nested deeper than 64 levels"),
    ],
    ids=["cut off", "binary", "empty", "nothing", "a list", "deep"],
)
def test_damaged_metadata_is_an_error(tmp_path: Path, told: str, words: str) -> None:
    lay(tmp_path, {"submission_metadata.yml": told, "submission_1/a.c": GOOD})
    with pytest.raises(InputError, match=words):
        gather(tmp_path)


ODD = """submission_1:
  :submitters: &who
  - :name: ! 'Ada'
    :sid: 0012
    :created_at: !!python/object/apply:os.mkdir ['MARK']
  :created_at: &when 2026-10-01 10:00:00.5
  :results:
    output: ":submitters: []"
submission_2:
  :submitters: *who
  :created_at: *when
submission_3:
  :submitters: {a: b}
"""


def test_metadata_makes_no_objects_and_loses_no_zeros(tmp_path: Path) -> None:
    told = ODD.replace("MARK", str(tmp_path / "mark"))
    files = {f"submission_{number}/a.c": GOOD for number in (1, 2, 3)}
    lay(tmp_path, {"submission_metadata.yml": told, **files})
    found = gather(tmp_path, Roster((Student("0012"),)))
    assert not (tmp_path / "mark").exists()
    assert set(reasons(found)) == {"submission_1", "submission_2", "submission_3"}
    assert "one of 2 hand-ins of 0012" in reasons(found)["submission_2"]  # at the same time
    assert "has no submitters" in reasons(found)["submission_3"]


def test_canvas_s_names_say_whose_a_file_is(tmp_path: Path) -> None:
    names = (
        "lovelaceada_4711_900_mutex-1.c",
        "lovelaceada_4711_901_event.c",
        "müllerjörg_LATE_4712_902_mutex.c",
        "turingalan_4713_903_mutex.c",
        "smithjo_4999_904_12_3_x.c",
        "turingalan_4713_text.html",
        "LATE_anon_x1Yz2_905_mutex.c",
        "notes.txt",
    )
    found = gather(lay(tmp_path, {name: GOOD for name in names}), CLASS)
    assert found.platform == "Canvas"
    assert owners(found) == {"a1": list(names[:2]), "b2": [names[2]], "c3": [names[3]]}
    ada, joerg, alan = found.handins
    assert ada.names == ("mutex.c", "event.c") and not ada.late_mark
    assert joerg.late_mark and joerg.submitted is None
    assert alan.rule == ("Canvas: user 4713 has the name 'turingalan', which one student has.")
    told = reasons(found)
    assert "fits 2 students: Smith, Jo (d4), Smith, Jo (e5)" in told[names[4]]
    assert "a text that was typed into Canvas" in told[names[5]]
    assert "user anon_x1Yz2 is not in the roster" in told[names[6]]
    assert "not named as Canvas names" in told[names[7]]


@pytest.mark.parametrize(
    ("name", "user", "late", "called"),
    [
        ("7_4711_900_12_3_x.c", "7_4711", False, "12_3_x.c"),
        ("_4711_900_x-1.tar.gz", "4711", False, "x.tar.gz"),
        ("ada_LATE_4711_900_LATE_4.c", "ada_4711", True, "LATE_4.c"),
        ("late_4711_900_x-y-2.c", "late_4711", False, "x-y.c"),
        ("ada_4711_900_LATE_4.c", "ada_4711", False, "LATE_4.c"),
        ("anon_x1Yz2_900_12_x.c", "anon_x1Yz2", False, "12_x.c"),
        ("LATE_anon_x1Yz2_900_x.c", "anon_x1Yz2", True, "x.c"),
        ("김철수_4711_900_x.c", "김철수_4711", False, "x.c"),
    ],
)
def test_canvas_s_names_are_taken_apart(
    tmp_path: Path, name: str, user: str, late: bool, called: str
) -> None:
    (handin,) = gather(lay(tmp_path, {name: GOOD})).handins
    assert (handin.student.id, handin.late_mark, handin.names) == (user, late, (called,))


def test_canvas_gives_a_team_s_files_to_each_of_it(tmp_path: Path) -> None:
    found = gather(lay(tmp_path, {"engines_4711_900_mutex.c": GOOD}), CLASS)
    assert owners(found) == dict.fromkeys(("a1", "b2"), ["engines_4711_900_mutex.c"])
    assert "the team 'engines', 2 in the roster's column 'group'" in found.handins[0].rule


def test_a_name_does_not_count_against_the_platform_s_own_id(tmp_path: Path) -> None:
    found = gather(lay(tmp_path, {"lovelaceada_9_900_mutex.c": GOOD}), CLASS)
    assert not found.handins
    assert "is that of Lovelace, Ada (a1), who has another number there" in found.unmatched[0][1]


def test_a_name_that_is_not_the_id_s_is_told(tmp_path: Path) -> None:
    found = gather(lay(tmp_path, {"gamma_4711_900_mutex.c": GOOD}), CLASS)
    assert "though the name there is 'gamma'" in found.handins[0].rule


def test_canvas_archives_come_before_what_lies_beside_them(tmp_path: Path) -> None:
    zip_of(tmp_path / "a_1_10_work.zip", {"mutex.c": GOOD})
    lay(tmp_path, {"a_1_11_readme.txt": "hello"})
    zip_of(tmp_path / "b_2_12_one.zip", {"mutex.c": GOOD})
    zip_of(tmp_path / "b_2_13_two.zip", {"mutex.c": GOOD})
    zip_of(tmp_path / "c_3_14_all.zip", {"mutex.c": GOOD})
    lay(tmp_path, {"c_3_15_mutex.c": GOOD, "c_3_16_mutex-1.c": GOOD})
    found = gather(tmp_path)
    assert owners(found)["a_1"] == ["a_1_10_work.zip"]
    assert "2 archives" in reasons(found)["b_2_12_one.zip"]
    assert found.handins[1].names == ("all.zip", "mutex.c")
    assert found.handins[1].paths[1].name == "c_3_16_mutex-1.c"
    notes = " ".join(found.notes)
    assert "readme.txt" in notes and "which is not looked into: c_3_14_all.zip" in notes
    assert "mutex.c was handed in 2 times; mutex-1.c, which was uploaded last, counts" in notes


@pytest.mark.parametrize("after", ["_/", "/", "_"], ids=["before 4.1", "4.1", "no folders"])
def test_moodle_s_names_say_whose_it_is(tmp_path: Path, after: str) -> None:
    people = ("A M Turing_33", "Ada Lovelace_34", "Jo Smith_35")
    files = {f"{who}_assignsubmission_file{after}mutex.c": GOOD for who in people}
    files[f"A M Turing_33_assignsubmission_onlinetext{after}onlinetext.html"] = b"hello"
    found = gather(lay(tmp_path, files), CLASS)
    assert found.platform == "Moodle"
    assert [(h.student.id, h.rule) for h in found.handins] == [
        ("a1", "Moodle: participant 34 has the name 'Ada Lovelace', which one student has."),
        (
            "c3",
            "Moodle: participant 33 is in the roster's column 'moodle', "
            "though the name there is 'A M Turing'.",
        ),
    ]
    assert "mutex.c" in found.handins[0].names[0] or after != "_"
    assert sorted(reason.split()[0] for _, reason in found.unmatched) == ["Moodle:", "was"]


def test_moodle_s_team_is_each_of_it_though_its_number_is_a_participant_s(tmp_path: Path) -> None:
    lay(tmp_path, {"Engines_7_assignsubmission_file/mutex.c": GOOD})
    assert list(owners(gather(tmp_path, CLASS))) == ["a1", "b2"]
    lay(tmp_path / "x", {"Engines_33_assignsubmission_file/mutex.c": GOOD})
    (reason,) = reasons(gather(tmp_path / "x", CLASS)).values()
    assert "for Turing, Alan (c3), who is not in the team 'Engines'" in reason


TIMES = """id,name,moodle,Last modified (submission)
a1,A,1,"Thursday, 1 October 2026, 11:59 PM"
b2,B,2,"Thursday, October 1, 2026, 9:00 AM"
c3,C,3,2026-10-01T23:59:30-07:00
d4,D,4,yesterday
e5,E,5,-
"""


def test_times_that_only_the_roster_knows_are_the_course_s(tmp_path: Path) -> None:
    work = {f"X_{number}_assignsubmission_file/mutex.c": GOOD for number in range(1, 6)}
    lay(tmp_path, {"roster.csv": TIMES, **{f"in/{name}": code for name, code in work.items()}})
    loaded = roster.load(tmp_path / "roster.csv")
    here = gather(tmp_path / "in", loaded, zone=ZoneInfo("Europe/Berlin"))
    times = [
        handin.submitted and handin.submitted.astimezone(timezone.utc) for handin in here.handins
    ]
    assert [time and (time.day, time.hour, time.minute) for time in times] == [
        (1, 21, 59),
        (1, 7, 0),
        (2, 6, 59),
        None,
        None,
    ]
    assert "Times from the roster's column 'Last modified (submission)': 3." == here.notes[0]
    assert "not known: 1, such as 'yesterday'" in here.notes[1]
    told = "submission_1:\n  :created_at: 2026-10-01 10:00:00 Z\n  :submitters: [{':sid': a1}]\n"
    lay(tmp_path / "own", {"submission_metadata.yml": told, "submission_1/mutex.c": GOOD})
    own = gather(tmp_path / "own", loaded, zone=timezone.utc).handins[0]
    assert own.submitted == datetime(2026, 10, 1, 10, tzinfo=timezone.utc)  # the platform's counts
    nowhere = gather(tmp_path / "in", loaded)
    assert [handin.submitted is None for handin in nowhere.handins] == [
        True,
        True,
        False,
        True,
        True,
    ]
    assert "without a zone, which count as not known: 2." in nowhere.notes[2]


def test_moodle_s_folder_with_an_archive_is_the_archive(tmp_path: Path) -> None:
    folder = tmp_path / "Alan Turing_33_assignsubmission_file"
    folder.mkdir()
    tar_of(folder / "work.tar.gz", {"mutex.c": GOOD})
    assert owners(gather(tmp_path, CLASS)) == {"c3": ["work.tar.gz"]}


def test_plain_folders_and_archives_are_named_after_students(tmp_path: Path) -> None:
    lay(tmp_path, {"ADA/mutex.c": GOOD, "Jörg Müller/lessons/x.c": GOOD, "a-turing/x.c": GOOD})
    zip_of(tmp_path / "jane-smith.zip", {"mutex.c": GOOD})
    lay(tmp_path, {"Smith.c": GOOD, "x.rar": b"Rar!\x1a\x07", ".DS_Store": b"x"})
    found = gather(tmp_path, CLASS)
    assert set(owners(found)) == {"a1", "b2", "c3", "e5"} and found.absent == (SMITH,)
    assert found.handins[0].rule == "Files: 'ADA' is in the roster's column 'login'."
    assert "no archive that can be read" in reasons(found)["Smith.c"]
    assert "a RAR archive" in reasons(found)["x.rar"]
    assert "Passed over: .DS_Store." in found.notes


def test_without_a_roster_a_student_is_called_as_the_file(tmp_path: Path) -> None:
    names = ("hw1-ada", "-rf..", "-", "odd:\nname", os.fsdecode(b"\xff\xfe"), "é" * 100)
    found = gather(lay(tmp_path / "in", {f"{name}/x.c": GOOD for name in names}))
    assert len(found.handins) == len(names) - 2 and "hw1-ada" in owners(found)
    for handin in found.handins:
        (tmp_path / "out" / handin.student.id).mkdir(parents=True)  # each is a good name
        assert (tmp_path / "out" / handin.student.id).parent == tmp_path / "out"
    assert all("is no name that results could have" in reason for _, reason in found.unmatched)


def test_two_handins_of_one_are_both_told_when_no_time_is_known(tmp_path: Path) -> None:
    lay(tmp_path, {"ada/mutex.c": GOOD})
    zip_of(tmp_path / "a1.zip", {"mutex.c": GOOD})
    found = gather(tmp_path, CLASS)
    assert not found.handins and set(reasons(found)) == {"ada", "a1.zip"}
    assert ADA not in found.absent
    assert "one of 2 hand-ins of Lovelace, Ada (a1)" in found.unmatched[0][1]


def test_of_two_handins_the_newest_counts_and_the_other_is_told(gradescope: Path) -> None:
    lay(gradescope, {"submission_5/mutex.c": GOOD})
    with (gradescope / "submission_metadata.yml").open("a") as file:
        file.write(
            "submission_5:\n  :submitters:\n  - :sid: a1\n  :created_at: 2026-10-03 00:00:00 Z\n"
        )
    found = gather(gradescope, CLASS)
    assert owners(found) == {"a1": ["submission_5"], "b2": ["submission_1"]}
    assert "the newest counts, and not submission_1" in " ".join(found.notes)
    assert found.handins[0].history[-1].submitted.day == 1


def test_clues_that_contradict_each_other_are_nobody_s(tmp_path: Path) -> None:
    told = "submission_1:\n  :submitters:\n  - :sid: b2\n    :email: ada@x.org\n"
    lay(tmp_path, {"submission_metadata.yml": told, "submission_1/x.c": GOOD})
    (reason,) = reasons(gather(tmp_path, CLASS)).values()
    assert "id 'b2' is Müller, Jörg (b2)" in reason and "email 'ada@x.org' is Lovelace" in reason


def test_what_cannot_be_a_submission_is_told(tmp_path: Path) -> None:
    lay(
        tmp_path,
        {"ada/x.c": GOOD, "nothing.zip": b"", "work/a.zip": b"PK\3\4", "work/b.zip": b"PK\3\4"},
    )
    (tmp_path / "empty").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "ada")
    (tmp_path / "lost").symlink_to("/nowhere")
    os.mkfifo(tmp_path / "pipe")
    told = reasons(gather(tmp_path))
    assert told["empty"] == "is empty." == told["nothing.zip"]
    assert "is a link" in told["link"] and "is a link" in told["lost"]
    assert "neither a file nor a directory" in told["pipe"]
    assert "2 archives" in told["work"]


def open_to_all(folder: Path, mode: int) -> None:
    """Let every user of the machine into a test's folder."""
    for place in (folder, *folder.parents):
        if "pytest" in str(place):
            place.chmod(mode if place == folder else 0o755)


def test_an_unreadable_entry_harms_no_other(tmp_path: Path) -> None:
    lay(tmp_path, {"ada/x.c": GOOD, "shut/x.c": GOOD, "shut.zip": b"PK\3\4"})
    for name in ("shut", "shut.zip"):
        (tmp_path / name).chmod(0)
    grade = workbook.ROOT / "grader" / "grade"
    command = [sys.executable, str(grade), "teach", "map", str(tmp_path)]
    if os.geteuid() == 0:  # root can read everything
        open_to_all(tmp_path, 0o755)
        command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *command]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert done.stdout.count("cannot be read (Permission denied)") == 2
    assert "ada (ada)  time not known" in done.stdout


def test_ten_thousand_entries_are_sorted_out(tmp_path: Path) -> None:
    for number in range(10_000):
        (tmp_path / f"s{number}.zip").write_bytes(b"PK\x05\x06")
    people = tuple(Student(f"s{number}", f"Student {number}") for number in range(9_999))
    found = gather(tmp_path, Roster(people))
    assert (len(found.handins), len(found.unmatched)) == (9_999, 1)


def test_too_much_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "MAX_ENTRIES", 2)
    with pytest.raises(InputError, match="more than 2 entries"):
        gather(lay(tmp_path, {f"{n}/x.c": GOOD for n in range(3)}))


def test_what_is_no_folder_of_submissions_is_an_error(tmp_path: Path) -> None:
    file = zip_of(tmp_path / "submissions.zip", {"x.c": GOOD})
    for place, words in (
        (file, "Unpack the export"),
        (tmp_path / "no", "there is no such folder"),
        (lay(tmp_path / "e", {".git": b""}), "is empty"),
    ):
        with pytest.raises(InputError, match=words):
            gather(place)
    with pytest.raises(InputError, match="not as Canvas exports"):
        gather(tmp_path, None, "canvas")


def clone(
    place: Path, time: str = "2026-10-01T23:58:00+02:00", content: bytes | str = GOOD
) -> Path:
    """A repository with one commit at this time, or one more."""
    lay(place, {"mutex.c": content})
    who = {
        f"GIT_{role}_{what}": "x" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    environment = {"PATH": "/usr/bin", "GIT_AUTHOR_DATE": "2020-01-01T00:00:00Z", **who}
    for words in (("init", "-q"), ("add", "."), ("commit", "-qm", "x"), ("gc", "-q")):
        subprocess.run(
            ["git", "-C", str(place), *words],
            check=True,
            env={**environment, "GIT_COMMITTER_DATE": time},
        )
    return place


def test_a_clone_tells_of_its_earlier_commits_and_of_what_is_not_committed(tmp_path: Path) -> None:
    place = tmp_path / "work" / "hw1-ada"
    for day, content in (("01", GOOD), ("05", GOOD + b"/* 2 */\n"), ("03", GOOD + b"/* 3 */\n")):
        place.mkdir(parents=True, exist_ok=True)
        (place / "mutex.c").write_bytes(content)
        clone(place, f"2026-10-{day}T10:00:00+00:00", GOOD if day == "01" else content)
    [handin] = gather(tmp_path / "work", CLASS).handins
    # The second commit says that it was made after the third: whoever set that clock, it is not earlier.
    assert [earlier.submitted.day for earlier in handin.history] == [1]
    assert handin.submitted and handin.submitted.day == 3
    (place / "mutex.c").write_bytes(GOOD + b"/* not committed */\n")
    notes = gather(tmp_path / "work", CLASS).notes
    assert any("hw1-ada: it holds changes that are not committed" in note for note in notes)


def test_a_large_clone_whose_changes_take_too_long_to_see_keeps_its_time() -> None:
    class Slow:
        """A sandbox that stops git in the middle of its status, or before."""

        def __init__(self, said: bytes) -> None:
            self.said = said

        def run(self, command: Command) -> Outcome:
            return Outcome(137, 9, "cpu", self.said, b"", False, False, 10.0, 10.0, 1.0)

    log = b"".join(b"%040d 2026-10-0%dT10:00:00+00:00\n" % (day, day) for day in (3, 1))
    seen = commit.read(Path("/"), Slow(log + b"changed:\n"))  # type: ignore[arg-type]
    assert seen.time and seen.time.day == 3 and [time.day for time in seen.earlier] == [1]
    cut = commit.read(Path("/"), Slow(log))  # type: ignore[arg-type]
    assert cut.time is None and "git was stopped (cpu)" in cut.problem


def test_clones_are_named_by_assignment_and_login(tmp_path: Path) -> None:
    for name in ("cs-hw1-ADA", "cs-hw1-a-turing", "cs-hw1-jane-smith", "cs-hw1-nobody"):
        clone(tmp_path / name)
    lay(tmp_path, {"readme.txt": "hello"})
    found = gather(tmp_path, CLASS)
    assert owners(found) == {
        "a1": ["cs-hw1-ADA"],
        "c3": ["cs-hw1-a-turing"],
        "e5": ["cs-hw1-jane-smith"],  # and not smith's: the others' names all begin with cs-hw1-
    }
    assert found.handins[0].submitted == datetime(2026, 10, 1, 21, 58, tzinfo=timezone.utc)
    head = ["git", "-C", str(tmp_path / "cs-hw1-ADA"), "rev-parse", "HEAD"]
    assert found.handins[0].commit == subprocess.check_output(head, text=True).strip()
    assert "'a-turing' at the end of 'cs-hw1-a-turing'" in found.handins[1].rule
    assert "is not in the roster" in reasons(found)["cs-hw1-nobody"]
    assert "no .git" in reasons(found)["readme.txt"]
    assert "which its author can set" in " ".join(found.notes)


def test_a_clone_that_may_be_two_students_is_nobody_s(tmp_path: Path) -> None:
    clone(tmp_path / "hw1-jane-smith")
    (reason,) = reasons(gather(tmp_path, CLASS)).values()
    assert "fits more than one student" in reason and "(d4)" in reason and "(e5)" in reason


def test_a_team_s_clone_is_each_one_s(tmp_path: Path) -> None:
    clone(tmp_path / "hw1-engines")
    assert list(owners(gather(tmp_path, CLASS))) == ["a1", "b2"]


FETCHES = """[core]
	repositoryformatversion = 1
[extensions]
	partialClone = origin
[remote "origin"]
	promisor = true
	url = ext::touch {mark}
[protocol "ext"]
	allow = always
"""


def test_a_repository_s_configuration_runs_nothing_here(tmp_path: Path) -> None:
    """A commit that is not there makes git fetch it, by whatever program the repository names."""
    mark, place = tmp_path / "mark", clone(tmp_path / "work" / "hw1-ada")
    open_to_all(tmp_path, 0o777)
    for pack in (place / ".git" / "objects" / "pack").iterdir():
        pack.unlink()
    (place / ".git" / "config").write_text(FETCHES.format(mark=mark))
    script = commit.SCRIPT.replace(commit.INSIDE, str(place))
    subprocess.run(["/bin/sh", "-c", script], capture_output=True, check=False)
    assert mark.exists(), "outside the sandbox the trap must spring, or this proves nothing"
    mark.unlink()
    found = gather(tmp_path / "work", CLASS)
    assert not mark.exists()
    assert found.handins[0].student == ADA and found.handins[0].submitted is None
    assert "hw1-ada: the time of its commit is not known: git says" in found.notes[0]


def test_a_signature_s_program_is_not_asked(tmp_path: Path) -> None:
    place = clone(tmp_path / "work" / "hw1-ada")
    git = ["git", "-C", str(place)]
    plain = subprocess.check_output([*git, "cat-file", "commit", "HEAD"], text=True)
    signature = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----\n\n"
    subprocess.run(
        [*git, "update-ref", "HEAD", hashed(git, plain.replace("\n\n", "\n" + signature, 1))],
        check=True,
    )
    with (place / ".git" / "config").open("a") as file:
        file.write("[log]\n\tshowSignature = true\n[gpg]\n\tprogram = /usr/bin/id\n")
    found = gather(tmp_path / "work", CLASS)
    assert found.handins[0].submitted == datetime(2026, 10, 1, 21, 58, tzinfo=timezone.utc)


def hashed(git: list[str], content: str) -> str:
    """Write a commit object; its name."""
    command = [*git, "hash-object", "-t", "commit", "-w", "--stdin"]
    return subprocess.check_output(command, input=content, text=True).strip()


def test_a_repository_cannot_show_what_lies_elsewhere(tmp_path: Path) -> None:
    other = clone(tmp_path / "other")
    for name, content in (
        ("gitdir", f"gitdir: {other}/.git\n"),
        ("head", None),
        ("broken", "ref: x\n"),
    ):
        place = tmp_path / "work" / name
        lay(place, {"mutex.c": GOOD})
        if content is None:
            (place / ".git").symlink_to(other / ".git")
        else:
            (place / ".git").write_text(content)
    told = commit.read_all([tmp_path / "work" / n for n in ("gitdir", "head", "broken")])
    assert [each.time for each in told] == [None] * 3
    assert all("the time of its commit is not known: git says" in each.problem for each in told)


def test_the_command_tells_all_in_80_columns_and_as_csv(gradescope: Path, tmp_path: Path) -> None:
    people = (
        lay(tmp_path, {"roster.csv": "id,name,email\na1,=Ada,ada@x.org\nz9,Zoë,\n"}) / "roster.csv"
    )
    table = tmp_path / "map.csv"
    command = [sys.executable, str(workbook.ROOT / "grader" / "grade"), "teach", "map"]
    command += [str(gradescope), "--roster", str(people), "--csv", str(table)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert max(map(len, done.stdout.splitlines())) <= 80 and "\x1b" not in done.stdout
    assert "=Ada (a1)  2026-10-01 23:58:01 -0700" in done.stdout
    assert "handed in nothing: 1\n    Zoë (z9)" in done.stdout
    rows = table.read_text().splitlines()
    assert rows[1].startswith("a1,'=Ada,ada@x.org,2026-10-01T23:58:01.123456-07:00,,submission_1,")
    assert len(rows) == 1 + 1 + 4 + 1


def test_the_command_exits_with_0_when_all_is_matched(tmp_path: Path) -> None:
    command = [sys.executable, str(workbook.ROOT / "grader" / "grade"), "teach", "map"]
    lay(tmp_path, {"ada/x.c": GOOD})
    assert (
        subprocess.run([*command, str(tmp_path)], capture_output=True, check=False).returncode == 0
    )
    done = subprocess.run([*command, "/nowhere"], capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "error: /nowhere: there is no such folder." in done.stderr
