"""What a course makes of the points of a report: lateness, and what each unit is worth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from happens_before.core.report import Report


@dataclass(frozen=True)
class Counted:
    """One unit. points: of `worth`; None: no mark, and it counts for neither. why: in words."""

    points: float | None
    worth: float
    why: str = ""


Counts = Mapping[str, Counted]  # by unit path; empty: points count as they are


def score_of(report: Report, counts: Counts) -> tuple[float, float]:
    """The points of a whole report, and the most that they can be."""
    if not counts:
        return report.points, report.max_points
    marks = [each for each in counts.values() if each.points is not None]
    # To a hundredth, as each mark is, and not as binary sums are.
    return round(sum(each.points or 0 for each in marks), 2), sum(each.worth for each in marks)


def sentences(counts: Counts) -> Iterator[str]:
    """What a student must know of each unit that has a rule of its own."""
    for unit, each in counts.items():
        if each.points is None:
            yield f"{unit}: {each.why or 'no mark'}."
        elif each.why:
            yield f"{unit}: {each.why}; it counts {each.points:g} of {each.worth:g} points."
