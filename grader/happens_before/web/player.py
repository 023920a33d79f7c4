"""The trace player as HTML: a story that can be stepped through, and read without a script.

What a reader without scripts has, or on paper, is the list of all steps; static/player.js puts the
player in its place. Everything that came from code or traces is escaped.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape

from happens_before.core.errors import InputError
from happens_before.explore import story_json, words
from happens_before.explore.blame import HELD
from happens_before.explore.story import Fault, Step, Story
from happens_before.render.quoting import LONGEST_LINE, plain, shortened

STATIC = Path(__file__).resolve().parent / "static"
CALLED = {
    "missing": "The missing edge.",
    "no edge": "What could have made it.",
    "old value": "What it did not see.",
    "freed": "Freed here.",
    "lost wake": "The lost wake.",
}


def html(story: Mapping[str, Any]) -> Markup:
    """A player for a story (story.schema.json), to stand anywhere in a page with assets().

    A story of another version is not shown; in its place stands why.
    """
    try:
        told = story_json.from_json(story)
    except InputError as error:
        return _filled(
            '<p class="hb-player hb-refused">{}</p>', f"{words.capital(error.what)} {error.to_do}"
        )
    columns = min(len(told.threads), 16)
    parts = [f'<div class="hb-player hb-n{columns}">', _data(story), _title(told), _heads(told)]
    parts += [_steps(told), _verdict(told), "</div>"]
    return Markup("\n").join(Markup(part) for part in parts if part)


def assets() -> Markup:
    """The player's style and script, to stand once in the head of a page that links no files.

    With them comes a policy: the page runs this script and no other, and asks for nothing outside.
    """
    script = f"\n{_static('player.js')}"
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
    return Markup(
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        f"<style>\n{_static('player.css')}</style>\n<script>{script}</script>"
    )


def data(story: Mapping[str, Any]) -> Markup:
    """The story as JSON that can stand inside a <script>: it holds nothing that ends one."""
    text = json.dumps(_plain(story), ensure_ascii=False, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)


def _data(story: Mapping[str, Any]) -> Markup:
    return Markup('<script type="application/json">') + data(story) + Markup("</script>")


def _plain(value: Any) -> Any:
    """The value with each character named, in every text, that would turn the text round."""
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


@lru_cache
def _static(name: str) -> str:
    return (STATIC / name).read_text("utf-8")


def _filled(form: str, *values: object) -> Markup:
    return Markup(form).format(*(plain(shortened(str(value), 2000)) for value in values))


def _title(story: Story) -> Markup:
    promise = _filled('<span class="hb-promise">Promised: {}</span>', story.promise)
    return (
        _filled('<p class="hb-title"><b>{}</b>', story.title)
        + (promise if story.promise else Markup())
        + Markup("</p>")
    )


def _heads(story: Story) -> Markup:
    heads = [
        _filled('<div class="hb-head ' + _colour(thread) + '"><b>{}</b></div>', story.name(thread))
        for thread in story.threads
    ]
    return Markup('<div class="hb-heads"><span class="hb-n">#</span>{}</div>').format(
        Markup().join(heads)
    )


def _steps(story: Story) -> Markup:
    rows = [Markup('<ol class="hb-steps">'), *_rows(story), Markup("</ol>")]
    return Markup("\n").join(rows)


def _rows(story: Story) -> Iterator[Markup]:
    before: Step | None = None
    functions: dict[int, str] = {}
    for step in story.steps:
        if step.left_out:
            form = '<li class="hb-step hb-gap"><span class="hb-n">…</span><em>{}</em></li>'
            yield _filled(form, step.text)
            functions.clear()
        else:
            kinds = "hb-step" + " hb-switch" * (before is not None and before.thread != step.thread)
            kinds += " hb-stale" * step.stale
            where = _where(story, step.thread, step, before, functions)
            deed = _filled('<span class="hb-deed">{}</span>', step.text)
            yield _row(story, str(step.number), step.thread, kinds, where + deed)
        before = step
    if fault := story.fault:
        thread = fault.thread if fault.thread in story.threads else story.threads[0]
        where = _where(story, thread, fault, before, functions)
        deed = _filled('<strong class="hb-deed">✗ {}</strong>', fault.kind)
        yield _row(story, "", thread, "hb-step hb-broken", where + deed)


def _row(story: Story, number: str, thread: int, kinds: str, cell: Markup) -> Markup:
    column = f"hb-c{story.threads.index(thread)} {_colour(thread)}"
    who = _filled('<span class="hb-who">{}</span>', story.name(thread))
    form = '<li class="{} {}"><span class="hb-n">{}</span><div class="hb-cell">{}{}</div></li>'
    return Markup(form).format(kinds, column, number, who, cell)


def _where(
    story: Story, thread: int, at: Step | Fault, before: Step | None, functions: dict[int, str]
) -> Markup:
    """Function and line, as far as the rows above have not said so already."""
    if not at.file:
        return Markup()
    told = Markup()
    function = f"{at.function or '?'}, {at.file.rpartition('/')[2]}"
    moved = functions.get(thread) != function
    if moved:
        told += _filled('<span class="hb-where">{}</span>', function)
    functions[thread] = function
    if at.line and (moved or not before or (before.thread, before.line) != (thread, at.line)):
        text = words.CLOSING_COMMENT.sub("", story.sources.get(at.file, {}).get(at.line, ""))
        form = '<code class="hb-line"><span class="hb-ln">{}</span>&nbsp;{}</code>'
        told += _filled(form, at.line, shortened(text.strip(), LONGEST_LINE))
    return told


def _verdict(story: Story) -> Markup:
    fault = story.fault
    if not fault:
        return Markup()
    items = [
        _filled(
            '<li class="hb-arrow"><b>{}</b> {}</li>', CALLED.get(arrow.kind, arrow.kind), arrow.text
        )
        for arrow in fault.arrows
        if arrow.kind != HELD  # which stands with who waits
    ]
    for wait in fault.waiting:
        where = f", at {wait.function}, {wait.file}:{wait.line}" if wait.line else ""
        items.append(_filled("<li>Thread {} {}{}.</li>", wait.thread, wait.text, where))
    told = _filled('<p class="hb-wrong">✗ {}</p>', words.capital(fault.text))
    told += Markup("<ul>{}</ul>").format(Markup().join(items)) if items else Markup()
    if fault.history:
        told += Markup('<pre tabindex="0">{}</pre>').format(escape(plain("\n".join(fault.history))))
    if story.replay:
        form = (
            '<details><summary>Run exactly this again</summary><pre tabindex="0">{}</pre></details>'
        )
        told += _filled(form, story.replay)
    return Markup('<div class="hb-verdict">{}</div>').format(told)


def _colour(thread: int) -> str:
    """The class of a thread's colour; from the sixth on they come again."""
    return f"hb-t{1 + (thread - 1) % 5 if thread > 0 else 0}"
