"""`teach`: what an instructor does: grade a class, export its marks, release the workbook."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from happens_before.commands import export, report
from happens_before.core.errors import InputError
from happens_before.core.report import EXIT_STATUS, Status

if TYPE_CHECKING:
    from happens_before.teach.engines.base import Engine
    from happens_before.teach.intake import Taken
    from happens_before.teach.results import Results

FOLDER = click.Path(path_type=Path)


@click.group()
def teach() -> None:
    """For instructors: grade a class, export its marks, make the students' edition."""


def _whose(command: Callable[..., int]) -> Callable[..., int]:
    """The options that say whose a submission is."""
    platforms = click.Choice(("gradescope", "moodle", "canvas", "git", "plain"))
    options = (
        click.option("--roster", "roster_file", type=FOLDER, help="A CSV that names the class."),
        click.option(
            "--platform", type=platforms, help="Whose export it is. Default: what it looks like."
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def _grading(command: Callable[..., int]) -> Callable[..., int]:
    """The options of the commands that grade a class."""
    options = (
        click.option(
            "--jobs", type=click.IntRange(min=1), help="Workers; default: all processors."
        ),
        click.option(
            "--engine", default="local", show_default=True, help="Who grades: local or slurm."
        ),
        click.option("--fresh", is_flag=True, help="Judge again what is already known."),
        click.option(
            "--no-sandbox", is_flag=True, help="Without isolation: only for trusted code."
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def _engines(jobs: int | None, engine: str, fresh: bool, no_sandbox: bool) -> tuple[Engine, Engine]:
    """The engine that was asked for, and one with a single worker. Errors: InputError."""
    from happens_before.teach.engines import ENGINES

    if engine not in ENGINES:
        raise InputError(f"there is no engine '{engine}'.", to_do=f"Engines: {', '.join(ENGINES)}.")
    options = ["--fresh"] * fresh + ["--no-sandbox"] * no_sandbox
    make = ENGINES[engine]
    return make(jobs or len(os.sched_getaffinity(0)), options), make(1, [*options, "--alone"])


def _graded(results: Results, taken: Sequence[Taken], engines: tuple[Engine, Engine]) -> int:
    """Grade what is not finished, with progress, and say what became of it. Returns the status."""
    from happens_before.render import meter
    from happens_before.teach import summary
    from happens_before.teach.batch import Batch
    from rich.console import Console

    with meter.Meter(Console(highlight=False)) as shown:
        batch = Batch(results, taken, shown.show)
        counts = batch.run(*engines)
    summary.write_all(results)
    for line in summary.lines(results, taken, batch.faults):
        click.echo(line)
    return EXIT_STATUS[Status.UNGRADED] if counts.ungraded else 0


@teach.command()
@click.argument("submissions", type=FOLDER)
@click.option("--out", type=FOLDER, required=True, help="The results folder: new, or begun before.")
@click.option("--units", help="Only these units, separated by commas. Default: all.")
@_whose
@click.option("--course", type=FOLDER, help="A course.toml: deadlines, late rules, exceptions.")
@_grading
def batch(
    submissions: Path,
    out: Path,
    units: str | None,
    roster_file: Path | None,
    platform: str | None,
    course: Path | None,
    **grading: Any,
) -> int:
    """Grade a folder of submissions. The same command goes on with a batch that was cut off.

    Exit status: 0 all that was handed in is graded, 2 bad input, 3 something is ungraded.

    For example: grader/grade teach batch hw4/ --units 04-mutex --roster class.csv --out hw4-results
    """
    from happens_before.commands.check import chosen_units
    from happens_before.teach import intake, marks, roster
    from happens_before.teach.gather import gather
    from happens_before.teach.results import Results

    engines = _engines(**grading)
    chosen = chosen_units(tuple(units.split(",")) if units else ())
    named = roster.load(roster_file) if roster_file else None
    rules = marks.checked_course(course, named) if course else None
    gathered = gather(submissions, named, platform)
    results = Results.create(out, [unit.path for unit in chosen])
    with results.held():
        marks.keep_course(results, rules)
        taken = intake.take_in(results, gathered, chosen)
        return _graded(results, taken, engines)


@teach.command()
@click.argument("directory", type=FOLDER)
@click.option("--out", type=FOLDER, required=True, help="The new results folder.")
@click.option("--compare", is_flag=True, help="Show old and new scores, and why they differ.")
@_grading
def regrade(directory: Path, out: Path, compare: bool, **grading: Any) -> int:
    """Grade the files of a results folder again, with today's workbook.

    Exit status: 0 graded, 1 with --compare: a result differs that should not, 2 bad input, 3
    something is ungraded.
    """
    from happens_before.commands.check import chosen_units
    from happens_before.teach import regrade as again
    from happens_before.teach.results import Results

    engines = _engines(**grading)
    old = Results.open(directory)
    if out.resolve() == directory.resolve():
        raise InputError("is the folder of the old results.", out, "Name another one with --out.")
    chosen = chosen_units(old.units())
    new = Results.create(out, old.units())
    with new.held():
        status = _graded(new, again.take_over(old, new, chosen), engines)
    if not compare:
        return status
    found = list(again.differences(old, new))
    for each in found:
        click.echo(again.sentence(each))
    click.echo(again.summary(found))
    return status or int(any(each.unexplained for each in found))


@teach.command()
@click.argument("directory", type=FOLDER)
@click.option("--students", type=click.IntRange(min=1), default=12, show_default=True)
@click.option("--units", help="Only these units, separated by commas. Default: all.")
def example(directory: Path, students: int, units: str | None) -> int:
    """Make up a class to try these commands on: submissions, a roster and a course.toml."""
    from happens_before.commands.check import chosen_units
    from happens_before.teach import example as examples

    examples.write(directory, students, chosen_units(tuple(units.split(",")) if units else ()))
    click.echo(f"{directory}: submissions/ of {students} students, roster.csv, course.toml.")
    return 0


@teach.command(hidden=True)
@click.argument("directory", type=FOLDER)
@click.option("--fresh", is_flag=True, help="Judge again what is already known.")
@click.option("--no-sandbox", is_flag=True, help="Run without isolation.")
@click.option("--alone", is_flag=True, help="Nothing else runs: these verdicts stand.")
def work(directory: Path, fresh: bool, no_sandbox: bool, alone: bool) -> int:
    """Grade the items of a results folder whose keys come in, one a line; a line goes out for each."""
    from happens_before.commands.check import make_grader
    from happens_before.teach import worker
    from happens_before.teach.results import Results

    grader = make_grader(fresh, no_sandbox, jobs=1)
    keys = worker.keys_from(sys.stdin, grader)
    worker.work(Results.open(directory), keys, grader, worker.say, alone)
    return 0


@teach.command("map")
@click.argument("submissions", type=FOLDER)
@_whose
@click.option("--csv", "csv_file", type=FOLDER, help="Write the mapping as CSV too.")
def map_submissions(
    submissions: Path, roster_file: Path | None, platform: str | None, csv_file: Path | None
) -> int:
    """Whose each submission in a folder is, and why. Exit status 1 when one is nobody's.

    For example: grader/grade teach map hw4/ --roster class.csv
    """
    from happens_before.core.cache import write_atomically
    from happens_before.teach import mapping, roster, sheet
    from happens_before.teach.gather import gather

    gathered = gather(submissions, roster.load(roster_file) if roster_file else None, platform)
    for line in mapping.lines(gathered):
        click.echo(line)
    if csv_file:
        write_atomically(csv_file, sheet.write(mapping.rows(gathered)))
    return 1 if gathered.unmatched else 0


for command in (export.export, export.package, report.feedback, report.report, report.similar):
    teach.add_command(command)
