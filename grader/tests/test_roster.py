"""Rosters as platforms and spreadsheets write them, and as people spoil them."""

from __future__ import annotations

from pathlib import Path

import pytest
from happens_before.core.errors import InputError
from happens_before.teach.handins import names
from happens_before.teach.handins import roster
from happens_before.teach.handins import sheet
from happens_before.teach.handins.roster import Roster

CANVAS = """Student,ID,SIS User ID,SIS Login ID,Section,Homework 1 (99)
    Points Possible,,,,,10
"Lovelace, Ada",4711,s1,ada,Mon,9
"Müller, Jörg",4712,S2,joerg,Tue,
"Student, Test",4799,,,Mon,
"""
GRADESCOPE = "First Name,Last Name,SID,Email,Sections\nAda,Lovelace,s1,ada@x.org,1\n"
MOODLE = (
    "\ufeffIdentifier,Full name,Email address,Status,Grade,Maximum Grade,Last modified (grade)\n"
    "Participant 123,Ada Lovelace,ada@x.org,Submitted,,10,-\n"
)
GITHUB = '"identifier","github_username","github_id","name"\n"s1","ada-l","77","Ada Lovelace"\n'
CLASSROOM50 = "username,first_name,last_name,email,section,github_id\nada-l,Ada,Lovelace,,1,77\n"


def load(folder: Path, text: str | bytes) -> Roster:
    file = folder / "roster.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return roster.load(file)


def test_canvas_gradebook_is_a_roster(tmp_path: Path) -> None:
    loaded = load(tmp_path, CANVAS)
    ada, joerg = loaded.students
    assert (ada.id, ada.login, ada.section, ada.keys) == ("s1", "ada", "Mon", {"canvas": "4711"})
    assert (
        loaded.by("canvas", "4712") == joerg == loaded.by("login", "JOERG") == loaded.by("id", "s2")
    )
    notes = " ".join(loaded.notes)
    assert "'Points Possible'" in notes and "'Student, Test'" in notes and "Homework 1" in notes


@pytest.mark.parametrize(
    ("text", "identifier", "name", "keys"),
    [
        (GRADESCOPE, "s1", "Ada Lovelace", {}),
        (MOODLE, "ada@x.org", "Ada Lovelace", {"moodle": "123"}),
        (GITHUB, "s1", "Ada Lovelace", {"github": "ada-l"}),
        (CLASSROOM50, "ada-l", "Ada Lovelace", {"github": "ada-l"}),
    ],
    ids=["gradescope", "moodle", "github classroom", "classroom 50"],
)
def test_each_platform_s_own_list_is_a_roster(
    tmp_path: Path, text: str, identifier: str, name: str, keys: dict[str, str]
) -> None:
    (student,) = load(tmp_path, text).students
    assert (student.id, student.name, student.keys) == (identifier, name, keys)


def test_a_school_without_ids_in_canvas_is_named_by_logins(tmp_path: Path) -> None:
    text = "Student,ID,SIS User ID,SIS Login ID\nAda,4711,,ada\n"
    assert load(tmp_path, text).students[0].id == "ada"


@pytest.mark.parametrize(
    "header", ["Student ID", " student_id ", "SID", "Matrikel-Nr.", "ID-Number"]
)
def test_headers_count_without_case_and_punctuation(tmp_path: Path, header: str) -> None:
    assert load(tmp_path, f"Name,{header}\nAda,7\n").students[0].id == "7"


