"""The table bug class x judge in README.md: which judge is proved to catch which kind of bug."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from happens_before.core import workbook
from happens_before.core.errors import GraderFault
from happens_before.core.pipeline import Grader, Selection
from happens_before.core.report import Status, UnitReport
from happens_before.core.unit import Unit
from happens_before.judges import JUDGES
from happens_before.maintain.section import Section
from happens_before.maintain.variants import Mutant, mutants

SECTION = Section(
    workbook.ROOT / "README.md",
    "<!-- bug class x judge: written by `make table` -->",
    "<!-- end of the table -->",
)


def escaped(mutant: Mutant, report: UnitReport) -> list[str]:
    """The checks that the mutant's header names and that did not fail on it."""
    failed = {r.check.name for r in report.results if r.status is Status.FAIL}
    return [name for name in mutant.caught_by if name not in failed]


def observe(grader: Grader, units: Iterable[Unit]) -> list[Mutant]:
    """Run each mutant through the checks that must catch it, and give all of them back.

    Errors: GraderFault when one is not caught as its header says.
    """
    seen = []
    for unit in units:
        for mutant in mutants(unit):
            report = grader.grade_unit(unit, mutant.files, selection_of(mutant), lambda _: None)
            if missed := escaped(mutant, report):
                raise GraderFault(f"{unit.name}: the mutant {mutant.name} escapes {missed}.")
            seen.append(mutant)
    return seen


def selection_of(mutant: Mutant) -> Selection:
    """The checks that a mutant's header names: what the others say proves nothing."""
    return Selection(checks=frozenset(mutant.caught_by))


def render(seen: Sequence[Mutant]) -> str:
    """Markdown: a row a bug class, a column a judge, in each cell caught of all mutants."""
    judges = [judge.name for judge in JUDGES if judge.name != "build"]
    by_class: dict[str, list[Mutant]] = defaultdict(list)
    for mutant in seen:
        by_class[mutant.bug_class].append(mutant)
    lines = [
        "| bug class | mutants | " + " | ".join(judges) + " |",
        "| --- | --: |" + " :-: |" * len(judges),
    ]
    for name in sorted(by_class):
        group = by_class[name]
        cells = [_cell(judge, group) for judge in judges]
        lines.append(f"| {name} | {len(group)} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(judge: str, group: Sequence[Mutant]) -> str:
    caught = sum(any(c.startswith(f"{judge}/") for c in mutant.caught_by) for mutant in group)
    return "all" if caught == len(group) else str(caught) if caught else "-"
