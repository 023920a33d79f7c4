"""A failure as one HTML file: its promise, its player, what else was seen; it needs nothing beside it."""

from __future__ import annotations

import os
import webbrowser
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape

from happens_before.core.cache import write_atomically
from happens_before.core.errors import InputError
from happens_before.core.report import CheckResult, UnitReport
from happens_before.explore import words
from happens_before.render.quoting import plain
from happens_before.web import player

PAGE = Markup(
    """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ margin: 0 auto; max-width: 90rem; padding: 1.5rem clamp(.6rem, 3vw, 2.5rem) 3rem;
  background: light-dark(#fdfcf9, #101214); color: light-dark(#22242a, #e4e5e1);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif; }}
h1 {{ font-size: 1.5rem; line-height: 1.25; margin: 0 0 .3rem; overflow-wrap: anywhere; }}
p {{ margin: 0 0 .3rem; max-width: 50rem; }}
.muted {{ color: light-dark(#5b5f68, #a3a8af); }}
@media print {{ :root {{ color-scheme: light; }} }}
</style>
{assets}
</head>
<body>
<main data-focus>
<p class="muted">{where}</p>
<h1>{title}</h1>
<p>{happened}</p>
{player}
</main>
</body>
</html>
"""
)


def write(unit: UnitReport, result: CheckResult, file: Path) -> Path:
    """Write the page of one failed check; returns the file's absolute path.

    Errors: InputError when the check has no story to tell, or the file cannot be written.
    """
    if result.story is None:
        raise InputError(
            f"{result.check.name} has no execution to step through.",
            to_do="Only a check of the explore judge has one: see `make explain`.",
        )
    return _written(page(unit, result), file)


def write_story(story: Mapping[str, Any], file: Path) -> Path:
    """Write the page of a story (story.schema.json) alone; returns the file's absolute path.

    Errors: InputError when the file cannot be written.
    """
    happened = words.capital(story["fault"]["text"]) + "." if story["fault"] else ""
    return _written(_page(story["title"], story["unit"], happened, story), file)


def open_in_browser(file: Path) -> None:
    """Open a page where there is a screen to open it on; elsewhere nothing happens."""
    if any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")):
        webbrowser.open(file.as_uri())


def page(unit: UnitReport, result: CheckResult) -> str:
    """The page of a failed check, as text. The result has a story."""
    assert result.story is not None
    where = f"{unit.title} ({unit.unit}), step {result.check.step}"
    return _page(result.check.name, where, result.happened, result.story)


def _page(title: str, where: str, happened: str, story: Mapping[str, Any]) -> str:
    filled = PAGE.format(
        title=_safe(title),
        assets=player.assets(),
        where=_safe(where),
        happened=_safe(happened),
        player=player.html(story),
    )
    return str(filled)


def _written(text: str, file: Path) -> Path:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file, text)
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}.", file) from None
    return file.resolve()


def _safe(text: str) -> Markup:
    return escape(plain(text))
