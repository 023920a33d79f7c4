"""`teach`: what an instructor does: grade a class, export its marks, release the workbook."""

from __future__ import annotations

import sys
from pathlib import Path

import click

FOLDER = click.Path(path_type=Path)


@click.group()
def teach() -> None:
    """For instructors: grade a class, export its marks, make the students' edition."""


@teach.command(hidden=True)
@click.argument("directory", type=FOLDER)
@click.option("--fresh", is_flag=True, help="Judge again what is already known.")
@click.option("--no-sandbox", is_flag=True, help="Run without isolation.")
def work(directory: Path, fresh: bool, no_sandbox: bool) -> int:
    """Grade the items of a results folder whose keys come in, one a line; a line goes out for each."""
    from happens_before.commands.check import make_grader
    from happens_before.teach import worker
    from happens_before.teach.results import Results

    grader = make_grader(fresh, no_sandbox, jobs=1)
    keys = worker.keys_from(sys.stdin, grader)
    worker.work(Results.open(directory), keys, grader, worker.say)
    return 0


@teach.command("map")
@click.argument("submissions", type=FOLDER)
@click.option("--roster", "roster_file", type=FOLDER, help="A CSV that names the class.")
@click.option(
    "--platform",
    type=click.Choice(("gradescope", "moodle", "canvas", "git", "plain")),
    help="Whose export it is. Default: what it looks like.",
)
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
