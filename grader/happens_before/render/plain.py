"""Results as plain text of a bounded length, for formats with one field for all that is to be said."""

from __future__ import annotations

import io
import re

from rich.console import Console

from happens_before.core.errors import GraderFault
from happens_before.core.report import CheckResult, Place, Report, Status, UnitReport
from happens_before.render import terminal

MOST = 8_000  # characters told of one check
# What no format that we write can carry: control characters and halves of surrogate pairs.
NOT_TEXT = re.compile(r"[^\t\n\x20-\x7E\xA0-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")


def details(result: CheckResult, most: int = MOST) -> str:
    """What was promised, what happened and where, as lines; "" for a check that passed.

    most: of how many characters; what does not fit is counted, and it is said where the whole is.
    """
    if result.status is Status.PASS:
        return ""
    how = f"{result.how}: " if result.how not in ("", "fail", "rules", "missing") else ""
    lines = [f"promised: {result.check.promise}", f"happened: {how}{result.happened}"]
    lines += [f"where:    {_place(result.where)}"] if result.where else []
    for item in result.evidence:
        lines.append(item.text)
        lines += [f"    at {_place(place)}" for place in item.places]
    return bounded(clean("\n".join(lines)), most)


def bounded(text: str, most: int = MOST) -> str:
    """The text, or its beginning and how much of it is left out."""
    if len(text) <= most:
        return text
    word = "[{:,} more characters are left out here; `make check` of this unit tells all.]"
    kept = max(0, most - len(word) - len(f"{len(text):,}"))
    return f"{text[:kept]}\n{word.format(len(text) - kept)}"


def clean(text: str) -> str:
    """The text with a mark in place of each character that no format can carry."""
    return NOT_TEXT.sub("\N{REPLACEMENT CHARACTER}", text)


def score_line(part: Report | UnitReport, name: str) -> str:
    """NAME: 3 of 4 points, 1 ungraded."""
    ungraded = f", {part.ungraded_points:g} ungraded" if part.ungraded_points else ""
    return f"{name}: {part.points:g} of {part.max_points:g} points{ungraded}."


def whole(report: Report, width: int = 100) -> str:
    """All that the terminal would show of the report, without times and what was known before."""
    console = Console(file=io.StringIO(), width=width, highlight=False, no_color=True)
    terminal.show(console, report, every=True, times=False)
    assert isinstance(console.file, io.StringIO)
    return clean(console.file.getvalue())


def insist_on_verdicts(report: Report, platform: str) -> None:
    """For a platform that has no form for "ungraded", and would make a zero of it.

    Errors: GraderFault when the report is ungraded.
    """
    if report.status is Status.UNGRADED:
        raise GraderFault(f"{platform} gets no result, which would be a score: {why(report)}")


def why(report: Report) -> str:
    """What was not graded, and what the judges say of it."""
    lines = [score_line(report, "not all could be judged")]
    for unit in report.units:
        for judge in unit.judges:
            if judge.status is Status.UNGRADED:
                lines.append(f"{unit.unit}, {judge.judge}: {judge.message}")
    return clean("\n".join(lines))


def _place(place: Place) -> str:
    return f"{place}:  {place.text}" if place.text else str(place)
