"""`book`, `workbook`: the chapters in the browser, alone or beside the reader's own code."""

from __future__ import annotations

from pathlib import Path

import click

from happens_before.core import workbook as tree

BOOK = tree.ROOT / "build" / "book"


@click.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=BOOK,
    help="Where to write it. Default: build/book.",
)
def book(out: Path) -> int:
    """Write the book as pages that work from a disk and on any host."""
    from happens_before.web import book as pages

    count = pages.write(out)
    click.echo(f"{count} pages. Open {out / 'index.html'}")
    return 0


COMMANDS = (book,)
