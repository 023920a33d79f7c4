"""The last failure: what the files as they stand fail, found by checking them again.

Unchanged files cost nothing, as their verdicts are kept; so no second record of failures is needed.
"""

from __future__ import annotations

from collections.abc import Sequence

from happens_before.core import unit as units
from happens_before.core.errors import InputError
from happens_before.core.pipeline import Grader, Selection
from happens_before.core.report import CheckResult, Status, UnitReport
from happens_before.core.submission import files_of, open_submission
from happens_before.explore import story_json
from happens_before.explore.story import Story
from happens_before.learn import progress
from happens_before.learn.progress import Known

EXPLORED = Selection(judges=frozenset({"explore"}))


def recheck(unit: units.Unit, grader: Grader, selection: Selection = Selection()) -> UnitReport:
    """The report on the workbook's own files."""
    submission = open_submission(unit.directory.parents[1], [unit])
    files = files_of(submission, unit, alone=True)
    assert files  # alone: what is missing is told as a problem
    return grader.grade_unit(unit, files, selection, lambda _: None)


def first(report: UnitReport, name: str = "", with_story: bool = False) -> CheckResult | None:
    """The failure to look at: of the first step that fails, with an interleaving if any has one.

    name: the check that is asked for. with_story: one with an interleaving, if any has one, whatever
    its step. None: nothing has failed. Errors: InputError when the unit
    has no such check.
    """
    results = [r for r in report.results if not name or name in (r.check.name, r.check.id)]
    if name and not results:
        failed = ", ".join(r.check.name for r in report.results if r.status is Status.FAIL)
        raise InputError(f"there is no check '{name}' here.", to_do=f"Failed: {failed or 'none'}.")
    failed_ones = [r for r in results if r.status is not Status.PASS and not r.check.hidden]
    told = [r for r in failed_ones if r.how != "not-run"] or failed_ones
    told.sort(key=lambda r: (with_story and r.story is None, r.check.step, r.story is None))
    return told[0] if told else None


def story_of(result: CheckResult) -> Story | None:
    """The interleaving of a failure, if it has one."""
    return story_json.from_json(result.story, result.check.name) if result.story else None


def unit_of_token(
    token: str, chosen: Sequence[units.Unit], known: Known, grader: Grader
) -> tuple[units.Unit, CheckResult] | None:
    """The failure that has this token, among those of the units that fail something explored."""
    for unit in chosen:
        seen = known.get(unit.path, {})
        if any(name.startswith("explore/") and s.status == "fail" for name, s in seen.items()):
            for result in recheck(unit, grader, EXPLORED).results:
                if result.story and result.story["fault"]["token"] == token:
                    return unit, result
    return None


def working_unit(chosen: Sequence[units.Unit], known: Known) -> units.Unit:
    """The unit that the reader works at. Errors: InputError when every one is done."""
    now = progress.current([progress.standing(unit, known) for unit in chosen])
    if now is None:
        raise InputError("every unit here is done.", to_do="Say which one: U=04-mutex.")
    return now.unit
