"""What the pages load: sheets and scripts of ours, the search's library, and what is made for it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from happens_before.web import lab, search

if TYPE_CHECKING:
    from happens_before.web.book import Book

STATIC = Path(__file__).resolve().parent / "static"
LUNR = Path("/usr/share/javascript/lunr/lunr.min.js")
SEARCH, SHAPES = "static/search-index.js", "static/litmus-shapes.js"


@lru_cache
def _shapes() -> bytes:
    return lab.script().encode()


def one(book: Book, name: str) -> bytes | None:
    """One of the things that the pages load, or None."""
    if name == SEARCH:
        return search.index(book).encode()
    if name == SHAPES:
        return _shapes()
    file = LUNR if name == f"static/{LUNR.name}" else STATIC / name.removeprefix("static/")
    return file.read_bytes() if file.is_file() and file.parent in (STATIC, LUNR.parent) else None


def every(book: Book) -> Iterator[tuple[str, bytes]]:
    """What the pages load: sheets, scripts, the search's index."""
    names = [f"static/{file.name}" for file in sorted(STATIC.iterdir())]
    for name in (*names, f"static/{LUNR.name}", SEARCH, SHAPES):
        if (content := one(book, name)) is not None:
            yield name, content
