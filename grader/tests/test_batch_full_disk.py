"""A disk that fills up while a class is graded: a clear message, and nothing lost.

The disks are real: small file systems in memory, filled by a file that is removed "to make room".
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import classroom
import pytest
from classroom import ANSWER, BROKEN, Class
from happens_before.core.cache import Cache
from happens_before.core.errors import GraderFault
from happens_before.core.pipeline import Grader, Selection
from happens_before.core.report import unit_to_json, without_run
from happens_before.core.submission import UnitFiles
from happens_before.core.unit import Unit

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount")
PAGE = 4096
STUDENTS = {"ann": ANSWER, "bob": ANSWER + "// b\n", "cid": BROKEN, "dan": ANSWER + "// d\n"}


@pytest.fixture
def four(tmp_path: Path) -> Class:
    made = Class(tmp_path / "class")
    for student, source in STUDENTS.items():
        made.hand_in(student, source)
    made.batch(out=made.place / "uninterrupted")
    return made


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 MiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    with classroom.mounted(disk, "--types", "tmpfs", "-o", "size=64m"):
        yield disk


def fill(disk: Path, room: int) -> Path:
    """Leave so many bytes. Returns the file that takes the rest."""
    state = os.statvfs(disk)
    filler = disk / "filler"
    with filler.open("wb") as stream:
        os.posix_fallocate(stream.fileno(), 0, state.f_bavail * state.f_frsize - room)
    return filler


def check_full_results(four: Class, small: Path, pages: int) -> int:
    """The results' disk is full after so many pages. Returns how many results it took."""
    out = small / "out"
    out.mkdir()
    filler = fill(small, pages * PAGE)
    done = four.batch(out=out)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "No space left on device" in done.stderr and str(out) in done.stderr
    assert done.stderr.startswith("error: ") and len(done.stderr.splitlines()) == 1
    before = classroom.results(out)
    if 0 < len(before) < len(STUDENTS):  # in the middle
        assert "What is finished stays. Make room" in done.stderr
    filler.unlink()
    done = four.batch(out=out)
    assert done.returncode == 0, done.stderr
    after = classroom.results(out)
    assert {name: after[name] for name in before} == before
    assert classroom.whole(out) == classroom.whole(four.place / "uninterrupted")
    return len(before)


def test_a_full_results_disk_stops_the_batch_and_loses_nothing(four: Class, small: Path) -> None:
    assert check_full_results(four, small, 18) >= 1


@pytest.mark.long
@pytest.mark.parametrize("pages", [1, 2, 5, 8, 11, 13, 15, 16, 17, 19, 20, 21, 22])
def test_it_may_fill_up_at_any_moment(four: Class, small: Path, pages: int) -> None:
    check_full_results(four, small, pages)


@pytest.mark.parametrize(
    ("variable", "room"),
    [
        ("HAPPENS_BEFORE_CACHE", 0),
        ("HAPPENS_BEFORE_CACHE", 10 * PAGE),
        ("TMPDIR", PAGE),
        ("TMPDIR", 4 * PAGE),
        ("TMPDIR", 16 * PAGE),
        ("TMPDIR", 20 << 20),
    ],
)
def test_another_full_disk_is_a_fault_of_ours_and_no_verdict(
    four: Class, small: Path, variable: str, room: int
) -> None:
    filler = fill(small, room)
    four.cache = four.place / "nothing is known"
    done = four.batch(**{variable: str(small)})
    assert done.returncode == 3, done.stdout + done.stderr
    assert "4 of 4 items" in done.stdout and "Make room" in done.stdout
    whole = classroom.whole(four.place / "uninterrupted")
    for file in four.out.glob("students/*.json"):
        if (told := json.loads(file.read_text()))["status"] == "ungraded":
            assert told["points"] <= json.loads(whole[f"students/{file.name}"])["points"]
        else:
            assert file.read_bytes() == whole[f"students/{file.name}"], "a fault cost points"
    filler.unlink()
    done = four.batch(**{variable: str(small)})
    assert done.returncode == 0, done.stderr
    assert classroom.whole(four.out) == whole


def test_a_verdict_that_cannot_be_kept_is_the_same_verdict(
    tiny: Unit, grader: Grader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last write of a judge finds the cache's disk full."""
    files = UnitFiles({"cell.c": ANSWER.encode()}, ())
    kept = grader.grade_unit(tiny, files, Selection(), lambda _: None)
    assert not grader.not_kept
    keep = Cache.keep_json

    def full(cache: Cache, kind: str, key: str, value: object) -> None:
        if kind == "judgement":
            raise GraderFault("no room.")
        keep(cache, kind, key, value)

    monkeypatch.setattr(Cache, "keep_json", full)
    monkeypatch.setattr(Cache, "read_json", lambda *_: None)
    again = grader.grade_unit(tiny, files, Selection(), lambda _: None)
    assert grader.not_kept == "no room."
    assert without_run(unit_to_json(again)) == without_run(unit_to_json(kept))
