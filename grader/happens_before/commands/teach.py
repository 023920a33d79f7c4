"""`teach`: what an instructor does: grade a class, export its marks, release the workbook."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from happens_before.core.errors import InputError

FOLDER = click.Path(path_type=Path)


@click.group()
def teach() -> None:
    """For instructors: grade a class, export its marks, make the students' edition."""


@teach.command()
@click.argument("submissions", type=FOLDER)
@click.option("--out", type=FOLDER, required=True, help="The results folder: new, or begun before.")
@click.option("--units", help="Only these units, separated by commas. Default: all.")
@click.option("--jobs", type=click.IntRange(min=1), help="Workers. Default: one a processor.")
@click.option("--engine", default="local", show_default=True, help="Who grades: local or slurm.")
@click.option("--fresh", is_flag=True, help="Judge again what is already known.")
@click.option(
    "--no-sandbox", is_flag=True, help="Run without isolation. Only for code that you trust."
)
def batch(
    submissions: Path,
    out: Path,
    units: str | None,
    jobs: int | None,
    engine: str,
    fresh: bool,
    no_sandbox: bool,
) -> int:
    """Grade a folder of submissions. The same command goes on with a batch that was cut off.

    Exit status: 0 all that was handed in is graded, 2 bad input, 3 something is ungraded.
    """
    from happens_before.commands.check import chosen_units
    from happens_before.render import terminal
    from happens_before.render.meter import Meter
    from happens_before.teach import intake
    from happens_before.teach.batch import Batch
    from happens_before.teach.engines import ENGINES
    from happens_before.teach.gather import gather
    from happens_before.teach.results import Results
    from rich.console import Console

    chosen = chosen_units(tuple(units.split(",")) if units else ())
    if engine not in ENGINES:
        raise InputError(f"there is no engine '{engine}'.", to_do=f"Engines: {', '.join(ENGINES)}.")
    options = ["--fresh"] * fresh + ["--no-sandbox"] * no_sandbox
    make = ENGINES[engine]
    gathered = gather(submissions)
    results = Results.create(out, [unit.path for unit in chosen])
    console = Console(highlight=False)
    with results.held():
        taken = intake.take_in(results, gathered, chosen)
        with Meter(console) as meter:
            run = Batch(results, taken, meter.show)
            counts = run.run(make(jobs or os.cpu_count() or 1, options), make(1, options))
    return 3 if counts.ungraded else 0


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
