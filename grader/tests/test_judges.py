"""Each judge is proved able to fail: a planted fault for each thing that it claims to see."""

from __future__ import annotations

from pathlib import Path

import pytest
from workshop import FAULTS, JUDGES, grade, make_unit, results

from happens_before.core import unit as units
from happens_before.core.report import Status
from happens_before.judges import JUDGES as ALL
from happens_before.judges import tsan, valgrind
from happens_before.judges.running import Heard
from happens_before.core.channel import Record
from happens_before.core.errors import GraderFault

# file, judge, how it must fail
PLANTED = [
    ("missing_release", "tsan", "race"),
    ("missing_release", "helgrind", "race"),
    ("missing_acquire", "tsan", "race"),
    ("missing_acquire", "helgrind", "race"),
    ("late_fence", "helgrind", "race"),
    ("plain_race", "tsan", "race"),
    ("plain_race", "helgrind", "race"),
    ("invalid_read", "memcheck", "invalid-read"),
    ("invalid_read", "tsan", "heap-use-after-free"),
    ("invalid_write", "memcheck", "invalid-write"),
    ("uninitialised", "memcheck", "uninitialised"),
    ("leak", "memcheck", "leak"),
    ("double_free", "memcheck", "invalid-free"),
    ("deadlock", "tests", "deadlock"),
    ("deadlock", "tsan", "deadlock"),
    ("deadlock", "helgrind", "deadlock"),
    ("panics", "tests", "panic"),
    ("crashes", "tests", "crash"),
    ("overflows", "tests", "crash"),
    ("hangs", "tests", "hang"),
    *(
        (f"waits_on_{what}", judge, "endless-loop")
        for what in ("a_variable", "an_atomic")
        for judge in ("tests", "tsan", "helgrind", "memcheck")
    ),
]


@pytest.fixture(scope="module")
def unit(tmp_path_factory: pytest.TempPathFactory) -> units.Unit:
    return make_unit(tmp_path_factory.mktemp("workbook"))


def marked_lines(source: str) -> set[int]:
    return {n for n, line in enumerate(source.splitlines(), 1) if "HERE" in line}


@pytest.mark.parametrize(("name", "judge", "how"), PLANTED, ids=lambda value: str(value))
def test_a_planted_fault_is_found_at_its_line(
    unit: units.Unit, name: str, judge: str, how: str
) -> None:
    source = (FAULTS / f"{name}.c").read_text()
    result = results(grade(unit, source, judge))[judge]
    assert (result.status, result.how) == (Status.FAIL, how), result.happened
    told = {place.line for place in result.places if place.file == "thing.c"}
    lines = marked_lines(source)
    assert not lines or told & lines, f"told of {told}, but the fault is at {lines}"


def test_tsan_tells_the_line_of_an_atomic_access_too(unit: units.Unit) -> None:
    """The turn passes in front of libtsan's operation, which must not take us for its caller."""
    source = (FAULTS / "atomic_and_plain.c").read_text()
    result = results(grade(unit, source, "tsan"))["tsan"]
    assert (result.status, result.how) == (Status.FAIL, "race"), result.happened
    told = {place.line for place in result.places if place.file == "thing.c"}
    assert marked_lines(source) <= told


def test_every_judge_passes_what_is_correct(unit: units.Unit) -> None:
    report = grade(unit, (FAULTS / "clean.c").read_text())
    assert {judge: str(r.status) for judge, r in results(report).items()} == {
        "build": "pass",
        **{judge: "pass" for judge in JUDGES},
    }


@pytest.mark.parametrize("name", ["clean_fence", "clean_sequence"])
def test_helgrind_knows_fences_and_release_sequences(unit: units.Unit, name: str) -> None:
    result = results(grade(unit, (FAULTS / f"{name}.c").read_text(), "helgrind"))["helgrind"]
    assert result.status is Status.PASS, result.happened


def test_tsan_takes_a_correct_fence_for_a_race(unit: units.Unit) -> None:
    """Known and said to readers. Where this fails some day, a unit with fences may use tsan."""
    result = results(grade(unit, (FAULTS / "clean_fence.c").read_text(), "tsan"))["tsan"]
    assert (result.status, result.how) == (Status.FAIL, "race")


def test_the_suppressions_file_is_in_force(
    unit: units.Unit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "suppressions"
    file.write_text("race:thing_one\n")
    file.chmod(0o644)
    monkeypatch.setattr(tsan, "SUPPRESSIONS", file)
    result = results(grade(unit, (FAULTS / "plain_race.c").read_text(), "tsan"))["tsan"]
    assert result.status is Status.PASS, result.happened


def test_a_race_names_both_lines_and_the_variable(unit: units.Unit) -> None:
    source = (FAULTS / "missing_release.c").read_text()
    for judge in ("tsan", "helgrind"):
        result = results(grade(unit, source, judge))[judge]
        assert "`message`" in result.happened
        assert {place.line for place in result.places} >= marked_lines(source)


def test_a_judge_that_breaks_is_ungraded_and_harms_no_other(
    unit: units.Unit, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a bug of the grader")

    tsan = next(judge for judge in ALL if judge.name == "tsan")
    monkeypatch.setattr(type(tsan), "judge", broken)
    report = grade(unit, (FAULTS / "clean.c").read_text())
    found = results(report)
    assert found["tsan"].status is Status.UNGRADED
    assert found["tests"].status is Status.PASS
    assert report.status is Status.UNGRADED


@pytest.mark.parametrize("damage", [b"", b"<valgrindoutput>", b"<valgrindoutput/>", b"\xff"])
def test_a_damaged_report_of_valgrind_is_a_fault_of_ours(damage: bytes) -> None:
    with pytest.raises(GraderFault):
        valgrind.errors_of(Heard(Record("scenario__runs"), files={"report.7.xml": damage}))


def test_a_missing_report_of_valgrind_is_a_fault_of_ours() -> None:
    with pytest.raises(GraderFault):
        valgrind.errors_of(Heard(Record("scenario__runs")))


def test_a_check_that_does_not_exist_is_a_fault_of_ours(tmp_path: Path) -> None:
    unit = make_unit(tmp_path, ("tests",))
    file = unit.directory / "unit.toml"
    file.write_text(file.read_text().replace("scenario__runs", "scenario__walks"))
    report = grade(units.load(unit.directory), (FAULTS / "clean.c").read_text(), "tests")
    assert report.status is Status.UNGRADED
    assert "scenario__walks" in report.judges[0].message
