"""Markdown as GitHub reads it, into HTML: headings with anchors, code in colours, links led on.

Of HTML in the text only <br> comes through. A comment `<!-- player: key=value ... -->` becomes
the place of a trace player; other comments vanish.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING, Any

from happens_before.web import highlight

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

BREAK = re.compile(r"<br\s*/?>\Z")
PLAYER = re.compile(r"<!--\s*player:\s*(.*?)\s*-->\s*\Z", re.S)
ALIGNED = re.compile(r'style="text-align:(left|right|center)"')
PREDICT = re.compile(r"(<blockquote>)(\s*<p><strong>Predict)")

Resolve = Callable[[str], str | None]
"""From a link as it stands in the text to the link of the page; None: its words, and no link."""


@dataclass(frozen=True)
class Heading:
    """A heading. html: its text with code and emphasis."""

    level: int
    anchor: str
    text: str
    html: str


@dataclass
class Part:
    """What stands from one heading to the next. The first part may have no heading."""

    heading: Heading | None
    html: str = ""
    text: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Document:
    """A whole text. players: what each player's comment says, in order; PLACE marks where."""

    parts: Sequence[Part]
    players: Sequence[Mapping[str, str]]

    @property
    def title(self) -> str:
        """The first heading's text."""
        return next((part.heading.text for part in self.parts if part.heading), "")

    @property
    def headings(self) -> list[Heading]:
        """All headings, in order."""
        return [part.heading for part in self.parts if part.heading]


def place(number: int) -> str:
    """What stands in a part's HTML where its player of this number goes."""
    return f'<div data-player="{number}"></div>\n'


def anchor(title: str, taken: set[str]) -> str:
    """A heading's anchor, as GitHub makes it; `taken` gets it."""
    kept = "".join(c for c in title.lower() if c.isalnum() or c in " -_").replace(" ", "-")
    found, number = kept, 0
    while found in taken:
        number += 1
        found = f"{kept}-{number}"
    taken.add(found)
    return found


def render(text: str, resolve: Resolve) -> Document:
    """The text as HTML, part by part."""
    parser = _parser()
    tokens = parser.parse(text)
    players: list[Mapping[str, str]] = []
    _walk(tokens, resolve, players)
    parts, taken = [Part(None)], set[str]()
    pending: list[Token] = []
    for position, token in enumerate(tokens):
        if token.type == "heading_open" and token.level == 0:
            _close(parts[-1], pending, parser)
            inline = tokens[position + 1]
            level = int(token.tag[1])
            title = _words(inline)
            inside = parser.renderer.render([inline], parser.options, {})
            heading = Heading(level, anchor(title, taken), title, inside)
            token.attrSet("id", heading.anchor)
            parts.append(Part(heading))
            pending = []
        if token.type in ("inline", "fence", "code_block"):
            parts[-1].text.append(_words(token))
        pending.append(token)
    _close(parts[-1], pending, parser)
    return Document([part for part in parts if part.html.strip()], players)


def _close(part: Part, tokens: Sequence[Token], parser: MarkdownIt) -> None:
    html = parser.renderer.render(list(tokens), parser.options, {})
    html = html.replace("<table>", '<div class="wide"><table>')
    html = html.replace("</table>", "</table></div>")
    html = ALIGNED.sub(r'class="\1"', html)  # a page's policy lets no style in
    part.html = PREDICT.sub(r'<blockquote class="predict">\2', html)


def _words(token: Token) -> str:
    """What a reader reads of a token."""
    if token.type in ("fence", "code_block", "text", "code_inline"):
        return token.content
    if token.type in ("softbreak", "hardbreak"):
        return " "
    return "".join(_words(child) for child in token.children or ())


def _walk(tokens: Sequence[Token], resolve: Resolve, players: list[Mapping[str, str]]) -> None:
    """Lead links on, and let nothing through of HTML that is not ours to keep."""
    unlinked: list[bool] = []
    for token in tokens:
        if token.type in ("html_block", "html_inline"):
            if found := PLAYER.match(token.content):
                pairs = (word.partition("=") for word in found[1].split())
                players.append({key: value for key, _, value in pairs})
                token.content = place(len(players) - 1)
            elif token.content.lstrip().startswith("<!--"):
                token.content = ""
            elif not BREAK.match(token.content):
                token.content = escape(token.content)
        elif token.type == "link_open":
            to = resolve(str(token.attrGet("href")))
            unlinked.append(to is None)
            if to is None:
                token.tag, token.attrs = "span", {}
            else:
                token.attrSet("href", to)
        elif token.type == "image":
            token.attrSet("src", resolve(str(token.attrGet("src"))) or "")
        elif token.type == "link_close" and unlinked.pop():
            token.tag = "span"
        _walk(token.children or (), resolve, players)


@lru_cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])

    def fence(renderer: Any, tokens: Any, index: int, options: Any, env: Any) -> str:
        token = tokens[index]
        return highlight.block(token.content, token.info.strip())

    parser.add_render_rule("fence", fence)
    parser.add_render_rule("code_block", fence)
    return parser
