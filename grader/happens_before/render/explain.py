"""A failure told at length: with its interleaving if it has one."""

from __future__ import annotations

from collections.abc import Iterator

from happens_before.core.report import CheckResult
from happens_before.learn.failure import story_of
from happens_before.render import stepper, story as stories
from happens_before.render.keys import Keys, Screen
from happens_before.render.plain import details
from rich.console import Console
from rich.text import Text

ENDLESS = 1_000_000  # characters: all of it


def lines(result: CheckResult, width: int) -> Iterator[Text]:
    """All of it as text."""
    yield Text(
        f"{result.check.name}   step {result.check.step}, {result.check.points:g} points", "bold"
    )
    if story := story_of(result):
        yield from stories.whole(story, width)
        return
    for line in details(result, ENDLESS).splitlines():
        yield Text(line)


def show(result: CheckResult, console: Console, live: bool) -> None:
    """Step through it at a terminal; otherwise print it all."""
    story = story_of(result)
    if live and story:
        with Keys() as keys, Screen(console, keys) as screen:
            stepper.walk(story, keys, screen)
        return
    for line in lines(result, console.width):
        console.print(line, soft_wrap=True)
