"""Checking on save: every way in which editors save, and every way in which a check can be cut short."""

from __future__ import annotations

import os
import queue
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from happens_before.core.cache import Cache
from happens_before.core.pipeline import Grader
from happens_before.core.report import CheckResult, JudgeReport, Status, UnitReport
from happens_before.core.unit import Unit
from happens_before.learn import progress, saves
from happens_before.learn.saves import Look, Watcher, until_quiet
from happens_before.learn.watching import Event, Session
from happens_before.render.watch import Page
from happens_before.sandbox import Sandbox, find_sandbox
from workshop import FAULTS, make_unit

PATIENCE_S = 60  # a busy machine is slow, not wrong


def replaced(file: Path) -> None:
    """As vim and many others save: a new file takes the old one's name."""
    new = file.with_name(".new.swp")
    new.write_text("/* replaced */")
    os.replace(new, file)


def put_aside(file: Path) -> None:
    """As Emacs saves: the old file becomes a backup, a new one is written."""
    os.rename(file, file.with_name(file.name + "~"))
    file.write_text("/* put aside */")


def directory_replaced(file: Path) -> None:
    """As git changes branches: the directory goes, and one of the same name comes."""
    shutil.rmtree(file.parent)
    file.parent.mkdir()
    file.write_text("/* another directory */")


def linked(file: Path) -> None:
    new = file.with_name("elsewhere")
    new.write_text("/* linked */")
    file.unlink()
    os.link(new, file)


WAYS: list[Callable[[Path], object]] = [
    lambda file: file.write_text("/* in place */"),
    replaced,
    put_aside,
    directory_replaced,
    linked,
    lambda file: file.unlink(),
    lambda file: shutil.rmtree(file.parent),
    lambda file: shutil.copytree(file.parent, file.parent.with_name("91-more")),
]


@pytest.mark.parametrize("blind", [False, True], ids=["events", "looking"])
@pytest.mark.parametrize("save", WAYS)
def test_every_way_of_saving_is_noticed(
    save: Callable[[Path], object], blind: bool, tiny: Unit, monkeypatch: pytest.MonkeyPatch
) -> None:
    if blind:
        monkeypatch.setattr(saves, "TELLING", set())
        monkeypatch.setattr(saves, "LOOK_S", 0.05)
    else:
        monkeypatch.setattr(saves, "LOOK_S", 1e6)
    told: queue.Queue[saves.Changes] = queue.Queue()
    root = tiny.directory.parent
    watcher = Watcher(lambda: sorted({tiny.directory, *root.glob("*")}), [root], told.put)
    watcher.start()
    try:
        save(tiny.directory / "cell.c")
        while "cell.c" not in next(iter(told.get(timeout=PATIENCE_S).values())):
            pass  # a directory goes file by file
    finally:
        watcher.stop()


def test_a_save_that_changes_nothing_is_none(tiny: Unit) -> None:
    look = Look(lambda: [tiny.directory])
    file = tiny.directory / "cell.c"
    file.write_bytes(file.read_bytes())
    os.utime(file)
    assert look.changes() == {}
    (tiny.directory / ".cell.c.swp").write_text("an editor's own")
    assert look.changes() == {}
    file.write_text("/* other */")
    assert look.changes(trust_times=True) == {tiny.directory: ("cell.c",)}


def test_a_stream_of_events_is_looked_at_now_and_then() -> None:
    event, looks = threading.Event(), 0

    class Stream(threading.Event):
        """An event that somebody sets all the time."""

        def wait(self, timeout: float | None = None) -> bool:
            nonlocal looks
            looks += 1
            return True

    until_quiet(Stream(), quiet_s=0.02, most_s=0.2)
    assert looks == 10
    until_quiet(event, quiet_s=0.001)
    assert not event.is_set()


def test_a_machine_without_events_is_looked_at_more_often(
    tiny: Unit, monkeypatch: pytest.MonkeyPatch
) -> None:
    from watchdog.observers import Observer

    def refuse(self: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Observer, "start", refuse)
    told: queue.Queue[saves.Changes] = queue.Queue()
    watcher = Watcher(lambda: [tiny.directory], [tiny.directory.parent], told.put)
    watcher.start()
    assert "No space left" in watcher.blind
    (tiny.directory / "cell.c").write_text("/* other */")
    assert told.get(timeout=PATIENCE_S) == {tiny.directory: ("cell.c",)}
    watcher.stop()


class Watched:
    """A session on one unit, and what it has told."""

    def __init__(self, unit: Unit, sandbox: Sandbox, kept: Path, keep: Path) -> None:
        self.events: queue.Queue[Event] = queue.Queue()
        self.unit, self.seen = unit, list[Event]()

        def grader() -> Grader:
            return Grader(sandbox, Cache(kept))

        self.session = Session(lambda: [unit.directory], grader, self.events.put, keep)

    def until(self, kind: str, text: str = "") -> Event:
        """The next event of this kind."""
        while True:
            event = self.events.get(timeout=PATIENCE_S)
            self.seen.append(event)
            if event.kind == kind and text in event.text:
                return event

    def save(self, source: str | bytes) -> None:
        """Save the first editable file."""
        content = source.encode() if isinstance(source, str) else source
        (self.unit.directory / self.unit.editable[0]).write_bytes(content)


@pytest.fixture
def watched(tiny: Unit, kept: Path, tmp_path: Path) -> Iterator[Watched]:
    made = Watched(tiny, find_sandbox(allow_none=False), kept, tmp_path / "progress.json")
    with made.session:
        yield made


