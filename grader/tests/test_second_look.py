"""What a slow machine could have caused is graded once more, alone, and then it stands."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from conftest import write_tiny
from happens_before.core import unit as units
from happens_before.core.pipeline import NOT_KEPT, workbook_parts
from happens_before.core.report import Status, UnitReport
from happens_before.core.submission import UnitFiles
from happens_before.judges.base import all_alike
from happens_before.teach import worker
from happens_before.teach.batch import Batch, Counts
from happens_before.teach.engines.base import Listener
from happens_before.teach.intake import Taken
from happens_before.teach.handins.people import Student
from happens_before.teach.results import Results


@dataclass
class Machine:
    """A grader on a machine that is too slow for some files unless nothing else runs."""

    slow: set[bytes]
    always: bool = False
    how: str = "timeout"
    graded: list[bytes] = field(default_factory=list)
    cancel: threading.Event = field(default_factory=threading.Event)
    alone: bool = False

    def limits(self) -> list[str]:
        return []

    def grade_unit(self, unit: units.Unit, files: UnitFiles, *_: object) -> UnitReport:
        content = files.files["cell.c"]
        self.graded.append(content)
        late = content in self.slow and (self.always or not self.alone)
        status, how = (Status.FAIL, self.how) if late else (Status.PASS, "")
        judges = [
            all_alike(p.judge, p.checks, status, "slow." if late else "", how) for p in unit.plans
        ]
        return UnitReport(unit.path, unit.title, files.digest, judges)


@dataclass
class Engine:
    """Grades here and now. breaks: an interrupt comes before the first item."""

    machine: Machine
    alone: bool = False
    breaks: bool = False
    given: list[str] = field(default_factory=list)

    def run(self, results: Results, keys: Sequence[str], tell: Listener) -> None:
        self.given += keys
        if self.breaks:
            raise KeyboardInterrupt
        self.machine.alone = self.alone
        worker.work(results, keys, self.machine, tell, self.alone)  # type: ignore[arg-type]


class Night:
    """Three items, of which the files b"b" are slow."""

    def __init__(self, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        unit = units.load(write_tiny(place / "workbook"))
        monkeypatch.setattr(worker, "_unit", lambda path: unit)
        worker._parts.cache_clear()
        self.results = Results.create(place / "out", [unit.path])
        self.taken, self.keys = [], {}
        for name in "abc":
            files = UnitFiles({"cell.c": name.encode()}, ())
            self.keys[name] = self.results.add(unit.path, files, workbook_parts(unit))
            self.taken.append(Taken(Student(name), {unit.path: self.keys[name]}))

    def batch(self, first: Engine, second: Engine) -> Counts:
        self.shown: list[int] = []
        batch = Batch(self.results, self.taken, lambda counts: self.shown.append(counts.doubtful))
        return batch.run(first, second)  # type: ignore[arg-type]

    def status(self, name: str) -> str:
        report = self.results.report(self.keys[name])
        return str(report.status) if report else ""


@pytest.fixture
def night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Night:
    return Night(tmp_path, monkeypatch)


@pytest.mark.parametrize("how", sorted(NOT_KEPT))
def test_a_doubtful_verdict_is_given_again_alone_when_the_rest_is_done(
    night: Night, how: str
) -> None:
    machine = Machine({b"b"}, how=how)
    first, second = Engine(machine), Engine(machine, alone=True)
    counts = night.batch(first, second)
    assert machine.graded == [b"a", b"b", b"c", b"b"]
    assert second.given == [night.keys["b"]]
    assert (counts.passed, counts.failed, counts.ungraded, counts.doubtful) == (3, 0, 0, 0)
    assert max(night.shown) == 1
    assert all(night.results.is_finished(key) for key in night.keys.values())


def test_the_second_verdict_stands_whatever_it_is(night: Night) -> None:
    machine = Machine({b"b"}, always=True)
    counts = night.batch(Engine(machine), Engine(machine, alone=True))
    assert (counts.passed, counts.failed, counts.doubtful) == (2, 1, 0)
    night.batch(Engine(machine), Engine(machine, alone=True))
    assert machine.graded == [b"a", b"b", b"c", b"b"]


def test_a_failure_of_another_kind_needs_no_second_look(night: Night) -> None:
    machine = Machine({b"b"}, how="race")
    second = Engine(machine, alone=True)
    assert night.batch(Engine(machine), second).failed == 1
    assert second.given == [] and machine.graded == [b"a", b"b", b"c"]


def test_a_batch_that_was_cut_off_before_the_second_look_goes_on_with_it_alone(
    night: Night,
) -> None:
    machine = Machine({b"b"})
    with pytest.raises(KeyboardInterrupt):
        night.batch(Engine(machine), Engine(machine, alone=True, breaks=True))
    assert night.status("b") == "fail" and not night.results.is_finished(night.keys["b"])
    first, second = Engine(machine), Engine(machine, alone=True)
    counts = night.batch(first, second)
    assert first.given == [] and second.given == [night.keys["b"]]
    assert (counts.passed, counts.doubtful, night.status("b")) == (3, 0, "pass")


def test_a_first_look_that_was_cut_off_is_no_first_look(night: Night) -> None:
    """Killed between run.json and result.json: the next look is in the crowd again."""
    machine = Machine({b"b"})
    night.results.write_json(f"items/{night.keys['b']}/run.json", {"doubtful": True})
    first, second = Engine(machine), Engine(machine, alone=True)
    assert night.batch(first, second).passed == 3
    assert night.keys["b"] in first.given and second.given == [night.keys["b"]]


def test_an_item_that_no_worker_survives_is_ungraded_and_says_why(night: Night) -> None:
    class Loses(Engine):
        def run(self, results: Results, keys: Sequence[str], tell: Listener) -> None:
            for key in keys:
                tell(worker.Ended(key, "", fault="its worker was lost."))

    machine = Machine(set())
    assert night.batch(Loses(machine), Engine(machine, alone=True)).ungraded == 3
    report = night.results.report(night.keys["a"])
    assert report and report.status is Status.UNGRADED and report.ungraded_points == 4
    assert report.judges[0].message == "its worker was lost."
    assert night.batch(Engine(machine), Engine(machine, alone=True)).passed == 3
