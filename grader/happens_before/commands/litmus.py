"""`litmus`: a tiny program on this processor, beside all that C allows it."""

from __future__ import annotations

import json
import sys
import textwrap
from pathlib import Path

import click

from happens_before.core.errors import InputError

WIDTH = 80
ALARM = 1


@click.command()
@click.argument("name", metavar="[SHAPE|PROGRAM]", required=False)
@click.option("--order", metavar="NAME", help="The orders of all accesses. Default: relaxed.")
@click.option(
    "--seconds",
    type=click.FloatRange(min=0.01, max=600),
    default=3.0,
    show_default=True,
    help="How long the processor is watched.",
)
@click.option("--no-predict", is_flag=True, help="Do not ask for a prediction first.")
@click.option(
    "--json",
    "json_file",
    type=click.Path(path_type=Path, allow_dash=True),
    help="Write the result; -: to stdout, in place of the report.",
)
def litmus(
    name: str | None, order: str | None, seconds: float, no_predict: bool, json_file: Path | None
) -> int:
    """Run a litmus test on this processor, beside the explorer's complete set of outcomes.

    Without a name: list the shapes. A PROGRAM of your own is text with threads between `||`, such
    as 'x = 1; a = y.acq || y.rel = 1; b = x'; its orders stand in it.

    Exit status: 0, or 1 when something was seen that C forbids.
    """
    from happens_before.litmus import allowed, machine, predict, report, shapes

    if name is None:
        _list()
        return 0
    title, asks = "your own program", ""
    if any(sign in name for sign in "=|;"):
        if order:
            raise InputError("a program of your own has its orders in it; leave the order away.")
        program, says = shapes.own(name), "as written"
    else:
        shape, order = shapes.find(name), order or "relaxed"
        program, title, asks = shapes.program_of(shape, order), shape.title, shape.asks
        says = shapes.MIXED_SAYS if order == shapes.MIXED else shapes.STYLES[order].says
    to_stdout = str(json_file) == "-"
    if not to_stdout:
        _tell(f"{program.name}: {title}" + ("" if title.endswith("?") else "."))
        click.echo(f"Orders: {says}.\n")
        click.echo("\n".join(report.program_lines(program)) + "\n")
    prediction = predict.Prediction()
    if sys.stdin.isatty() and not no_predict and not to_stdout:
        prediction = predict.ask(program, asks, _read, click.echo)
        click.echo()
    sets = allowed.outcomes(program, report.MODELS)
    seen = machine.run(program, seconds)
    result = report.Result(program, title, says, asks, sets, seen)
    if not to_stdout:
        for line in (*report.lines(result), *predict.verdict(prediction, result)):
            _tell(line)
    _write(json_file, result.as_json())
    return ALARM if result.is_alarming else 0


def _list() -> None:
    from happens_before.litmus import shapes

    click.echo("The shapes of the litmus lab: make litmus T=SB ORDER=relaxed\n")
    for shape in shapes.SHAPES:
        _tell(f"  {shape.name:<6} {shape.title}", " " * 9)
    click.echo("\nThe orders:\n")
    for order, style in shapes.STYLES.items():
        _tell(f"  {order:<10} {style.says}", " " * 13)
    having = ", ".join(shape.name for shape in shapes.SHAPES if shape.mixed)
    _tell(f"  {shapes.MIXED:<10} {shapes.MIXED_SAYS} (for {having})", " " * 13)
    click.echo("\nOr write your own:  grader/grade litmus 'x = 1; a = y || y.rel = 1; b = x'")


def _tell(text: str, indent: str = "") -> None:
    """Sentences are filled; rows of the table are short enough as they are."""
    click.echo(text if len(text) <= WIDTH else textwrap.fill(text, WIDTH, subsequent_indent=indent))


def _read(question: str) -> str:
    return str(click.prompt(question, default="", show_default=False, prompt_suffix="\n> "))


def _write(file: Path | None, data: object) -> None:
    from happens_before.core.cache import write_atomically

    text = json.dumps(data, indent=1) + "\n"
    if str(file) == "-":
        click.echo(text, nl=False)
    elif file:
        write_atomically(file, text)


COMMANDS = (litmus,)