@pytest.mark.parametrize(
    "content",
    [
        "id;name\r\n7;Lovelace, Ada\r\n".encode(),
        '\ufeffid,name\n7,"Lovelace, Ada"\n'.encode(),
        "id\tname\n7\tLovelace, Ada\n".encode("utf-16"),
        "sep=;\nid;name\n7;Lovelace, Ada\n".encode(),
        "id;name\n\n;\n7;Lovelace, Ada;;\n".encode(),
    ],
    ids=["semicolons", "byte order mark", "UTF-16", "sep=", "empty rows and cells"],
)
def test_what_spreadsheets_write_is_read(tmp_path: Path, content: bytes) -> None:
    (student,) = load(tmp_path, content).students
    assert (student.id, student.name) == ("7", "Lovelace, Ada")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("id,name\n7,Jörg\n".encode("latin-1"), "not UTF-8 (line 2)"),
        ("id,name\n7,Ada\n".encode("utf-16-le"), "UTF-16 without a mark"),
        (b"PK\x03\x04...", "a workbook, not CSV"),
        (b"", "is empty"),
        (b"id,name\n", "names nobody"),
        (b"name,colour\nAda,red\n", "no column tells who a student is. It has: name, colour"),
        (b"id,sid\n1,2\n", "'id' and 'sid' both mean the student's id"),
        (b"id,name\n7,Lovelace, Ada\n", "line 2 has 3 cells, but the header has 2"),
        (b'id,name\n7,"Ada\n8,Alan\n', "line 3 is not CSV"),
        (b"id,name\n7,Ada\n7,Alan\n8,Alan\n", "lines 2 and 3 have the same id: 7"),
        (b"id,name\nab,Ada\nAB,Alan\n", "lines 2 and 3 have the same id"),
        (b"id,login\n7,a\n8,A\n", "lines 2 and 3 have the same login"),
        (b"id,name\n,Ada\n", "line 2: the id of Ada is missing"),
        (b"id,name\n1.23E+11,Ada\n", "a spreadsheet has rounded the number"),
        (b"id,name\n../../etc,Ada\n", "'../../etc' holds '/'"),
        (b"id,name\n-rf,Ada\n", "begins with '-'"),
        (b"id,name\n" + b"9" * 65 + b",Ada\n", "has 65 characters; 64 is the most"),
        (b"id,name\n7," + b"a" * 300 + b"\n", "the name has 300 characters"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, content: bytes, words: str) -> None:
    with pytest.raises(InputError) as told:
        load(tmp_path, content)
    assert words in str(told.value)


def test_every_mistake_is_told_at_once_but_not_a_thousand(tmp_path: Path) -> None:
    with pytest.raises(InputError) as told:
        load(tmp_path, "id,name\n" + ",Ada\n" * 50)
    assert "line 2:" in str(told.value) and "... and 30 more." in str(told.value)


def test_odd_names_are_kept_without_what_nobody_sees(tmp_path: Path) -> None:
    odd = "id,name\n1,\n2,\u202eAda\u202c \u0007Love\tlace\n3,=HYPERLINK()\n4,🦀 Ferris\n"
    assert [s.name for s in load(tmp_path, odd).students] == [
        "",
        "Ada Love lace",
        "=HYPERLINK()",
        "🦀 Ferris",
    ]


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("Müller, Jörg", "jorgmuller"),
        ("Mu\u0308ller, Jo\u0308rg", "mullerjorg"),
        ("JÖRG MÜLLER", "müllerjörg"),
        ("Søren Kierkegaard", "kierkegaardsoren"),
        ("de la Cruz, María José", "mariajosedelacruz"),
        ("Strauß, O'Neil-Anne", "oneilannestrauss"),
        ("王小明", "王小明"),
    ],
)
def test_a_name_is_known_by_its_letters(name: str, form: str) -> None:
    assert names.letters(form) in names.forms(name)


def test_vowel_signs_tell_names_apart() -> None:
    assert names.letters("मीना") != names.letters("मना")


def test_a_name_without_letters_is_nobody_s(tmp_path: Path) -> None:
    assert not load(tmp_path, "id,name\n1,!!\n2,\n").named("??")


def test_what_is_written_runs_nowhere() -> None:
    assert sheet.write([("=1+1", "@x", "a,b", "1-1")]) == "'=1+1,'@x,\"a,b\",1-1\n"
