"""`book`, `workbook`: the chapters in the browser, alone or beside the reader's own code."""

from __future__ import annotations

from pathlib import Path

import click

from happens_before.core.workbook import ROOT

BOOK = ROOT / "build" / "book"


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


@click.command()
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=8017,
    show_default=True,
    help="Where to listen, at 127.0.0.1.",
)
@click.option("--no-browser", is_flag=True, help="Open no browser; only print the address.")
def workbook(port: int, no_browser: bool) -> int:
    """Serve the book beside your own code, which is checked on every save.

    Only this machine can reach it, and only a browser that has come by the printed address.
    """
    from happens_before.commands.check import make_grader
    from happens_before.web import workbook as running

    running.serve(port, not no_browser, make_grader, click.echo)
    return 0


COMMANDS = (book, workbook)
