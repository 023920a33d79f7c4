"""From a submission to a report: stage, build, judge, collect."""

from __future__ import annotations

import os
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from happens_before.core import foundation, workbook
from happens_before.core.cache import Cache, digest_of, digest_of_files
from happens_before.core.errors import Cancelled, GraderFault, InputError
from happens_before.core.report import (
    JudgeReport,
    Report,
    Status,
    UnitReport,
    judge_from_json,
    judge_to_json,
)
from happens_before.core.submission import Submission, UnitFiles, files_of
from happens_before.core.toolchain import INSTRUMENTED, Toolchain, compiler_key
from happens_before.core.unit import Check, Unit
from happens_before.judges import JUDGES
from happens_before.judges.base import Job, Judge, all_alike
from happens_before.sandbox import Sandbox, owner

# Verdicts that a slow machine could have caused are not kept: the next run may decide better.
NOT_KEPT = {"timeout", "stopped", "hang"}


@dataclass(frozen=True)
class Event:
    """Progress: a judge of a unit has begun (report is None) or ended."""

    unit: Unit
    judge: str
    report: JudgeReport | None


Listener = Callable[[Event], None]


@dataclass(frozen=True)
class Selection:
    """Which checks are asked for: those that fit every condition. None: any.

    checks: names, such as tests/mutex__starts_unlocked.
    """

    step: int | None = None
    judges: frozenset[str] | None = None
    checks: frozenset[str] | None = None

    def of(self, unit: Unit, judge: str) -> tuple[Check, ...]:
        """The checks of one judge in one unit."""
        if self.judges is not None and judge not in self.judges:
            return ()
        return tuple(
            check
            for check in unit.checks
            if check.judge == judge
            and (self.step is None or check.step == self.step)
            and (self.checks is None or check.name in self.checks)
        )


class Grader:
    """Grades submissions.

    One object serves any number of them; `jobs` is how many processes work at one time. cancel: set
    it from any thread, and what goes on ends with Cancelled, without a process left. not_kept: why
    a verdict could not be kept for the next time, as a sentence, or "".
    """

    def __init__(
        self, sandbox: Sandbox, cache: Cache, jobs: int | None = None, fresh: bool = False
    ) -> None:
        self._sandbox, self._cache, self._fresh = sandbox, cache, fresh
        self._slots = threading.Semaphore(jobs or os.cpu_count() or 1)
        self.cancel = threading.Event()
        self.not_kept = ""
        self._toolchain = Toolchain(cache, sandbox, self._slots, self.cancel)

    def grade(
        self,
        submission: Submission,
        units: Sequence[Unit],
        selection: Selection,
        tell: Listener,
        missing: bool = False,
    ) -> Report:
        """Grade each unit of which the submission holds a file (or the only unit asked for).

        missing: those of which it holds none, too.
        Errors: InputError when the selection leaves no check in any unit.
        """
        if not any(selection.of(unit, judge.name) for unit in units for judge in JUDGES):
            raise InputError("no check fits what was asked for.", to_do="Ask for fewer conditions.")
        started = time.monotonic()
        report = Report(submission.name, [], list(submission.notes), self.limits())
        for unit in units:
            files = files_of(submission, unit, len(units) == 1, missing)
            if files is not None and any(selection.of(unit, judge.name) for judge in JUDGES):
                try:
                    report.units.append(self.grade_unit(unit, files, selection, tell))
                except OSError as error:
                    raise GraderFault(f"{unit.name} could not be graded here: {error}.") from None
        report.duration_s = time.monotonic() - started
        return report

    def limits(self) -> list[str]:
        """What isolates and limits the submitted code here, each as a sentence."""
        return [f"{what}: {how}" for what, how in self._sandbox.describe()]

    def grade_unit(
        self, unit: Unit, files: UnitFiles, selection: Selection, tell: Listener
    ) -> UnitReport:
        """Grade one unit's files: its judges work side by side. Errors: Cancelled."""
        started = time.monotonic()
        with tempfile.TemporaryDirectory(prefix=owner.prefix()) as directory:
            staged = Path(directory)
            digest = _stage(unit, files, staged)
            job = Job(
                unit,
                files,
                staged,
                digest,
                self._toolchain,
                self._sandbox,
                self._slots,
                self.cancel,
            )
            key = digest_of(digest, *files.problems, workbook_digest(unit))
            plans = [(judge, selection.of(unit, judge.name)) for judge in JUDGES]
            plans = [(judge, checks) for judge, checks in plans if checks]
            with ThreadPoolExecutor(max_workers=max(1, len(plans))) as pool:
                try:
                    futures = [
                        pool.submit(self._judge, judge, job, checks, key, tell)
                        for judge, checks in plans
                    ]
                    judged = [future.result() for future in futures]
                except BaseException:
                    self.cancel.set()
                    raise
        return UnitReport(unit.path, unit.title, files.digest, judged, time.monotonic() - started)

    def _judge(
        self, judge: Judge, job: Job, checks: Sequence[Check], key: str, tell: Listener
    ) -> JudgeReport:
        tell(Event(job.unit, judge.name, None))
        key = digest_of(key, judge.name, *(check.name for check in checks))
        kept = None if self._fresh else self._cache.read_json("judgement", key)
        report = _restored(kept, checks) if kept else None
        if report is None:
            report = _judged(judge, job, checks)
            if self.cancel.is_set():  # then its verdicts may be those of a broken run
                raise Cancelled
            _quote_sources(report, job)
            if _may_keep(report):
                self._keep(key, report)
        tell(Event(job.unit, judge.name, report))
        return report

    def _keep(self, key: str, report: JudgeReport) -> None:
        """A verdict that cannot be kept still stands; `not_kept` says why the next run is slow."""
        try:
            self._cache.keep_json("judgement", key, judge_to_json(report))
        except GraderFault as fault:
            self.not_kept = str(fault)


