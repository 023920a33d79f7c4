"""`check`: grade what stands in the workbook, or a submission."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from happens_before.core import unit as units
from happens_before.core import workbook
from happens_before.core.errors import GraderFault, InputError
from happens_before.core.report import EXIT_STATUS, Report

if TYPE_CHECKING:
    from happens_before.core.pipeline import Grader, Selection
    from happens_before.core.submission import Submission


@click.command()
@click.argument("names", nargs=-1, metavar="[UNIT]...")
@click.option(
    "--submission",
    type=click.Path(path_type=Path),
    help="A directory or an archive. Default: this workbook.",
)
@click.option("--step", type=click.IntRange(min=1), help="Only the checks of this step.")
@click.option(
    "--judge", "judges", multiple=True, help="Only this judge (may be given more than once)."
)
@click.option(
    "--json", "json_file", type=click.Path(path_type=Path), help="Write the report as JSON."
)
@click.option(
    "--junit", "junit_file", type=click.Path(path_type=Path), help="Write the report as JUnit XML."
)
@click.option(
    "--write",
    "writes",
    multiple=True,
    metavar="FORMAT=FILE",
    help="Write the report as json, junit, gradescope, classroom50, autolab or exercism.",
)
@click.option(
    "--hidden",
    type=click.Choice(["score", "name", "nothing", "everything"]),
    default="score",
    show_default=True,
    help="What --write tells students of hidden checks.",
)
@click.option(
    "--missing", is_flag=True, help="Grade the units, too, of which nothing was handed in."
)
@click.option("--all", "every", is_flag=True, help="Tell every failure at length.")
@click.option("--fresh", is_flag=True, help="Judge again what is already known.")
@click.option(
    "--no-sandbox", is_flag=True, help="Run without isolation. Only for code that you trust."
)
def check(
    names: tuple[str, ...],
    submission: Path | None,
    step: int | None,
    judges: tuple[str, ...],
    json_file: Path | None,
    junit_file: Path | None,
    writes: tuple[str, ...],
    hidden: str,
    missing: bool,
    every: bool,
    fresh: bool,
    no_sandbox: bool,
) -> int:
    """Grade units. Exit status: 0 all passed, 1 something failed, 2 bad input, 3 ungraded."""
    from happens_before.core.pipeline import Selection
    from happens_before.core.submission import open_submission
    from happens_before.learn import progress

    targets = _targets(json_file, junit_file, writes)
    chosen = chosen_units(names)
    _check_selection(chosen, step, judges)
    opened = open_submission(submission or workbook.ROOT, chosen)
    selection = Selection(step, frozenset(judges) or None)
    report = grade(make_grader(fresh, no_sandbox), opened, chosen, selection, every, missing)
    if not report.units:
        looked = ", ".join(f"{unit.path}/{unit.editable[0]}" for unit in chosen[:3])
        where = submission or workbook.ROOT
        raise InputError(
            "holds none of the files that were asked for.", where, f"Looked for {looked}."
        )
    if submission is None and not judges:
        progress.remember(report, units=chosen)
    _write(report, targets, hidden)
    return EXIT_STATUS[report.status]


def _targets(
    json_file: Path | None, junit_file: Path | None, writes: Sequence[str]
) -> list[tuple[str, Path]]:
    """The (format, file) pairs to write. Errors: InputError for an unknown format."""
    targets = [(name, file) for name, file in (("json", json_file), ("junit", junit_file)) if file]
    if not writes:
        return targets
    from happens_before.render.formats import FORMATS

    for text in writes:
        name, _, file = text.partition("=")
        if name not in FORMATS or not file:
            raise InputError(
                f"'--write {text}' is not FORMAT=FILE.", to_do=f"Formats: {', '.join(FORMATS)}."
            )
        targets.append((name, Path(file)))
    return targets


def _write(report: Report, targets: Sequence[tuple[str, Path]], hidden: str) -> None:
    """Write each file; one whose platform would make a zero of "ungraded" is removed instead.

    Errors: InputError naming a file that cannot be written; GraderFault for one that must not be.
    """
    if not targets:
        return
    from happens_before.core.cache import write_atomically
    from happens_before.render.formats import FORMATS
    from happens_before.render.students import Hidden

    faults: list[str] = []
    for name, file in targets:
        try:
            write_atomically(file, FORMATS[name].render(report, Hidden(hidden), {}))
        except GraderFault as fault:
            if file.is_file():
                file.unlink()
            faults.append(str(fault))
    if faults:
        raise GraderFault("\n".join(faults))


def unit_or_working(name: str | None) -> units.Unit:
    """The unit of this name, or the one that the reader works at. Errors: InputError."""
    from happens_before.learn import failure, progress

    if name:
        return units.load(workbook.find_unit(name))
    return failure.working_unit(chosen_units(()), progress.recall())


def chosen_units(names: Sequence[str]) -> list[units.Unit]:
    """The units of these names; all units when there is no name. Errors: InputError."""
    directories = [workbook.find_unit(name) for name in names] or workbook.unit_directories()
    if not directories:
        raise InputError("this workbook has no units yet.", workbook.ROOT)
    return [units.load(directory) for directory in dict.fromkeys(directories)]


def make_grader(fresh: bool = False, no_sandbox: bool = False, jobs: int | None = None) -> Grader:
    """A grader on this machine's sandbox and cache. Errors: GraderFault without a sandbox.

    jobs: how many of its processes work at one time; default: one for each processor.
    """
    from happens_before.core.cache import Cache
    from happens_before.core.pipeline import Grader
    from happens_before.sandbox import SandboxError, find_sandbox

    try:
        sandbox = find_sandbox(allow_none=no_sandbox)
    except SandboxError as error:
        raise GraderFault(str(error)) from None
    return Grader(sandbox, Cache(workbook.CACHE), jobs, fresh)


def grade(
    grader: Grader,
    submission: Submission,
    chosen: list[units.Unit],
    selection: Selection,
    every: bool = False,
    missing: bool = False,
) -> Report:
    """Grade with progress on a terminal, and show the report.

    missing: units of which the submission holds nothing are graded as well.
    """
    from happens_before.render import terminal
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=False)
    with terminal.Progress(console) as progress:
        report = grader.grade(submission, chosen, selection, progress.tell, missing)
    if report.units:
        terminal.show(console, report, every)
    if selection.step is None and selection.judges is None:
        for line in _withheld(chosen, report):
            console.print(line, soft_wrap=True)
    if grader.not_kept:
        click.echo(f"warning: {grader.not_kept}", err=True)
    return report


def _withheld(chosen: Sequence[units.Unit], report: Report) -> Iterator[str]:
    """A sentence for each graded unit of which a students' edition lacks checks."""
    graded = {unit.unit for unit in report.units}
    for unit in chosen:
        checks, points = unit.withheld.checks, unit.withheld.points
        if checks and unit.path in graded:
            told = f"{checks} hidden check{'s' * (checks != 1)}, which your instructor runs"
            yield f"  {unit.path}: {points:g} more points come from {told}."


def _check_selection(chosen: Sequence[units.Unit], step: int | None, judges: Sequence[str]) -> None:
    known = {check.judge for unit in chosen for check in unit.checks}
    if odd := sorted(set(judges) - known):
        raise InputError(f"no judge '{odd[0]}' here.", to_do=f"Judges: {', '.join(sorted(known))}.")
    for unit in chosen:
        if step and len(chosen) > 1:
            raise InputError("STEP needs one unit.", to_do="Say which: U=04-mutex STEP=1.")
        if step and step > len(unit.steps):
            raise InputError(f"{unit.name} has {len(unit.steps)} steps, not {step}.")


COMMANDS = (check,)
