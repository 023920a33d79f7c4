"""`teach`: what an instructor does: grade a class, export its marks, release the workbook."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

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
        click.option(
            "--slurm-args",
            default="",
            help="For sbatch: '--partition=short --account=cs101 --time=2:00:00'.",
        ),
        click.option("--fresh", is_flag=True, help="Judge again what is already known."),
        click.option(
            "--no-sandbox", is_flag=True, help="Without isolation: only for trusted code."
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def _engines(
    jobs: int | None, engine: str, slurm_args: str, fresh: bool, no_sandbox: bool
) -> tuple[Engine, Engine]:
    """The engine that was asked for, and one with a single worker. Errors: InputError."""
    from happens_before.teach.engines import ENGINES

    if engine not in ENGINES:
        raise InputError(f"there is no engine '{engine}'.", to_do=f"Engines: {', '.join(ENGINES)}.")
    options = ["--fresh"] * fresh + ["--no-sandbox"] * no_sandbox
    try:
        arguments = shlex.split(slurm_args)
    except ValueError as error:
        raise InputError(f"--slurm-args: {error}.") from None
    make = ENGINES[engine]
    return make(jobs, options, arguments), make(1, [*options, "--alone"], arguments)


def _graded(results: Results, taken: Sequence[Taken], engines: tuple[Engine, Engine]) -> int:
    """Grade what is not finished, with progress, and say what became of it. Returns the status."""
    from happens_before.render import meter
    from happens_before.teach import summary
    from happens_before.teach.batch import Batch
    from rich.console import Console

    with meter.Meter(Console(highlight=False)) as shown:
        batch = Batch(results, taken, shown.show)
        counts = batch.run(*engines)
    missing = summary.write_all(results)
    for line in (*missing, *summary.lines(results, taken, batch.faults)):
        click.echo(line)
    unread = any(each.problem for each in taken)
    return EXIT_STATUS[Status.UNGRADED] if counts.ungraded or unread or missing else 0


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

    Exit status: 0 all that was handed in is graded, 2 bad input, 3 something is ungraded, could not
    be read or is nobody's, or a page could not be made.

    For example: grader/grade teach batch hw4/ --units 04-mutex --roster class.csv --out hw4-results
    """
    from happens_before.commands.check import chosen_units
    from happens_before.teach import intake
    from happens_before.teach import marks
    from happens_before.teach.handins import roster
    from happens_before.teach.handins.gather import gather
    from happens_before.teach.results import Results

    engines = _engines(**grading)
    chosen = chosen_units(tuple(units.split(",")) if units else ())
    if out.resolve().is_relative_to(submissions.resolve()):
        raise InputError("lies among the submissions.", out, "Name a folder outside of them.")
    named = roster.load(roster_file) if roster_file else None
    rules, text = marks.checked_course(course, named) if course else (None, None)
    gathered = gather(submissions, named, platform, rules.zone if rules else None)
    results = Results.create(out, [unit.path for unit in chosen])
    with results.held():
        marks.keep_course(results, text)
        taken = intake.take_in(results, gathered, chosen)
        status = _graded(results, taken, engines)
        return EXIT_STATUS[Status.UNGRADED] if gathered.unmatched else status


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


@teach.command()
@click.argument("place", metavar="DIR", type=FOLDER)
@click.option("--units", metavar="NAME,...", help="Only these, and what they build on.")
@click.option(
    "--foundations",
    type=click.Choice(["object", "source"]),
    default="object",
    show_default=True,
    help="How the references come along that other units build on.",
)
@click.option("--zip", "zip_file", type=FOLDER, help="Also write a .zip.")
@click.option("--tar", "tar_file", type=FOLDER, help="Also write a .tar or a .tar.gz.")
def release(
    place: Path, units: str | None, foundations: str, zip_file: Path | None, tar_file: Path | None
) -> int:
    """Make the students' edition in DIR, which must be empty or not there.

    It has no reference answers, mutants, alternates and hidden checks. Some units are linked with
    the references of earlier ones. These come as objects: compiled, for machines like this one. With
    `--foundations source` they can be read, and fit every machine.

    \b
    Example:  grader/grade teach release ~/students --tar students.tar.gz
    """
    from happens_before.teach.release import make

    names = tuple(filter(None, (units or "").split(",")))
    order = make.Order(place, names, foundations, zip_file, tar_file)
    click.echo("\n".join(make.told(order, make.release(order))))
    return 0


@teach.command(hidden=True)
@click.argument("directory", type=FOLDER)
@click.option("--fresh", is_flag=True, help="Judge again what is already known.")
@click.option("--no-sandbox", is_flag=True, help="Run without isolation.")
@click.option("--alone", is_flag=True, help="Nothing else runs: these verdicts stand.")
@click.option("--keys", type=click.File(), help="A file of keys. Default: standard input.")
def work(directory: Path, fresh: bool, no_sandbox: bool, alone: bool, keys: IO[str] | None) -> int:
    """Grade the items of a results folder whose keys come in, one a line; a line goes out for each."""
    from happens_before.commands.check import make_grader
    from happens_before.teach import worker
    from happens_before.teach.results import Results

    grader = make_grader(fresh, no_sandbox, jobs=1)
    named = map(str.strip, keys) if keys else worker.keys_from(sys.stdin, grader)
    worker.work(Results.open(directory), named, grader, worker.say, alone)
    return 0


@teach.command("map")
@click.argument("submissions", type=FOLDER)
@_whose
@click.option("--course", "course_file", type=FOLDER, help="The course.toml: its time zone.")
@click.option("--csv", "csv_file", type=FOLDER, help="Write the mapping as CSV too.")
def map_submissions(
    submissions: Path,
    roster_file: Path | None,
    platform: str | None,
    course_file: Path | None,
    csv_file: Path | None,
) -> int:
    """Whose each submission in a folder is, and why. Exit status 1 when one is nobody's.

    For example: grader/grade teach map hw4/ --roster class.csv
    """
    from happens_before.core.cache import write_atomically
    from happens_before.teach.handins import mapping
    from happens_before.teach import marks
    from happens_before.teach.handins import roster
    from happens_before.teach.handins import sheet
    from happens_before.teach.handins.gather import gather

    people = roster.load(roster_file) if roster_file else None
    zone = marks.checked_course(course_file, people)[0].zone if course_file else None
    gathered = gather(submissions, people, platform, zone)
    for line in mapping.lines(gathered):
        click.echo(line)
    if csv_file:
        write_atomically(csv_file, sheet.write(mapping.rows(gathered)))
    return 1 if gathered.unmatched else 0


for command in (export.export, export.package, report.feedback, report.report, report.similar):
    teach.add_command(command)