def _judged(judge: Judge, job: Job, checks: Sequence[Check]) -> JudgeReport:
    try:
        report = judge.judge(job, checks)
        if [result.check for result in report.checks] != list(checks):
            raise GraderFault(f"the judge {judge.name} did not answer exactly what it was asked.")
        return report
    except GraderFault as fault:
        report = all_alike(judge.name, checks, Status.UNGRADED, "the grader could not judge this.")
        report.message = str(fault)
    except OSError as error:
        report = all_alike(judge.name, checks, Status.UNGRADED, "this machine failed the grader.")
        report.message = f"{error}. Is the disk full, or a limit of this machine reached?"
    except Exception:  # a bug of ours must not cost the reader points, nor the other judges' work
        report = all_alike(judge.name, checks, Status.UNGRADED, "the grader itself failed here.")
        report.message = traceback.format_exc()
    return report


def _quote_sources(report: JudgeReport, job: Job) -> None:
    """Put the text of each line beside its place: a report is read without the sources."""
    texts: dict[str, list[str]] = {}
    for place in (place for result in report.checks for place in result.places):
        if place.file not in texts:
            texts[place.file] = _source(place.file, job).splitlines()
        if 0 < place.line <= len(texts[place.file]):
            place.text = texts[place.file][place.line - 1].strip()


def _source(name: str, job: Job) -> str:
    if name in job.files.files:
        return job.files.files[name].decode("utf-8", "replace")
    if "/" in name:
        return ""
    own = [part / name for part in (job.unit.directory, job.unit.solution)]
    below = [foundation.source_of(unit, name) for unit in job.unit.foundations]
    for file in (*own, *below):
        if file and file.is_file():
            return file.read_text(encoding="utf-8")
    return ""


def _restored(kept: dict[str, object], checks: Sequence[Check]) -> JudgeReport | None:
    try:
        return judge_from_json(kept, {check.name: check for check in checks})
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _may_keep(report: JudgeReport) -> bool:
    if any(result.how == "not-run" for result in report.checks):  # what stood in its way may go
        return False
    return report.status is not Status.UNGRADED and not could_be_slowness(report)


def could_be_slowness(report: JudgeReport | UnitReport) -> bool:
    """Whether a slow machine could have caused one of its verdicts."""
    results = report.checks if isinstance(report, JudgeReport) else report.results
    return any(result.how in NOT_KEPT for result in results)


def _stage(unit: Unit, files: UnitFiles, staged: Path) -> str:
    """Lay out what is compiled:

    the submission's files and the headers that it may include. Returns the digest of all of it.
    """
    for name, content in files.files.items():
        (staged / name).write_bytes(content)
    for header in (file for each in (unit, *unit.foundations) for file in each.contract):
        (staged / header.name).write_bytes(header.read_bytes())
    staged.chmod(0o755)
    return digest_of_files(staged.iterdir(), staged)


def workbook_digest(unit: Unit) -> str:
    """Digest of everything of ours that a verdict can depend on."""
    return digest_of(*(item for part in workbook_parts(unit).items() for item in part))


def workbook_parts(unit: Unit) -> dict[str, str]:
    """What of ours a verdict can depend on: the name of each part, and its digest."""
    package = workbook.ROOT / "grader" / "happens_before"
    own, hidden = (
        digest_of_files(_every(part, (".c", ".h", ".toml"), unit.editable), part)
        for part in (unit.directory, unit.solution)
    )
    below = [
        digest_of_files(each.contract, each.directory)
        + digest_of(*(file.read_bytes() for file in foundation.files(each, INSTRUMENTED)))
        for each in unit.foundations
    ]
    runtime = [
        *(f for f in workbook.RUNTIME.rglob("*") if f.suffix in (".c", ".h", ".S", ".supp")),
        workbook.ROOT / "tsan-suppressions",
    ]
    judges = [
        file
        for part in ("core", "judges", "explore", "sandbox")
        for file in (package / part).glob("*.py")
    ]
    return {
        "the unit's own files": own,
        "its hidden tests": hidden,
        "the lessons that it builds on": digest_of(*below),
        "the runtime": digest_of_files((f for f in runtime if f.is_file()), workbook.ROOT),
        "the judges": digest_of_files(judges, workbook.ROOT),
        "the compilers": digest_of(
            *(compiler_key(n) for n in ("gcc", "clang", "ld.lld", "valgrind"))
        ),
    }


def _every(directory: Path, endings: tuple[str, ...], leave_out: Iterable[str]) -> list[Path]:
    return [
        file
        for file in directory.glob("*")
        if file.suffix in endings and file.name not in leave_out and file.is_file()
    ]
