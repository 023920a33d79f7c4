"""Checking on save: what the terminal's `watch` and the workbook's page both run.

A session checks the unit that was saved: build and tests first, for a quick word, then the slower
judges. A newer save cancels what is going on. What happens is told as events.
"""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from happens_before.core import pipeline, workbook
from happens_before.core import unit as units
from happens_before.core.errors import Cancelled, GraderFault, InputError
from happens_before.core.pipeline import Grader, Selection
from happens_before.core.report import JudgeReport, Report, UnitReport
from happens_before.core.submission import files_of, open_submission
from happens_before.judges import JUDGES
from happens_before.learn import progress
from happens_before.learn.saves import Changes, Watcher

QUICK = frozenset({"build", "tests"})
SLOW = frozenset(judge.name for judge in JUDGES) - QUICK
PHASES = (("quick", Selection(judges=QUICK)), ("slow", Selection(judges=SLOW)))


@dataclass(frozen=True)
class Event:
    """Something happened to a unit, named by its path.

    kind:   saved      the unit's files have changed; `text` names them
            begun      a phase ("quick" or "slow") has begun
            judging    a judge, named in `text`, has begun
            judged     it has ended; `report` holds its part alone
            verdict    the phase has ended; `report` holds all that is known by now
            done       the check has ended; `report` is whole
            cancelled  a newer save came, or the session ends
            broken     the unit cannot be checked as it stands; `text` says why
            fault      the grader failed; `text` says how
    """

    kind: str
    unit: str
    phase: str = ""
    text: str = ""
    report: UnitReport | None = None


class Session:
    """Watches units and checks what is saved, in threads of its own; use it in a `with`.

    directories: of the units that are watched. grader: makes one, for one check.
    tell:        called with each event, from any of the session's threads, never two at a time.
    keep:        the file in which progress is remembered.
    """

    def __init__(
        self,
        directories: Callable[[], Sequence[Path]],
        grader: Callable[[], Grader],
        tell: Callable[[Event], None],
        keep: Path = progress.FILE,
    ) -> None:
        self._make_grader, self._tell_out, self._keep = grader, tell, keep
        self._changed, self._telling = threading.Condition(), threading.RLock()
        self._waiting: list[Path] = []
        self._running: tuple[Path, Grader] | None = None
        self._stopped = False
        roots = sorted({d.parent for d in directories() if d.parent.is_dir()})
        self._watcher = Watcher(directories, roots, self._saved)
        self._worker = threading.Thread(target=self._work, name="checks", daemon=True)

    @property
    def blind(self) -> str:
        """Why saves are noticed late, as a sentence's beginning; "" when they are not."""
        return self._watcher.blind

    def __enter__(self) -> Session:
        self._watcher.start()
        self._worker.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End at once; when this returns, no process of a check is left."""
        with self._changed:
            self._stopped = True
            self._cancel()
            self._changed.notify()
        self._worker.join()
        self._watcher.stop()

    def check(self, directory: Path) -> None:
        """Check a unit now, as if it had been saved; what is unchanged costs nothing."""
        self._ask([directory])

    def begin_again(self) -> None:
        """Cancel what goes on and begin it anew: this process will stand still, and a limit of time
        that went on meanwhile would make a verdict of that."""
        self._ask([])

    def _saved(self, changes: Changes) -> None:
        for directory, names in changes.items():
            self._tell(Event("saved", _path(directory), text=", ".join(names)))
        self._ask(list(changes))

    def _ask(self, directories: list[Path]) -> None:
        """The newest come first; what they interrupt is done after them."""
        with self._changed:
            interrupted = [self._running[0]] if self._running else []
            order = (*directories, *interrupted, *self._waiting)
            self._waiting = list(dict.fromkeys(order))
            self._cancel()
            self._changed.notify()

    def _cancel(self) -> None:
        if self._running:
            self._running[1].cancel.set()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._running = None
                self._changed.wait_for(lambda: self._stopped or self._waiting)
                if self._stopped:
                    return
                directory, grader = self._waiting.pop(0), self._make_grader()
                self._running = (directory, grader)
            self._check(directory, grader)

    def _check(self, directory: Path, grader: Grader) -> None:
        """One check, whatever comes of it: the session goes on."""
        try:
            self._phases(units.load(directory), grader)
        except Cancelled:
            self._tell(Event("cancelled", _path(directory)))
        except InputError as error:
            text = str(error) if directory.is_dir() else f"{_path(directory)} is gone."
            self._tell(Event("broken", _path(directory), text=text))
        except (GraderFault, OSError) as fault:
            self._tell(Event("fault", _path(directory), text=str(fault)))
        except Exception:  # a bug of ours is told, and the next save is checked all the same
            self._tell(Event("fault", _path(directory), text=traceback.format_exc()))

    def _phases(self, unit: units.Unit, grader: Grader) -> None:
        submission = open_submission(unit.directory.parents[1], [unit])
        files = files_of(submission, unit, alone=True)
        assert files  # alone: what is missing is told as a problem
        judged: list[JudgeReport] = []
        whole = UnitReport(unit.path, unit.title, files.digest, judged)
        for phase, selection in PHASES:
            if not any(selection.of(unit, judge.name) for judge in JUDGES):
                continue
            self._tell(Event("begun", unit.path, phase))

            def tell(event: pipeline.Event, phase: str = phase) -> None:
                self._judge(unit, phase, event)

            part = grader.grade_unit(unit, files, selection, tell)
            judged.extend(part.judges)
            whole.duration_s += part.duration_s
            trouble = self._remember(part, unit)
            self._tell(Event("verdict", unit.path, phase, report=_copy(whole)))
            if trouble:
                self._tell(Event("fault", unit.path, phase, trouble))
        self._tell(Event("done", unit.path, report=whole))

    def _remember(self, part: UnitReport, unit: units.Unit) -> str:
        """Why the verdicts could not be kept as progress, or ""; they stand all the same."""
        try:
            progress.remember(Report("", [part]), self._keep, [unit])
        except InputError as error:
            return str(error)
        return ""

    def _judge(self, unit: units.Unit, phase: str, event: pipeline.Event) -> None:
        if event.report is None:
            self._tell(Event("judging", unit.path, phase, event.judge))
            return
        part = UnitReport(unit.path, unit.title, "", [event.report])
        self._tell(Event("judged", unit.path, phase, event.judge, part))

    def _tell(self, event: Event) -> None:
        with self._telling:
            self._tell_out(event)


def _copy(report: UnitReport) -> UnitReport:
    """As it stands now; the original goes on growing."""
    return UnitReport(
        report.unit, report.title, report.digest, list(report.judges), report.duration_s
    )


def _path(directory: Path) -> str:
    return directory.relative_to(directory.parents[1]).as_posix()


def watched(names: Sequence[str]) -> Callable[[], Sequence[Path]]:
    """The directories of these units; without a name, of all that there are at the time of asking.

    Errors: InputError when a name fits none.
    """
    chosen = [workbook.find_unit(name) for name in names]
    return lambda: chosen or workbook.unit_directories()
