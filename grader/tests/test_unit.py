"""unit.toml and hidden.toml: every mistake is told with file, key and what was expected."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import TINY_TOML, write_tiny
from happens_before.core import unit as units
from happens_before.core import workbook
from happens_before.core.errors import InputError

HIDDEN = """
[[judges.build.checks]]
id = "no_warnings"
step = 1
points = 1
promise = "once more"
"""


def mistakes(directory: Path, file: str = "unit.toml") -> str:
    with pytest.raises(InputError) as caught:
        units.load(directory)
    assert caught.value.where.endswith(file)
    return caught.value.what


def test_a_good_unit_is_read_whole(tmp_path: Path) -> None:
    unit = units.load(write_tiny(tmp_path))
    assert (unit.name, unit.path, unit.day) == ("90-cell", "lessons/90-cell", 1)
    assert [check.name for check in unit.checks] == ["build/compiles", "build/no_warnings"]
    assert unit.max_points == 4 and unit.solution == tmp_path / "solutions/lessons/90-cell"


CHANGES = [
    ("day = 1", "day = 9", ("day: 9", "Expected: the day of the course, 1 to 7")),
    ("day = 1", 'day = "1"', ("day: '1' is not of type 'integer'",)),
    ("day = 1", "", ("top level: the key day must be there",)),
    ("day = 1", "day = 1\ncolour = 3", ("colour is not known. Known keys: schema, title",)),
    ("schema = 1", "schema = 2", ("schema: 1 was expected",)),
    ('"cell.c"', '"../cell.c"', ("editable.0", "names like 'mutex.c'")),
    ('headers = ["cell.h"]', 'headers = ["other.h"]', ("headers: other.h is not in 90-cell/",)),
    ('"cell.h"', '"cell.h", "b.h"', ("headers: b.h is not in 90-cell/",)),
    ("step = 2", "step = 3", ("judges.build.checks.1.step: 3, but `steps` names only 2",)),
    ("step = 2", "step = 0", ("judges.build.checks.1.step: 0 is less",)),
    ("points = 3", "points = -1", ("judges.build.checks.0.points: -1 is less", "0 or more")),
    ("points = 3", "points = nan", ("judges.build.checks.0.points: nan",)),
    ("points = 3", "points = inf", ("judges.build.checks.0.points: inf",)),
    ('"no_warnings"', '"compiles"', ("'compiles' is there twice",)),
    (
        "points = 3",
        "points = 3\nbudget = { unroll = 2 }",
        ("checks.0.budget: only the judge explore",),
    ),
    ("points = 3", "points = 3\nbudget = { rounds = 2 }", ("rounds is not known", "executions, ")),
    ("points = 3", "points = 3\nbudget = { executions = 0 }", ("budget.executions: 0 is less",)),
    ("[judges.build]", "[judges.oracle]", ("judges: ", "oracle is not known")),
    ('sees = "whether it compiles"', 'sees = ""', ("judges.build.sees",)),
    ('["keep a number", "give it back"]', "[]", ("steps",)),
]


@pytest.mark.parametrize(("old", "new", "words"), CHANGES, ids=[new for _, new, _ in CHANGES])
def test_a_mistake_is_named(old: str, new: str, words: tuple[str, ...], tmp_path: Path) -> None:
    directory = write_tiny(tmp_path)
    assert old in TINY_TOML
    (directory / "unit.toml").write_text(TINY_TOML.replace(old, new))
    told = mistakes(directory)
    assert all(word in told for word in words), told


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    directory = write_tiny(tmp_path)
    text = TINY_TOML.replace("day = 1", "day = 0").replace("points = 3", "points = -3")
    (directory / "unit.toml").write_text(text)
    assert mistakes(directory).count("\n  ") == 2
    text = TINY_TOML.replace("step = 2", "step = 7").replace('"cell.h"', '"b.h", "c.h"')
    (directory / "unit.toml").write_text(text)
    assert mistakes(directory).count("\n  ") == 3


def test_a_file_that_is_no_toml(tmp_path: Path) -> None:
    directory = write_tiny(tmp_path)
    file = directory / "unit.toml"
    file.write_text("a = [1,\nb")
    assert "is not TOML" in mistakes(directory) and "line 2" in mistakes(directory)
    file.write_bytes(b'title = "caf\xe9"')
    assert "is not UTF-8 (byte 12)" in mistakes(directory)
    file.unlink()
    assert mistakes(directory) == "is not there."
    file.mkdir()
    assert "cannot be read (Is a directory)" in mistakes(directory)


def hidden(root: Path, text: str) -> Path:
    directory = write_tiny(root)
    solution = workbook.solution_of(directory)
    solution.mkdir(parents=True)
    (solution / "hidden.toml").write_text(text)
    return directory


TESTS = TINY_TOML + '\n[judges.tests]\nsees = "behaviour"\n' + HIDDEN.replace("build", "tests")


def test_hidden_checks_join_the_others(tmp_path: Path) -> None:
    text = HIDDEN.replace("build", "tests").replace("no_warnings", "more")
    directory = hidden(tmp_path, text)
    (directory / "unit.toml").write_text(TESTS)
    unit = units.load(directory)
    assert [(c.name, c.hidden) for c in unit.checks][2:] == [
        ("tests/no_warnings", False),
        ("tests/more", True),
    ]


def test_hidden_checks_have_their_mistakes_named(tmp_path: Path) -> None:
    text = HIDDEN.replace("build", "tests")
    directory = hidden(tmp_path, text)
    assert "unit.toml has no such judge" in mistakes(directory, "hidden.toml")
    (directory / "unit.toml").write_text(TESTS)
    assert "'no_warnings' is there twice" in mistakes(directory, "hidden.toml")
    file = workbook.solution_of(directory) / "hidden.toml"
    file.write_text(text.replace("step = 1", "step = 3"))
    assert "step: 3, but `steps` names only 2" in mistakes(directory, "hidden.toml")


def test_units_are_found_by_any_unique_part_of_their_names(tmp_path: Path) -> None:
    one = write_tiny(tmp_path)
    two = tmp_path / "exercises" / "91-cells"
    two.mkdir(parents=True)
    (two / "unit.toml").write_text("")
    assert workbook.unit_directories(tmp_path) == [one, two]
    for name in ("90-cell", "lessons/90-cell", "lessons/90-cell/", "90", "./lessons/90-cell"):
        assert workbook.find_unit(name, tmp_path) == one
    with pytest.raises(InputError, match="fits more than one unit: 90-cell, 91-cells"):
        workbook.find_unit("cell", tmp_path)
    with pytest.raises(InputError, match="no unit 'x'. Units here: 90-cell, 91-cells"):
        workbook.find_unit("x", tmp_path)
