"""`diff`, `reset`, `solution`, `handin`: the reader's own files."""

from __future__ import annotations

from pathlib import Path

import click

from happens_before.commands.check import chosen_units, grade, make_grader
from happens_before.core import unit as units
from happens_before.core import workbook
from happens_before.core.report import EXIT_STATUS


@click.command()
@click.argument("name", metavar="UNIT")
def diff(name: str) -> int:
    """What you have changed since the skeleton."""
    from happens_before.learn import own
    from happens_before.render.terminal import printable
    from rich.console import Console
    from rich.text import Text

    styles = {"+": "green", "-": "red", "@": "cyan"}
    console, seen = Console(highlight=False), False
    for line in own.diff(units.load(workbook.find_unit(name))):
        console.print(Text(printable(line), styles.get(line[:1], "")), soft_wrap=True)
        seen = True
    if not seen:
        click.echo("nothing: the files are the skeleton's.")
    return 0


@click.command()
@click.argument("name", metavar="UNIT")
def reset(name: str) -> int:
    """Put the skeleton back; your files are kept beside it."""
    from happens_before.learn import own

    unit = units.load(workbook.find_unit(name))
    changed = own.reset(unit)
    for file, copy in changed:
        kept = f"yours is kept as {_shown(copy)}" if copy else "it was gone or empty"
        click.echo(f"{_shown(file)} is the skeleton again; {kept}.")
    if not changed:
        click.echo(f"nothing to do: {unit.name} is as it was given out.")
    return 0


@click.command(hidden=not (workbook.ROOT / "solutions").is_dir())
@click.argument("name", metavar="UNIT")
@click.option("--yes", is_flag=True, help="Show it, though the unit is not passed yet.")
def solution(name: str, yes: bool) -> int:
    """The reference answer, once you have passed the unit."""
    import sys

    from happens_before.core.errors import InputError
    from happens_before.learn import own, progress

    unit = units.load(workbook.find_unit(name))
    passed = yes or progress.has_passed(unit)
    try:
        files = own.reference(unit, passed)
    except InputError as error:
        if not (error.to_do and sys.stdin.isatty() and sys.stdout.isatty()):
            raise
        click.echo(f"{error.what}\n")
        if click.prompt("Type 'yes, show me' to see it", default="", show_default=False) != (
            "yes, show me"
        ):
            return 0
        files = own.reference(unit, passed=True)
    for file in files:
        click.echo(f"/* ---- {_shown(file)} ---- */\n\n{file.read_text(encoding='utf-8')}")
    notes = unit.solution / "NOTES.md"
    if notes.is_file():
        click.echo(f"Why this way: {_shown(notes)}")
    return 0


@click.command()
@click.argument("names", nargs=-1, metavar="[UNIT]...")
@click.option("--out", type=click.Path(path_type=Path), help="The archive. Default: handin.zip.")
def handin(names: tuple[str, ...], out: Path | None) -> int:
    """Check your work and pack exactly the editable files, whatever the score."""
    from happens_before.core.pipeline import Selection
    from happens_before.core.submission import open_submission
    from happens_before.explore.words import counted
    from happens_before.learn import own, progress

    chosen, file = chosen_units(names), out or own.default_archive()
    packed = own.archive(chosen, file)
    opened = open_submission(file, chosen)
    report = grade(make_grader(), opened, chosen, Selection(), missing=True)
    progress.remember(report, units=chosen)
    click.echo(f"\n{_shown(file)} holds {counted(len(packed), 'file')}; hand it in:")
    for name in packed:
        click.echo(f"  {name}")
    click.echo(
        f"It scores {report.points:g} of {report.max_points:g} points here."
        + ("" if report.points == report.max_points else " You may hand it in all the same.")
    )
    return EXIT_STATUS[report.status] if report.ungraded_points else 0


def _shown(path: Path) -> str:
    return str(path.relative_to(workbook.ROOT)) if path.is_relative_to(workbook.ROOT) else str(path)


COMMANDS = (diff, reset, solution, handin)
