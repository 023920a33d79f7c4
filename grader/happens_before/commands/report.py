"""`teach feedback`, `report`, `similar`: pages for students and instructors from a results folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

FOLDER = click.Path(path_type=Path)


@click.command()
@click.argument("results", type=FOLDER)
@click.option(
    "--hints",
    type=click.IntRange(0, 3),
    default=1,
    show_default=True,
    help="How many tiers of a hint students see.",
)
def feedback(results: Path, hints: int) -> int:
    """Write a page for each student of a results folder: feedback/ID.html.

    What students see of hidden checks is said in the batch's course.toml.
    For example: grader/grade teach feedback out/hw4
    """
    from happens_before.teach.pages import feedback as pages
    from happens_before.teach.marks import course_of
    from happens_before.teach.results import Results

    folder = Results.open(results)
    settings = pages.settings_of(course_of(folder), folder.units(), hints)
    written = list(pages.write_all(folder, settings))
    click.echo(f"{results / pages.FOLDER}: {len(written)} pages.")
    return 0


def _threshold(command: Callable[..., int]) -> Callable[..., int]:
    """What makes two answers similar."""
    share = click.option(
        "--share",
        type=click.IntRange(1, 100),
        default=50,
        show_default=True,
        help="Per cent of the shorter one's own tokens that two answers share at least.",
    )
    tokens = click.option(
        "--tokens",
        type=click.IntRange(min=1),
        default=60,
        show_default=True,
        help="How many tokens these must be.",
    )
    return share(tokens(command))


@click.command()
@click.argument("results", type=FOLDER)
@_threshold
def report(results: Path, share: int, tokens: int) -> int:
    """Write a page for the class of a results folder: report.html, and report.json.

    For example: grader/grade teach report out/hw4
    """
    from happens_before.teach.pages import class_report
    from happens_before.teach.pages.class_numbers import numbers_of
    from happens_before.teach.marks import course_of
    from happens_before.teach.results import Results
    from happens_before.teach.similar.similarity import Threshold, similar_in

    folder = Results.open(results)
    course = course_of(folder)
    similar_ones = similar_in(folder, Threshold(share / 100, tokens))
    class_report.write(folder, numbers_of(folder, course), similar_ones, course.title)
    click.echo(f"{results / class_report.PAGE}; the same numbers are in {class_report.NUMBERS}.")
    return 0


@click.command()
@click.argument("results", type=FOLDER)
@_threshold
def similar(results: Path, share: int, tokens: int) -> int:
    """Show which answers of a results folder are similar. It says where to look, not why.

    For example: grader/grade teach similar out/hw4 --share 70
    """
    from happens_before.render import similar as lines_for
    from happens_before.teach.results import Results
    from happens_before.teach.similar.similarity import Threshold, similar_in

    click.echo(lines_for.CAUTION)
    for found in similar_in(Results.open(results), Threshold(share / 100, tokens)):
        click.echo("\n".join(lines_for.lines(found)))
    return 0
