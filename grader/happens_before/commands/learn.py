"""`status`, `hint`, `attempt`, `demo`, `bench`, `plot`, `editor`: the reader's commands beside `check`."""

from __future__ import annotations

from pathlib import Path

import click

from happens_before.commands.check import chosen_units, grade, make_grader, unit_or_working
from happens_before.core import unit as units
from happens_before.core import workbook
from happens_before.core.errors import GraderFault


@click.command()
def status() -> int:
    """The map of the course: your progress, and the one next step."""
    from happens_before.learn import progress
    from happens_before.render import overview
    from rich.console import Console

    chosen, (known, before) = chosen_units(()), progress.look()
    standings = [progress.standing(unit, known) for unit in chosen]
    changes = [c for unit in chosen if (c := progress.change(unit, known, before))]
    overview.show(Console(highlight=False), standings, changes)
    return 0


@click.command()
@click.argument("name", metavar="[UNIT]", required=False)
@click.option("--tier", type=click.IntRange(1, 3), default=1, help="How much to tell: 1 to 3.")
def hint(name: str | None, tier: int) -> int:
    """A hint for the first check that failed last time: of UNIT, or of the one that is worked at."""
    from happens_before.learn import hints, progress

    unit = unit_or_working(name)
    standing = progress.standing(unit, progress.recall())
    if standing.next_step == 0:
        click.echo(f"{unit.name} is done: nothing is left to hint at.")
        return 0
    heading, chosen = hints.fitting(unit, standing)
    click.echo(f"{heading}\n")
    for number, text in enumerate(chosen.tiers[:tier], 1):
        click.echo(f"{number}. {text.strip()}\n")
    if tier < len(chosen.tiers):
        click.echo(f"More: make hint U={unit.name} N={tier + 1}")
    return 0


@click.command()
@click.argument("name", metavar="UNIT")
@click.argument("attempt_name", metavar="[ATTEMPT]", required=False)
def attempt(name: str, attempt_name: str | None) -> int:
    """Grade one of a chapter's naive attempts; without a name, list them."""
    from happens_before.core.pipeline import Selection
    from happens_before.learn import attempts

    unit = units.load(workbook.find_unit(name))
    found = attempts.load(unit)
    if attempt_name is None:
        for item in found.values():
            click.echo(f"{item.name:<20} {item.shows}")
        return 0
    chosen = attempts.choose(found, attempt_name, unit)
    click.echo(f"{chosen.name}: {chosen.shows}")
    submission = attempts.as_submission(unit, chosen)
    grade(make_grader(), submission, [unit], Selection(checks=chosen.asked))
    return 0


@click.command()
def demo() -> int:
    """Grade a bundled, partly wrong submission, and say where to look next."""
    from happens_before.core.pipeline import Selection
    from happens_before.core.submission import open_submission
    from happens_before.learn import demo as bundled

    unit = units.load(workbook.find_unit(bundled.UNIT))
    click.echo(bundled.INTRODUCTION)
    opened = open_submission(bundled.DIRECTORY, [unit])
    report = grade(make_grader(), opened, [unit], Selection(), every=True)
    if odd := bundled.surprises(report):
        raise GraderFault(f"the demonstration went otherwise than planned: {'; '.join(odd)}.")
    click.echo(bundled.EPILOGUE)
    return 0


@click.command()
@click.argument("name", metavar="UNIT")
@click.option(
    "--submission",
    type=click.Path(path_type=Path),
    help="Measure the unit's files in this directory. Default: the reference, if it is here.",
)
def bench(name: str, submission: Path | None) -> int:
    """Measure a unit beside its peers. Runs without a sandbox: trusted code only."""
    from happens_before.learn import benchmark

    return benchmark.run(units.load(workbook.find_unit(name)), submission)


@click.command()
@click.argument("name", metavar="UNIT")
@click.option("--solution", is_flag=True, help="The reference instead of the workbook's own files.")
def plot(name: str, solution: bool) -> int:
    """Draw what a unit's code does under load. Runs without a sandbox: trusted code only."""
    from happens_before.learn import plot as plots

    drawn = plots.draw(units.load(workbook.find_unit(name)), solution)
    click.echo("\n".join((*drawn.summaries, str(drawn.file))))
    return 0


@click.command()
def editor() -> int:
    """Write compile_commands.json, so that editors know the flags of each C file."""
    from happens_before.learn.editor import FILE, write

    click.echo(f"{FILE.name}: {write()} files.")
    return 0


COMMANDS = (status, hint, attempt, demo, bench, plot, editor)
