"""The class's report: one HTML page for the instructor, and the same numbers as JSON."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from markupsafe import Markup

from happens_before.core.cache import write_atomically
from happens_before.teach.pages import charts
from happens_before.teach.pages import html as pages
from happens_before.teach.pages.charts import Histogram
from happens_before.teach.pages.class_numbers import ENOUGH, SEVERAL
from happens_before.teach.pages.class_numbers import CheckNumbers, ClassNumbers, UnitNumbers
from happens_before.teach.results import Results
from happens_before.teach.similar import similarity
from happens_before.teach.similar.answers import Answer
from happens_before.teach.similar.groups import Group, Pair
from happens_before.teach.similar.sim_c import Run
from happens_before.teach.similar.similarity import Similar

SCHEMA = "happens-before/class-report/1"
PAGE, NUMBERS = "report.html", "report.json"
HARDEST = 12  # checks that are told first
RUNS_SHOWN, LINES_SHOWN = 2, 24  # of one pair
PAIRS_SHOWN = 12  # of one group


@dataclass(frozen=True)
class Side:
    """One answer's lines of a run, with where they begin."""

    answer: Answer
    place: str
    source: Markup


@dataclass(frozen=True)
class GroupView:
    """A group as the page shows it. excerpts: the longest runs of its closest pair."""

    group: Group
    excerpts: Sequence[tuple[Run, Side, Side]]


def write(
    results: Results, numbers: ClassNumbers, similar: Sequence[Similar], title: str = "The class"
) -> None:
    """Write report.html and report.json into a results folder. Errors: InputError; GraderFault."""
    text = json.dumps(to_json(numbers, similar), indent=1, ensure_ascii=False, allow_nan=False)
    write_atomically(results.directory / NUMBERS, text + "\n")
    write_atomically(results.directory / PAGE, page(numbers, similar, title))


def page(numbers: ClassNumbers, similar: Sequence[Similar], title: str) -> str:
    """The page. Errors: GraderFault without gnuplot."""
    every = [Histogram(numbers.histogram, _in_words("All units", numbers.histogram))]
    every += [
        Histogram(unit.histogram, _in_words(unit.title, unit.histogram)) for unit in numbers.units
    ]
    drawn = charts.draw(every)
    values = {
        "title": title,
        "numbers": numbers,
        "chart": drawn[0],
        "units": list(zip(numbers.units, drawn[1:])),
        "hardest": hardest(numbers.units),
        "flagged": flagged(numbers.units),
        "several": SEVERAL,
        "enough": ENOUGH,
        "hows": _total(unit.hows for unit in numbers.units),
        "bugs": _total(unit.bugs for unit in numbers.units),
        "lines_shown": LINES_SHOWN,
        "pairs_shown": PAIRS_SHOWN,
        "similar": [(each, [_view(group) for group in each.groups]) for each in similar],
    }
    return pages.fill("class_report.html.j2", values)


def hardest(units: Sequence[UnitNumbers]) -> list[tuple[UnitNumbers, CheckNumbers]]:
    """What the class did not understand: the checks that cost it the most points, worst first."""
    found = [(unit, check) for unit in units for check in unit.checks if check.failed]
    found.sort(key=lambda pair: (-(pair[1].difficulty or 0.0), -pair[1].check.points))
    return found[:HARDEST]


def flagged(units: Sequence[UnitNumbers]) -> Mapping[str, Sequence[str]]:
    """The checks to look at, as "unit check", by what is to be said of them."""
    found: dict[str, list[str]] = {}
    for unit in units:
        for each in unit.checks:
            if each.flag:
                found.setdefault(each.flag, []).append(f"{unit.path} {each.check.name}")
    return found


def _total(counts: Any) -> Mapping[str, int]:
    total: Counter[str] = Counter()
    for each in counts:
        total.update(each)
    return dict(total.most_common())


def _in_words(what: str, counts: Sequence[int]) -> str:
    told = [f"{n} from {at * 10} to {at * 10 + 10} %" for at, n in enumerate(counts) if n]
    return f"{what}: {', '.join(told) or 'nobody has a score yet'}."


def _view(group: Group) -> GroupView:
    closest = group.pairs[0] if group.pairs else None
    shown = [_excerpt(closest, run) for run in closest.runs[:RUNS_SHOWN]] if closest else []
    return GroupView(group, shown)


def _excerpt(pair: Pair, run: Run) -> tuple[Run, Side, Side]:
    return run, _side(pair.one, run.first, run.last), _side(pair.two, run.two_first, run.two_last)


def _side(answer: Answer, first: int, last: int) -> Side:
    lines = answer.excerpt(first, min(last, first + LINES_SHOWN - 1))
    name, number, _ = lines[0]
    text = "\n".join(text for _, _, text in lines)
    return Side(answer, f"{name}:{number}", pages.numbered(text, number))


def to_json(numbers: ClassNumbers, similar: Sequence[Similar]) -> dict[str, Any]:
    """In the form of grader/schema/class-report.schema.json."""
    alike = {each.unit: similarity.to_json(each) for each in similar}
    return {
        "schema": SCHEMA,
        "students": numbers.students,
        "handed_in": numbers.handed_in,
        "graded": numbers.graded,
        "absent": [student.id for student in numbers.absent],
        "problems": [{"student": each.id, "reason": why} for each, why in numbers.problems],
        "unmatched": [{"file": name, "reason": why} for name, why in numbers.unmatched],
        "ungraded": [
            {"student": u.student.id, "unit": u.unit, "points": u.points, "reason": u.reason}
            for u in numbers.ungraded
        ],
        "shares": _scores(numbers.spread, numbers.histogram),
        "times": {
            "since_opening": numbers.times.since_opening,
            "handins": asdict(numbers.times.handins) if numbers.times.handins else None,
            "hours": asdict(numbers.times.hours) if numbers.times.hours else None,
        },
        "units": [{**_unit(unit), "similar": alike.get(unit.path)} for unit in numbers.units],
    }


def _scores(spread: Any, histogram: Sequence[int]) -> dict[str, Any]:
    return {"spread": asdict(spread) if spread else None, "histogram": list(histogram)}


def _unit(unit: UnitNumbers) -> dict[str, Any]:
    return {
        "unit": unit.path,
        "title": unit.title,
        "max_points": unit.max_points,
        "handed_in": unit.handed_in,
        "scores": _scores(unit.spread, unit.histogram),
        "steps": [asdict(step) for step in unit.steps],
        "hows": unit.hows,
        "bugs": unit.bugs,
        "checks": [
            {
                "check": each.check.name,
                "step": each.check.step,
                "points": each.check.points,
                "hidden": each.check.hidden,
                "passed": each.passed,
                "failed": each.failed,
                "ungraded": each.ungraded,
                "hows": each.hows,
                "difficulty": each.difficulty,
                "discrimination": each.discrimination,
                "flag": each.flag,
            }
            for each in unit.checks
        ],
    }
