"""Feedback: an HTML page for each student, to be read without a script, on a screen or on paper."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timezone, tzinfo
from functools import lru_cache, partial
from pathlib import Path
from textwrap import dedent

from markupsafe import Markup

from happens_before.core import unit as units
from happens_before.core import workbook
from happens_before.core.cache import write_atomically
from happens_before.core.errors import InputError
from happens_before.core.report import CheckResult, Report, Status, UnitReport
from happens_before.learn import hints
from happens_before.render.students import Hidden, for_students
from happens_before.teach import intake
from happens_before.teach.pages import html as pages
from happens_before.teach.course.rules import Course
from happens_before.teach.intake import Taken
from happens_before.teach.pages.interleaving import Interleaving, interleaving_of
from happens_before.teach.marks import StudentMark, UnitMark, marks_of
from happens_before.teach.results import Item, Results
from happens_before.web import player

FOLDER = "feedback"
MOST_LINES = 3000  # of one source file; more is no answer to a unit
NOT_RUN = "not-run"


@dataclass(frozen=True)
class Settings:
    """What an instructor sets.

    hidden: what is shown of hidden checks. tiers: of hints, 0 to 3. zone: in which times are told.
    """

    title: str = "Happens-Before"
    hidden: Mapping[str, Hidden] = field(default_factory=dict)  # by unit path; else Hidden.SCORE
    tiers: int = 1
    zone: tzinfo = timezone.utc


@dataclass(frozen=True)
class Failure:
    """One check that failed, as a page tells it. id: its anchor. same_hint_as: an anchor, or "".

    story: what the evidence tells of steps; player: the execution itself, if the report has it.
    """

    id: str
    result: CheckResult
    story: Interleaving | None
    player: Markup | None
    hint: tuple[str, ...]
    same_hint_as: str

    @property
    def paragraphs(self) -> Iterator[tuple[bool, str]]:
        """The hint's paragraphs, each with whether it is code, which is indented in hints.toml."""
        for text in "\n\n".join(self.hint).split("\n\n"):
            is_code = text.startswith("    ")
            yield is_code, dedent(text) if is_code else text


@dataclass(frozen=True)
class UnitView:
    """One unit of a page.

    failures: told at length; not_run: what could not be run because of them; closed: hidden ones
    that failed. cut: the names of files that are shown in part.
    """

    anchor: str
    report: UnitReport
    mark: UnitMark
    notes: Sequence[str]
    failures: Sequence[Failure]
    not_run: Sequence[CheckResult]
    closed: Sequence[CheckResult]
    ungraded: Sequence[CheckResult]
    files: Mapping[str, Markup]
    cut: Sequence[str]

    @property
    def passed(self) -> int:
        """How many checks passed."""
        return sum(result.status is Status.PASS for result in self.report.results)


def settings_of(course: Course, asked: Sequence[str], tiers: int = 1) -> Settings:
    """What a course sets for the units that were asked for, by their paths."""
    rules = {unit: course.units[unit.rpartition("/")[2]] for unit in asked}
    hidden = {unit: rule.hidden for unit, rule in rules.items()}
    return Settings(course.title, hidden, tiers, course.zone)


def write_all(results: Results, settings: Settings) -> Iterator[Path]:
    """Write the page of each student of a class; yields each file when it is there.

    Errors: InputError.
    """
    taken = {each.student.id: each for each in intake.read(results)}
    marks = marks_of(results)
    write = partial(_write, results.directory, settings)
    with ProcessPoolExecutor() as pool:
        yield from pool.map(write, (taken[m.student.id] for m in marks), marks, chunksize=4)


def _write(directory: Path, settings: Settings, taken: Taken, mark: StudentMark) -> Path:
    results = Results(directory)
    file = results.student_file(mark.student.id, FOLDER, ".html")
    write_atomically(file, page(results, taken, mark, settings))
    return file


