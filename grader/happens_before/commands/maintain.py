"""`maintain`: proofs and measures of the workbook itself."""

from __future__ import annotations

import click

from happens_before.commands.check import chosen_units, make_grader
from happens_before.core import workbook


@click.group()
def maintain() -> None:
    """For maintainers: what `make lint`, `make table` and their like are made of."""


@maintain.command()
def warnings() -> int:
    """Compile all C with every warning an error, under gcc and clang."""
    from happens_before.maintain.warnings import complaints

    said = complaints()
    for complaint in said:
        click.echo(complaint, err=True)
    return 1 if said else 0


@maintain.command()
def edges() -> int:
    """Check that each happens-before edge is labelled at both its ends."""
    from happens_before.maintain.edges import main

    return main([])


@maintain.command()
def table() -> int:
    """Run every mutant and write the table bug class x judge into README.md."""
    from happens_before.maintain import table as tables

    seen = tables.observe(make_grader(), chosen_units(()))
    tables.SECTION.write(tables.render(seen))
    click.echo(f"README.md: {len(seen)} mutants, each caught by every judge that it names.")
    return 0


@maintain.command()
@click.argument("names", nargs=-1, metavar="[UNIT]...")
def bench(names: tuple[str, ...]) -> int:
    """Measure what the reader waits for. Exit status 1 when an aim is missed."""
    from happens_before.maintain.bench import measure

    missed = False
    for unit in chosen_units(names):
        for figure in measure(unit):
            click.echo(figure)
            missed |= figure.seconds > figure.most
    return 1 if missed else 0


@maintain.command()
@click.option(
    "--memory", type=float, default=20, show_default=True, help="Seconds until memory is measured."
)
def bench_explorer(memory: float) -> int:
    """Measure the explorer beside Relacy. Exit status 1 when an aim is missed."""
    from happens_before.maintain.bench_explorer import measure

    missed = False
    for figure in measure(memory):
        click.echo(figure)
        missed |= not isinstance(figure, str) and figure.missed
    return 1 if missed else 0


@maintain.command()
@click.option("--sizes", default="10,100,300", show_default=True, help="Of the classes.")
@click.option("--units", help="Only these units, separated by commas. Default: all.")
@click.option("--shared", is_flag=True, help="Equal hand-ins stay equal, and are graded once.")
@click.option("--jobs", type=click.IntRange(min=1), help="Workers; default: all processors.")
@click.option("--slurm", is_flag=True, help="Two workers beside two nodes of a Slurm cluster here.")
def bench_batch(sizes: str, units: str | None, shared: bool, jobs: int | None, slurm: bool) -> int:
    """Measure what a class costs: cold and warm, at several sizes."""
    from happens_before.maintain import bench_batch, bench_slurm

    chosen = chosen_units(tuple(units.split(",")) if units else ())
    numbers = [int(size) for size in sizes.split(",")]
    if slurm:
        for size in numbers:
            for both in bench_slurm.measure_beside(chosen, size):
                click.echo(both)
        return 0
    options = ["--jobs", str(jobs)] if jobs else []
    for cost in bench_batch.measure(chosen, numbers, options, shared):
        click.echo(cost)
    return 0


@maintain.command()
def compiled() -> int:
    """Compile the atomic operations for several processors and write the chapter's table."""
    from happens_before.maintain import compiled as tables

    tables.SECTION.write(tables.render())
    click.echo(f"{tables.SECTION.file.relative_to(workbook.ROOT)}: made with {tables.versions()}.")
    return 0


@maintain.command()
def pictures() -> int:
    """Make the README's pictures of the workbook in the browser."""
    from happens_before.maintain import pictures as made

    for file in made.make():
        click.echo(f"{file.relative_to(workbook.ROOT)}: {file.stat().st_size:,} bytes")
    return 0
