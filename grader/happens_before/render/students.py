"""What students may see of a report: hidden checks as the instructor sets, the rest as it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from enum import StrEnum

from happens_before.core.report import CheckResult, JudgeReport, Report, Status, UnitReport

NOT_SHOWN = "a hidden check: its name and its points are all that is shown."


class Hidden(StrEnum):
    """What students see of a hidden check.

    SCORE: its name and its points. NAME: its name only. NOTHING: not even that. EVERYTHING: all that
    they see of any other check.
    """

    SCORE = "score"
    NAME = "name"
    NOTHING = "nothing"
    EVERYTHING = "everything"


Hiding = Hidden | Mapping[str, Hidden]  # for every unit, or by unit path


def hidden_in(hiding: Hiding, unit: str) -> Hidden:
    """What students see of the hidden checks of one unit; SCORE where nobody says."""
    return hiding if isinstance(hiding, Hidden) else hiding.get(unit, Hidden.SCORE)


def for_students(report: Report, hiding: Hiding = Hidden.SCORE) -> Report:
    """The report as its student may read it; the points of what is not shown are not counted in it.

    With NAME a note names the hidden checks of each unit, and with NOTHING they leave no trace.
    """
    units = [_unit(unit, hidden_in(hiding, unit.unit)) for unit in report.units]
    named = [unit for unit in report.units if hidden_in(hiding, unit.unit) is Hidden.NAME]
    return replace(report, units=units, notes=[*report.notes, *_names(named)])


def _unit(unit: UnitReport, hidden: Hidden) -> UnitReport:
    if hidden is Hidden.EVERYTHING:
        return unit
    return replace(unit, judges=list(_judges(unit, hidden)))


def _judges(unit: UnitReport, hidden: Hidden) -> Iterable[JudgeReport]:
    for judge in unit.judges:
        if hidden is Hidden.SCORE:
            checks = [_closed(r) if r.check.hidden else r for r in judge.checks]
        else:
            checks = [result for result in judge.checks if not result.check.hidden]
        if checks:
            yield replace(judge, checks=checks)


def _closed(result: CheckResult) -> CheckResult:
    """The result without what would tell how the check is made."""
    check = replace(result.check, promise=NOT_SHOWN)
    passed = result.status is Status.PASS
    how = "fail" if result.status is Status.FAIL else ""
    return CheckResult(check, result.status, how, "" if passed else NOT_SHOWN)


def _names(units: Iterable[UnitReport]) -> Iterable[str]:
    for unit in units:
        if names := [result.check.name for result in unit.results if result.check.hidden]:
            yield f"{unit.unit} has hidden checks, whose results are not shown: {', '.join(names)}."
