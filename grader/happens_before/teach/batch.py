"""A batch: every item of a results folder graded, the unfinished ones only, however often it is begun.

What is finished is on disk before the next item begins, so a batch may be killed at any moment; the
same command goes on where it was.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field

from happens_before.core.cache import write_atomically
from happens_before.core.errors import InputError
from happens_before.core.report import Report, Status, to_json, without_run
from happens_before.teach.engines.base import Engine, unwritable
from happens_before.teach.intake import Taken
from happens_before.teach.results import Results
from happens_before.teach.worker import Ended, give_up

PROBE_BYTES = 1 << 18  # less free room than this is a full disk
WRITTEN_EVERY_S = 1.0


@dataclass
class Counts:
    """How far a batch is.

    items: how many there are in all, each counted once however many students handed it in;
    finished: those with a verdict; before: those that an earlier run finished. seconds_left: by the
    pace so far, None while there is none. doubtful: to be graded a second time, alone.
    """

    items: int
    before: int = 0
    passed: int = 0
    failed: int = 0
    ungraded: int = 0
    doubtful: int = 0
    seconds: float = 0.0
    seconds_left: float | None = None
    state: str = "running"

    @property
    def finished(self) -> int:
        """Items with a verdict."""
        return self.passed + self.failed

    @property
    def ended(self) -> int:
        """Items with a verdict, or with a reason why there is none."""
        return self.finished + self.ungraded


Show = Callable[[Counts], None]


@dataclass
class Batch:
    """One run over a results folder. faults: what went wrong with us, and how often."""

    results: Results
    taken: Sequence[Taken]
    show: Show
    counts: Counts = field(init=False)
    faults: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._keys = list(dict.fromkeys(key for each in self.taken for key in each.items.values()))
        self.counts = Counts(len(self._keys))
        self._waiting_for: dict[str, list[Taken]] = {}
        self._open = {each.student.id: set(each.items.values()) for each in self.taken}
        for each in self.taken:
            for key in set(each.items.values()):
                self._waiting_for.setdefault(key, []).append(each)
        self._started = time.monotonic()
        self._written = 0.0

    def run(self, engine: Engine, alone: Engine) -> Counts:
        """Grade what is not finished.

        alone: an engine of one worker, for what a slow machine could have caused: it is graded a
        second time when nothing else runs, and that verdict stands. Errors: InputError when the
        folder cannot be written; GraderFault when an engine does not work.
        """
        todo = [key for key in self._keys if not self._was_finished(key)]
        second = [key for key in todo if self.results.is_doubtful(key)]
        self.counts.doubtful = len(second)

        def first_look(ended: Ended) -> None:
            if ended.doubtful:
                second.append(ended.key)
                self.counts.doubtful += 1
                self._tell()
            else:
                self._end(ended)

        def second_look(ended: Ended) -> None:
            self.counts.doubtful -= 1
            self._end(ended)

        for each in self.taken:
            if each.handed_in and not each.items:
                write_student(self.results, each)
        self._tell()
        try:
            engine.run(self.results, [key for key in todo if key not in set(second)], first_look)
            alone.run(self.results, second, second_look)
        except BaseException as error:
            self.counts.state = "interrupted"
            with suppress(InputError):
                self._write_progress()
            if isinstance(error, InputError):
                self._check_disk()  # then that is why
            raise
        self.counts.state = "finished"
        self._tell()
        self._write_progress()
        return self.counts

    def _was_finished(self, key: str) -> bool:
        if not self.results.is_finished(key):
            return False
        report = self.results.report(key)
        assert report
        self.counts.before += 1
        self._end(Ended(key, str(report.status)))
        return True

    def _end(self, ended: Ended) -> None:
        """Count an item, and write the reports of the students who waited for it."""
        match ended.status:
            case Status.PASS:
                self.counts.passed += 1
            case Status.FAIL:
                self.counts.failed += 1
            case _:
                self.counts.ungraded += 1
        if ended.fault:
            self.faults[ended.fault.strip()] += 1
        if not ended.status:
            self._check_disk()
            with suppress(InputError):  # where the item itself is damaged
                give_up(self.results, ended.key, ended.fault)
        for each in self._waiting_for.get(ended.key, ()):
            self._open[each.student.id].discard(ended.key)
            if not self._open[each.student.id]:
                write_student(self.results, each)
        self._tell()

    def _check_disk(self) -> None:
        """Errors: InputError when the folder's disk is full: to go on would only waste the night."""
        probe = self.results.directory / ".probe"
        try:
            probe.write_bytes(os.urandom(PROBE_BYTES))
        except OSError as error:
            raise unwritable(self.results.directory, error) from None
        finally:
            with suppress(OSError):
                probe.unlink()

    def _tell(self) -> None:
        counts = self.counts
        counts.seconds = time.monotonic() - self._started
        fresh = counts.ended - counts.before
        left = counts.items - counts.ended
        counts.seconds_left = counts.seconds / fresh * left if fresh > 0 else None
        if time.monotonic() - self._written >= WRITTEN_EVERY_S:
            self._write_progress()
            self._written = time.monotonic()
        with suppress(OSError):  # the terminal or the pipe is gone: the batch goes on
            self.show(counts)

    def _write_progress(self) -> None:
        text = json.dumps(asdict(self.counts), indent=1) + "\n"
        write_atomically(self.results.directory / "progress.json", text)


def report_of(results: Results, taken: Taken) -> Report:
    """A student's report, of all of their items that have a result."""
    reports = [results.report(key) for _, key in sorted(taken.items.items())]
    notes = [*taken.notes, *([taken.problem] if taken.problem else [])]
    return Report(taken.student.id, [report for report in reports if report], notes)


def write_student(results: Results, taken: Taken) -> None:
    """Write a student's report. Errors: InputError."""
    data = without_run(to_json(report_of(results, taken)))
    text = json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    write_atomically(results.student_file(taken.student.id), text)