def test_a_save_is_checked_and_remembered(watched: Watched, tmp_path: Path) -> None:
    watched.save("int nothing;\n")
    done = watched.until("done").report
    assert done and done.status is Status.FAIL
    kinds = [(e.kind, e.phase) for e in watched.seen]
    assert kinds[:2] == [("saved", ""), ("begun", "quick")]
    assert kinds[-2:] == [("verdict", "quick"), ("done", "")]
    assert watched.seen[0].text == "cell.c"
    known = progress.recall(tmp_path / "progress.json")
    assert known[watched.unit.path]["build/compiles"].status == "fail"


def test_a_unit_that_breaks_or_goes_is_told_and_watched_on(watched: Watched) -> None:
    toml, away = watched.unit.directory / "unit.toml", watched.unit.directory.with_name("away")
    whole = toml.read_text()
    toml.write_text("schema = ")
    assert "unit.toml" in watched.until("broken").text
    toml.write_text(whole)
    assert watched.until("done").report
    watched.unit.directory.rename(away)
    assert watched.until("broken").text == "lessons/90-cell is gone."
    away.rename(watched.unit.directory)
    assert watched.until("done").report
    (watched.unit.directory / "cell.c").unlink()
    gone = watched.until("done").report
    assert gone and "cell.c is missing" in gone.results[0].happened


def test_faults_of_the_grader_end_no_session(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("planted")

    with monkeypatch.context() as planted:
        planted.setattr(Grader, "grade_unit", fail)
        watched.save("int one;\n")
        assert "planted" in watched.until("fault").text
    watched.save("int two;\n")
    assert watched.until("done").report


def test_progress_that_cannot_be_kept_costs_no_verdict(tiny: Unit, kept: Path) -> None:
    made = Watched(tiny, find_sandbox(allow_none=False), kept, Path("/proc/none/progress.json"))
    with made.session:
        made.session.check(tiny.directory)
        assert "/proc/none" in made.until("fault").text
        assert made.until("done").report
    assert "verdict" in [event.kind for event in made.seen]


def descendants() -> set[str]:
    """The processes that this one has started, and theirs."""
    parents = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[entry.parent.name] = words[1]
    found = {str(os.getpid())}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {str(os.getpid())}


def until_something_runs() -> None:
    """Wait until a sandbox holds a running program."""
    ends = time.monotonic() + PATIENCE_S
    while not any(_command(pid) == "program" for pid in descendants()):
        assert time.monotonic() < ends, "no program ever ran"
        threading.Event().wait(0.02)  # a look costs the machine something


def _command(pid: str) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def test_a_newer_save_cancels_a_deadlocked_test_and_leaves_no_process(
    kept: Path, tmp_path: Path
) -> None:
    unit = make_unit(tmp_path / "workbook", ("tests",))
    made = Watched(unit, find_sandbox(allow_none=False), kept, tmp_path / "progress.json")
    with made.session:
        made.save((FAULTS / "hangs.c").read_bytes())
        made.until("judging", "tests")
        until_something_runs()
        made.save((FAULTS / "clean.c").read_bytes() + b"\n")
        made.until("cancelled")
        done = made.until("done").report
        assert done and done.status is Status.PASS
        made.save((FAULTS / "hangs.c").read_bytes() + b"\n")
        made.until("judging", "tests")
        until_something_runs()
    assert made.until("cancelled")
    assert descendants() == set()
    assert not any(event.kind == "judged" and event.text == "tests" for event in made.seen[-3:])
    known = progress.recall(tmp_path / "progress.json")[unit.path]
    assert known["tests/scenario__runs"].status == "pass"


def test_another_unit_saved_comes_first_and_the_interrupted_one_after_it(
    kept: Path, tmp_path: Path
) -> None:
    unit = make_unit(tmp_path / "workbook", ("tests",))
    other = shutil.copytree(unit.directory, unit.directory.with_name("02-other"))
    made = Watched(unit, find_sandbox(allow_none=False), kept, tmp_path / "progress.json")
    with made.session:
        made.save((FAULTS / "hangs.c").read_bytes())
        made.until("judging", "tests")
        made.session.check(other)
        made.save((FAULTS / "clean.c").read_bytes() + b"\n")
        ends = [made.until("done").unit for _ in range(2)]
    assert sorted(ends) == ["lessons/01-thing", "lessons/02-other"]


def test_a_hundred_saves_are_a_few_checks_and_the_last_one_counts(watched: Watched) -> None:
    for number in range(100):
        watched.save(f"#error number {number}\n")
    while True:
        report = watched.until("done").report
        assert report
        if "number 99" in report.results[0].happened:
            break
    saved = [event for event in watched.seen if event.kind == "saved"]
    assert len(saved) < 50


def test_only_another_verdict_takes_the_place_of_a_hint(tiny: Unit) -> None:
    def verdict(how: str) -> Event:
        judged = JudgeReport("build", [CheckResult(tiny.checks[0], Status.FAIL, how)])
        report = UnitReport(tiny.path, tiny.title, "", [judged])
        return Event("verdict", tiny.path, "quick", report=report)

    page = Page({tiny.path: tiny}, tiny)
    page.take(verdict("rules"))
    page.press("h")
    page.press("h")
    page.take(verdict("rules"))
    assert (page.shown, page.tier) == ("hint", 2)
    page.take(verdict("compile"))
    assert (page.shown, page.tier) == ("report", 1)
