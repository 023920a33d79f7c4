"""`quiz` and `play`: what a reader predicts, and what a reader breaks."""

from __future__ import annotations

import shlex
import subprocess
import sys
from functools import partial

import click

from happens_before.commands.check import chosen_units, make_grader
from happens_before.core import unit as units
from happens_before.core import workbook
from happens_before.core.errors import InputError


@click.command()
@click.argument("name", metavar="UNIT")
@click.option("--question", metavar="ID", help="Only this one, by its number or its name.")
@click.option("--plain", is_flag=True, help="No colours.")
def quiz(name: str, question: str | None, plain: bool) -> int:
    """Predict, then run: a unit's questions, each answered before a command shows the truth."""
    from happens_before.learn import quiz as questions
    from happens_before.render import quiz as face
    from rich.console import Console

    unit = units.load(workbook.find_unit(name))
    chosen = questions.load(unit)
    if question:
        numbered = {str(number): each for number, each in enumerate(chosen, 1)}
        chosen = [q for key, q in numbered.items() if question in (key, q.id)]
        if not chosen:
            known = ", ".join(f"{key} {q.id}" for key, q in numbered.items())
            raise InputError(
                f"{unit.name} has no question '{question}'.", to_do=f"There are: {known}."
            )
    console = Console(highlight=False, no_color=plain or None)
    judge = partial(questions.judge, grader=partial(make_grader, fresh=True))
    right, asked = face.hold(chosen, console, judge, _run)
    if asked:
        click.echo(f"\n{right} of {asked} right at once.")
    return 0


def _run(command: str) -> None:
    """A question's own `make ...`, which the schema has checked."""
    sys.stdout.flush()
    subprocess.run(shlex.split(command), cwd=workbook.ROOT, check=False)


@click.command()
@click.argument("name", metavar="[UNIT]", required=False)
@click.argument("level", metavar="[LEVEL]", required=False)
@click.option("--yes", is_flag=True, help="Open the levels that show the reference.")
@click.option("--plain", is_flag=True, help="Lines instead of a moving picture; no colours.")
def play(name: str | None, level: str | None, yes: bool, plain: bool) -> int:
    """Be the adversary: choose who runs next, until a promise breaks.

    Without a level: list them. The record is the fewest choices that broke it.
    """
    from happens_before.learn import game, levels, progress
    from happens_before.render import play as face
    from happens_before.render.keys import can_move
    from happens_before.render.terminal import printable
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, no_color=plain or None)
    if name is None or level is None:
        for unit in chosen_units([name] if name else []):
            if there := levels.load(unit, yes or progress.has_passed(unit)):
                click.echo(f"\n{unit.name}: {unit.title}")
                for line in face.listing(there, progress.records(unit.path)):
                    console.print(line, soft_wrap=True)
        click.echo("\nmake play U=unit L=number")
        return 0
    unit = units.load(workbook.find_unit(name))
    chosen = levels.choose(levels.load(unit, yes or progress.has_passed(unit)), level)
    with game.Game(chosen) as playing:
        end = face.play(playing, console, can_move(console) and not plain)
    if not end.won:
        click.echo("left before anything broke.")
        return 0
    assert end.story and end.story.fault
    console.print(Text(printable(f"{chosen.name}: {end.story.fault.text}")))
    console.print(Text(f"The bug: {chosen.shows.rstrip('.')}."))
    before = progress.record(unit.path, chosen.name, end.choices)
    best = end.choices if before is None else min(before, end.choices)
    news = "the first win" if before is None else "a new record" if end.choices < before else ""
    click.echo(f"Won with {end.choices} choices; record: {best}{f' ({news})' if news else ''}.")
    return 0


COMMANDS = (quiz, play)
