"""What every page must keep, whatever was put in: valid, self-contained, in order."""

from __future__ import annotations

import re

import html5lib
from happens_before.web import player

OUTSIDE = re.compile(
    r"""<script|<link|<iframe|<img|@import|url\(|\ssrc=|href="(?!#)|\son\w+=""", re.I
)


def check(page: str) -> None:
    """Asserts what must hold of a page."""
    html5lib.HTMLParser(strict=True).parse(page)
    assert '<html lang="en">' in page and "<title>" in page
    assert not OUTSIDE.search(without_player(page))
    levels = [int(level) for level in re.findall(r"<h([1-6])\b", page)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(next_one <= level + 1 for level, next_one in zip(levels, levels[1:])), levels
    ids = re.findall(r'\sid="([^"]*)"', page)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]*)"', page)) <= set(ids)
    assert not re.search(
        r"\b(nan|None|undefined)\b", re.sub(r"<pre.*?</pre>", "", without_player(page), flags=re.S)
    )


def without_player(page: str) -> str:
    """The page without what the trace player is: its own script and style, and stories as JSON."""
    page = page.replace(str(player.assets()), "")
    return re.sub(r'<script type="application/json">[^<]*</script>', "", page)


def text(page: str) -> str:
    """What a reader reads, with single spaces."""
    body = html5lib.parse(page, namespaceHTMLElements=False).find("body")
    return " ".join(" ".join(body.itertext()).split())
