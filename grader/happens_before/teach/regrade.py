"""A class graded again, and the old scores beside the new ones, each difference with its reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from happens_before.core.pipeline import workbook_parts
from happens_before.core.report import CheckResult, UnitReport
from happens_before.core.unit import Unit
from happens_before.teach import intake, marks
from happens_before.teach.formats import table
from happens_before.teach.results import Item, Results

UNEXPLAINED = "of nothing that is known: neither the files nor the workbook changed"


@dataclass(frozen=True)
class Score:
    """What a unit came to.

    points: of `most`; None where there is no verdict. mark: what the course made of them, or None.
    """

    points: float | None
    most: float
    mark: float | None


@dataclass(frozen=True)
class Difference:
    """One unit of one student whose result is another one now.

    old, new: what it came to, then and now. reasons: what of ours or theirs changed;
    checks: what changed in the report, each as a sentence. unexplained: nothing changed that a
    verdict can hang on, and yet the verdict did: a defect of the grader.
    """

    student: str
    unit: str
    old: Score
    new: Score
    reasons: tuple[str, ...]
    checks: tuple[str, ...]

    @property
    def unexplained(self) -> bool:
        """Whether the same work under the same workbook got another result."""
        return not self.reasons


def take_over(old: Results, new: Results, units: Sequence[Unit]) -> list[intake.Taken]:
    """Take the files and the course of one results folder into another, for today's workbook.

    Errors: InputError when an item of the old folder is damaged, or the new one cannot be written.
    """
    parts = {unit.path: workbook_parts(unit) for unit in units}
    taken = intake.read(old)
    for each in taken:
        each.items = {
            unit: new.add(unit, old.item(key).files, parts[unit])
            for unit, key in each.items.items()
            if unit in parts
        }
    intake.write_again(new, taken, old)
    marks.keep_course(new, marks.course_text(old))
    return taken


def differences(old: Results, new: Results) -> Iterator[Difference]:
    """Where two results folders differ, by student and unit. Errors: InputError."""
    before = {each.student.id: each for each in intake.read(old)}
    after = {each.student.id: each for each in intake.read(new)}
    then, now = _marks(old), _marks(new)
    for id in sorted(before | after):
        left, right = (side[id].items if id in side else {} for side in (before, after))
        for unit in sorted(left | right):
            one = _Side(old, left.get(unit), then.get((id, unit)))
            two = _Side(new, right.get(unit), now.get((id, unit)))
            if found := _compare(id, unit, one, two):
                yield found


def _marks(results: Results) -> dict[tuple[str, str], float | None]:
    """The mark of each unit as the folder has it, by student and unit; none before its first end."""
    written = results.read_json(table.FILE) or {"students": []}
    return {
        (student["id"], unit["unit"]): unit["final"]
        for student in written["students"]
        for unit in student["units"]
    }


@dataclass(frozen=True)
class _Side:
    """An item in its folder, and its mark; key None: not handed in there."""

    results: Results
    key: str | None
    mark: float | None

    @property
    def item(self) -> Item | None:
        return self.results.item(self.key) if self.key else None

    @property
    def report(self) -> UnitReport | None:
        return self.results.report(self.key) if self.key else None

    @property
    def score(self) -> Score:
        report = self.report
        graded = report and not report.ungraded_points
        points = report.points if report and graded else None
        return Score(points, report.max_points if report else 0.0, self.mark)


def _compare(id: str, unit: str, old: _Side, new: _Side) -> Difference | None:
    before, after = old.report, new.report
    checks = tuple(_changes(before, after))
    if not checks:
        return None
    reasons = (*_reasons(old.item, new.item), *_no_verdict(old, "then"), *_no_verdict(new, "now"))
    return Difference(id, unit, old.score, new.score, reasons, checks)


def _reasons(old: Item | None, new: Item | None) -> Iterator[str]:
    if old is None or new is None:
        yield "handed in only " + ("now" if old is None else "then")
        return
    if old.files.digest != new.files.digest:
        yield "other files were handed in"
    for part in sorted(old.workbook.keys() | new.workbook.keys()):
        if old.workbook.get(part) != new.workbook.get(part):
            yield f"{part} changed"


def _no_verdict(side: _Side, when: str) -> Iterator[str]:
    if side.key and side.report is None:
        yield f"it is not graded {when}" if when == "now" else "it was not graded then"
    elif side.report and side.report.ungraded_points:
        yield f"a fault of the grader {when}"


def _changes(old: UnitReport | None, new: UnitReport | None) -> Iterator[str]:
    """What differs between two reports, check by check."""
    before, after = _by_name(old), _by_name(new)
    for name in [*before, *(name for name in after if name not in before)]:
        left, right = before.get(name), after.get(name)
        if left is None or right is None:
            there = left or right
            assert there
            yield f"{name}: {'gone' if left else 'new'}, {_told(there)}"
        elif _told(left) != _told(right):
            yield f"{name}: {_told(left)}, now {_told(right)}"
        elif left != right:
            yield f"{name}: {_told(left)} as before, told otherwise"
    said, says = ([judge.message for judge in side.judges] if side else [] for side in (old, new))
    if old and new and said != says:
        yield "a judge has something else to say"


def _by_name(report: UnitReport | None) -> dict[str, CheckResult]:
    return {
        each.check.name: replace(each, duration_s=0.0)
        for each in (report.results if report else ())
    }


def _told(result: CheckResult) -> str:
    how = f" ({result.how})" if result.how else ""
    return f"{result.status}{how}, {result.points:g} of {result.check.points:g}"


def sentence(difference: Difference) -> str:
    """A difference for a person: the scores side by side, then why, then each check."""
    why = "; ".join(difference.reasons) or UNEXPLAINED
    scores = _side_by_side(difference.old, difference.new)
    lines = [f"{difference.student}  {difference.unit}  {scores}  because {why}"]
    return "\n    ".join([*lines, *difference.checks])


def _side_by_side(old: Score, new: Score) -> str:
    """The points, with what they are of where that has changed; the marks, where these differ."""
    points = _number(old.points), _number(new.points)
    marked = _number(old.mark), _number(new.mark)
    if old.most and new.most and old.most != new.most:
        shown = f"{points[0]} of {old.most:g} -> {points[1]} of {new.most:g}"
    else:
        shown = f"{points[0]} -> {points[1]}"
    return shown if marked in (points, ("-", "-")) else f"{shown}, mark {marked[0]} -> {marked[1]}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:g}"


def summary(found: Sequence[Difference]) -> str:
    """The last line: how many differ, and how many of them should not."""
    if not found:
        return "every result is the same as before."
    odd = sum(each.unexplained for each in found)
    words = "1 result differs" if len(found) == 1 else f"{len(found)} results differ"
    if odd:
        return f"{words}; {odd} of them without a reason: that is a defect of the grader."
    return f"{words}, each for the reason given."
