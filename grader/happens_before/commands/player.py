"""`player`: a trace as a page, to step through in a browser."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from happens_before.core.errors import InputError


@click.command()
@click.argument("trace", type=click.Path(path_type=Path, dir_okay=False))
@click.argument("page", type=click.Path(path_type=Path, dir_okay=False), required=False)
def player(trace: Path, page: Path | None) -> int:
    """Write TRACE.json, which `explore --json` wrote, as a page to step through.

    PAGE: the file to write; TRACE.html unless told. It needs no other file, and no network.
    """
    from happens_before.web import explain

    file = page or trace.with_suffix(".html")
    click.echo(explain.write_story(_story_in(trace), file))
    return 0


def _story_in(file: Path) -> dict[str, Any]:
    """The story that a file holds, or that its exploration tells."""
    from happens_before.explore import story_json
    from happens_before.explore.story import Story

    data = _read(file)
    if not (isinstance(data, dict) and "trace" in data):
        return story_json.to_json(story_json.from_json(data, str(file)))
    story = Story.from_findings(data)
    if story is None:
        raise InputError("nothing went wrong there: it has no execution to step through.", file)
    return story_json.to_json(story)


def _read(file: Path) -> Any:
    try:
        return json.loads(file.read_text("utf-8"))
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}.", file) from None
    except ValueError as error:
        raise InputError(
            f"is no JSON: {error}.",
            file,
            "`grader/grade explore PROGRAM.c --json FILE` writes one.",
        ) from None


COMMANDS = (player,)
