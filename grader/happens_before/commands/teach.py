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
