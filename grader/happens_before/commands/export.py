"""`teach package` and `teach export`: what other systems read."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("platform", type=click.Choice(["gradescope", "autolab", "classroom50", "exercism"]))
@click.option("--units", required=True, help="The units to grade, with commas: 04-mutex,05-locks.")
@click.option(
    "--out",
    "file",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="The archive to write.",
)
@click.option(
    "--hidden",
    type=click.Choice(["score", "name", "nothing", "everything"]),
    default="score",
    show_default=True,
    help="What students see of hidden checks.",
)
@click.option(
    "--seconds",
    type=click.IntRange(min=10),
    help="The time that the platform gives one submission. Default: the platform's own.",
)
def package(platform: str, units: str, file: Path, hidden: str, seconds: int | None) -> int:
    """Make what a platform needs to grade by itself.

    Example: grader/grade teach package gradescope --units 04-mutex --out autograder.zip
    """
    from happens_before.commands.check import chosen_units
    from happens_before.core.cache import write_atomically
    from happens_before.render.students import Hidden
    from happens_before.teach.packages.build import PLATFORMS, Order

    chosen = chosen_units([name for name in units.split(",") if name])
    chosen_platform = PLATFORMS[platform]
    order = Order(chosen, Hidden(hidden), seconds or chosen_platform.seconds)
    write_atomically(file, chosen_platform.build(order))
    points = {unit.name: unit.max_points for unit in chosen}
    problems = ", ".join(f"{name} ({most:g} points)" for name, most in points.items())
    click.echo(f"{file}: grades {', '.join(points)}.")
    if shown := chosen_platform.answers(chosen):
        click.echo(f"Students can read it. Reference answers in it: {', '.join(shown)}.")
    click.echo(chosen_platform.next.format(points=sum(points.values()), problems=problems))
    return 0