def page(results: Results, taken: Taken, mark: StudentMark, settings: Settings) -> str:
    """A student's page. Errors: InputError for an item that is damaged."""
    views = [
        _unit_view(results.item(key), report, unit, settings)
        for unit in mark.units
        if (key := taken.items.get(unit.unit)) and (report := results.report(key))
    ]
    plays = any(failure.player for view in views for failure in view.failures)
    values = {"settings": settings, "taken": taken, "mark": mark, "views": views}
    values["submitted"] = _told(taken.submitted, settings.zone) if taken.submitted else ""
    values["assets"] = player.assets() if plays else ""
    return pages.fill("feedback.html.j2", values)


def _told(submitted: str, zone: tzinfo) -> str:
    """A time as people read it, with the zone's own name and what it is off UTC."""
    return datetime.fromisoformat(submitted).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S %Z (%z)")


def _unit_view(item: Item, whole: UnitReport, mark: UnitMark, settings: Settings) -> UnitView:
    hidden = settings.hidden.get(mark.unit, Hidden.SCORE)
    report = for_students(Report("", [whole]), hidden)
    [students] = report.units
    failed = [result for result in students.results if result.status is Status.FAIL]
    closed = [r for r in failed if r.check.hidden and hidden is not Hidden.EVERYTHING]
    explained = [result for result in failed if result not in closed]
    told = [r for r in explained if r.how != NOT_RUN] or explained[:1]
    anchor = mark.unit.rpartition("/")[2]
    failures = list(_failures(anchor, mark.unit, told, settings.tiers))
    files = item.files.files
    return UnitView(
        anchor,
        students,
        mark,
        report.notes,
        failures,
        [result for result in explained if result not in told],
        closed,
        [result for result in students.results if result.status is Status.UNGRADED],
        {name: _source(name, content, failures) for name, content in files.items()},
        [name for name, content in files.items() if content.count(b"\n") > MOST_LINES],
    )


def _failures(anchor: str, unit: str, told: Sequence[CheckResult], tiers: int) -> Iterator[Failure]:
    """In the order in which they should be read: by step, and first those with an interleaving."""
    given: dict[tuple[str, ...], str] = {}
    stories = [(result, interleaving_of(result)) for result in told]
    stories.sort(key=lambda pair: (pair[0].check.step, pair[1] is None))
    for number, (result, story) in enumerate(stories, 1):
        id = f"{anchor}-{number}"
        hint = _hint(unit, result)[:tiers]
        played = player.html(result.story) if result.story else None
        yield Failure(id, result, story, played, hint, given.get(hint, ""))
        if hint:
            given.setdefault(hint, id)


def _hint(unit: str, result: CheckResult) -> tuple[str, ...]:
    return _chosen(unit, result.check.judge, result.check.id, result.how, result.check.step)


@lru_cache(maxsize=None)
def _chosen(unit: str, judge: str, check: str, how: str, step: int) -> tuple[str, ...]:
    try:
        return hints.choose(_hints(unit), judge, check, how, step).tiers
    except InputError:
        return ()


@lru_cache
def _hints(unit: str) -> list[hints.Hint]:
    """The unit's hints; none where it has no hints.toml."""
    loaded = units.load(workbook.find_unit(unit))
    return hints.load(loaded) if (loaded.directory / "hints.toml").is_file() else []


def _source(name: str, content: bytes, failures: Sequence[Failure]) -> Markup:
    """A file with the lines marked that a failure names, and the failure below its first line."""
    kinds: dict[int, str] = {}
    below: dict[int, Markup] = {}
    for failure in failures:
        kinds |= {place.line: "named" for place in failure.result.places if place.file == name}
    for failure in failures:
        where = failure.result.where
        if where and where.file == name:
            kinds[where.line] = "at"
            below[where.line] = below.get(where.line, Markup()) + _mark(failure)
    lines = content.decode("utf-8", "replace").removesuffix("\n").split("\n")[:MOST_LINES]
    return pages.numbered("\n".join(lines), kinds=kinds, below=below)


def _mark(failure: Failure) -> Markup:
    how = failure.result.how.replace("-", " ")
    text = '<span class="mark">✗ <a href="#{}">{}</a>{}\n</span>'
    why = f": {how}" if how not in ("", "fail") else ""
    return Markup(text).format(failure.id, failure.result.check.name, why)
