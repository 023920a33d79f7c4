"""Stepping through a story with the arrow keys."""

from __future__ import annotations

from happens_before.explore.story import Story
from happens_before.render import story as stories
from happens_before.render.keys import Keys, Screen
from rich.text import Text

FOOT = "left/right step   up/down too   home/end   f fault   q back"
PAGE = 10


def move(key: str, k: int, story: Story) -> int:
    """Where a key leads: how many steps are taken then."""
    most = len(story.steps)
    fault = next(
        (n for n, s in enumerate(story.steps, 1) if story.fault and s.number == story.fault.step),
        most,
    )
    to = {
        **dict.fromkeys(("right", "down", " ", "enter", "n", "j"), k + 1),
        **dict.fromkeys(("left", "up", "back", "p", "k"), k - 1),
        **{"home": 0, "g": 0, "end": most, "G": most, "f": fault},
        **{"page down": k + PAGE, "page up": k - PAGE},
    }.get(key, k)
    return min(max(to, 0), most)


def walk(story: Story, keys: Keys, screen: Screen) -> None:
    """Let the reader walk until they have had enough. It begins at the first step."""
    k = min(1, len(story.steps))
    while True:
        width, height = screen.size
        screen.show(stories.frame(story, k, width, height - 1), [Text(FOOT, "reverse")])
        key = keys.read()
        if key in ("q", "escape") or keys.ended:
            return
        k = move(key, k, story)
