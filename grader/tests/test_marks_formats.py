"""The class's marks as Canvas, spreadsheets and programs read them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence

import jsonschema
import pytest
from happens_before.core import workbook
from happens_before.core.errors import InputError
from happens_before.teach.formats import canvas, table
from happens_before.teach.formats.csv_text import rows_of, text_of
from happens_before.teach.marks import StudentMark, UnitMark
from happens_before.teach.handins.people import Student

# As instructure/canvas-lms writes it (lib/gradebook_exporter.rb): a row for posting policies, the
# points' row with four blanks before its words, totals that are read-only, the test student last.
EXPORT = """\ufeffStudent,ID,SIS User ID,SIS Login ID,Section,Notes,Mutex (4711),Queue (4712),Mutex (4713),Current Score
,,,,,,Manual Posting,,,
    Points Possible,,,,,,100.00,100.00,10.00,(read only)
"Lovelace, Ada",101,s-ada,ada,"Group ""A"", Monday",,,12.5,,12.5
"=HYPERLINK(""http://x"",""y"")",102,s-bob,@bob,B,-3,55,,,
"Hopper, Grace",103,s-grace,grace@example.org,B,"a
b",EX,,,
"Turing, Alan",104,s-alan,alan,B,,N/A,,,
"Zuse, Konrad",105,s-konrad,konrad,B,,33,,,
"Student, Test",999,,abcdef,B,,,,,
""".replace(
    "\n", "\r\n"
).encode()


def mark(id: str, final: float | None, most: float = 100, **who: object) -> StudentMark:
    student = Student(id, **who)  # type: ignore[arg-type]
    unit = UnitMark(
        "lessons/04-mutex", final or 0, most, 0 if final is not None else 2, 1, final, "", most
    )
    return StudentMark(student, (unit,), final, most, "")


MARKS = [
    mark("a1", 91.5, keys={"canvas": "101"}),
    mark("s-bob", 100.0),
    mark("g1", 80.0, email="Grace@Example.org"),
    mark("alan", 70.0),
    mark("k1", None, login="konrad"),
    mark("x1", 12.0, name="Nobody"),
]


def cells(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_canvas_one_column_is_filled_and_all_else_stays_byte_for_byte() -> None:
    filled = canvas.fill(EXPORT, "4711", MARKS)
    assert filled.filled == 2
    expected = EXPORT.replace(b'Monday",,,12.5', b'Monday",,91.5,12.5')
    expected = expected.replace(b"-3,55,,", b"-3,100,,")
    expected = expected.replace(b'"=HYPERLINK', b"\"'=HYPERLINK").replace(b",@bob,", b",'@bob,")
    assert filled.content == expected


def test_canvas_rows_and_marks_that_do_not_meet_are_named() -> None:
    notes = "\n".join(canvas.fill(EXPORT, "4711", MARKS[1:]).notes)
    assert "no mark for Lovelace, Ada (ID 101)" in notes and "Student, Test" not in notes
    assert "Nobody (x1) has marks and no row" in notes
    assert "k1 has no mark yet; the cell stays as it was" in notes
    assert "g1 is 'EX' in Canvas" in notes and "alan is 'N/A' in Canvas" in notes


def test_canvas_an_ungraded_cell_keeps_what_it_held() -> None:
    rows = cells(canvas.fill(EXPORT, "4711", MARKS).content)
    assert [row[6] for row in rows[3:]] == ["91.5", "100", "EX", "N/A", "33", ""]


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ("Mutex", "2 columns 'Mutex'.*4711.*4713"),
        ("Barrier", "no column 'Barrier'"),
        ("Current Score", "no column 'Current Score'"),
        ("Section", "no column 'Section'"),
        ("4713", "worth 10 points, and the marks 100.*--scale"),
    ],
)
def test_canvas_no_column_is_guessed(column: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        canvas.fill(EXPORT, column, MARKS)


def test_canvas_marks_fit_the_columns_points_when_asked() -> None:
    rows = cells(canvas.fill(EXPORT, "4713", MARKS, scale=True).content)
    assert rows[3][8] == "9.15" and rows[5][8] == "8"
    assert cells(canvas.fill(EXPORT, "Queue", MARKS, "04-mutex").content)[3][7] == "91.5"


def test_canvas_who_is_excused_from_a_part_is_not_given_a_lower_share() -> None:
    marks = [mark("s-bob", 80.0), mark("a1", 30.0, 50, keys={"canvas": "101"})]
    filled = canvas.fill(EXPORT, "4711", marks)
    assert cells(filled.content)[3][6] == "" and cells(filled.content)[4][6] == "80"
    told = "a1 is excused from a part, and has 30 of 50 points; the cell stays as it was."
    assert f"{told} With --scale it gets 60." in filled.notes
    assert cells(canvas.fill(EXPORT, "4711", marks, scale=True).content)[3][6] == "60"


def test_canvas_a_row_is_never_one_of_two_students() -> None:
    twins: Sequence[StudentMark] = [mark("s-ada", 1), mark("x", 2, login="ADA")]
    with pytest.raises(InputError, match="Lovelace, Ada .ID 101. fits s-ada and x"):
        canvas.fill(EXPORT, "4711", twins)
    with pytest.raises(InputError, match="rows of .* fit s-bob"):
        canvas.fill(EXPORT, "4711", [mark("s-bob", 1, login="ada")])


@pytest.mark.parametrize(
    "export",
    [b"", b"Name,Grade\r\nx,1\r\n", b"\xff\xfeS", EXPORT + b'"open', EXPORT + b"too,short\r\n"],
)
def test_canvas_other_files_are_told_apart(export: bytes) -> None:
    with pytest.raises(InputError, match="gradebook.*Export"):
        canvas.fill(export, "4711", MARKS)


@pytest.mark.parametrize(
    "header", ["Student;ID;GitHub;Section", "Student;ID;Section;GitHub", "Student;Mutex (4711)"]
)
def test_canvas_a_roster_is_told_from_a_gradebook(header: str) -> None:
    told = "no gradebook of Canvas's, which has the columns Student, ID and Section, .*Export"
    with pytest.raises(InputError, match=told):
        canvas.fill(f"{header}\nAda;101;ada;A\n".encode(), "4711", MARKS)


def test_canvas_semicolons_and_bare_line_ends_are_kept() -> None:
    export = b"Student;ID;Section;Lab (1)\n    Points Possible;;;100,00\nA, B;101;;1,5\n"
    content = canvas.fill(export, "Lab", MARKS).content
    assert content == export.replace(b"1,5", b"91,5")


@pytest.mark.parametrize(
    ("possible", "other", "filled"),
    [
        ("100,00", "7.5", "91,5"),
        ("100.00", "7,5", "91.5"),
        ("100", "7,50", "91,5"),
        ("100", "1.007,5", "91,5"),
        ("100", "1,000", "91.5"),
        ("100", "(read only)", "91.5"),
    ],
)
def test_canvas_decimals_are_written_as_the_gradebook_writes_them(
    possible: str, other: str, filled: str
) -> None:
    export = f"Student;ID;Section;Lab (1);Quiz (2)\n Points Possible;;2.1;{possible};{other}\n"
    content = canvas.fill(f"{export}A, B;101;;;\n".encode(), "Lab", MARKS).content
    assert content.decode() == f"{export}A, B;101;;{filled};\n"


def test_canvas_a_decimal_comma_gets_quotes_where_commas_separate() -> None:
    export = b'Student,ID,Section,Lab (1)\n Points Possible,,,"100,00"\nA,101,,\n'
    filled = canvas.fill(export, "Lab", MARKS)
    assert filled.content == export.replace(b"A,101,,", b'A,101,,"91,5"')


def test_csv_comes_back_byte_for_byte() -> None:
    for text in (EXPORT.decode(), 'a,"b ""c"" \r\n",\r\n', "a", ",\n,\n", '"";""\n'):
        assert text_of(rows_of(text)) == text
    assert [cell.text for cell in rows_of('a,"b ""c""",""')[0]] == ["a", 'b "c"', ""]


def test_csv_runs_no_formula_and_leaves_no_mark_empty() -> None:
    evil = mark("=1+1", 10.25, name='=cmd|"/c calc"!A1', email="-5", login="@x", section="\tx")
    rows = list(csv.reader(io.StringIO(table.to_csv([evil, mark("b", None)]), newline="")))
    assert rows[1][:5] == ["'=1+1", '\'=cmd|"/c calc"!A1', "-5", "'@x", "'\tx"]
    assert rows[0][5] == "lessons/04-mutex" and rows[1][5] == "10.25"
    assert rows[2][5] == "" == rows[2][6] and rows[2][8] == "2"


def test_json_keeps_its_schema() -> None:
    data = json.loads(table.to_json(MARKS))
    schema = json.loads((workbook.SCHEMA / "marks.schema.json").read_text())
    jsonschema.Draft7Validator(schema).validate(data)
    assert data["students"][0]["keys"] == {"canvas": "101"}
    assert data["students"][4]["final"] is None
