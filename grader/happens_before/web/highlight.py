"""Code in colours: pygments for languages, and our own rules for what a terminal showed."""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape
from typing import Any

from happens_before.core import workbook
from happens_before.core.cache import Cache, digest_of

LEXERS = {"c": "c", "h": "c", "cpp": "cpp", "rust": "rust", "rs": "rust", "sh": "bash"}
LEXERS |= {"py": "python", "toml": "toml", "json": "json", "md": "markdown", "make": "make"}
PROMPT = re.compile(r"^( *)(\$ .*(?:\\\n.*)*)", re.M)  # a command goes on after a backslash
COMMAND = re.compile(r"^ *(make|grader/grade)\b")
BROKEN = re.compile(r"(\*\*\* [^|\n]*|^ *missing: .*)", re.M)
GAP = re.compile(r"^\.\.\.$", re.M)
WORTH_KEEPING = 2000  # characters; less is coloured again each time
CACHE = Cache(workbook.CACHE)
MOST = 400_000  # characters; a longer text stays without colours


def block(code: str, language: str) -> str:
    """A block of a chapter; without a language: what a terminal shows, or a drawing."""
    if language in LEXERS:
        return f'<pre class="code"><code>{coloured(code, language)}</code></pre>\n'
    kind = "console" if PROMPT.search(code) or COMMAND.match(code) else "drawing"
    return f'<pre class="{kind}"><code>{_terminal(code)}</code></pre>\n'


def coloured(code: str, language: str) -> str:
    """The code with spans around its tokens; escaped."""
    if language not in LEXERS or len(code) > MOST:
        return escape(code, quote=False)
    if len(code) < WORTH_KEEPING:
        return _made(code, language)
    from pygments import __version__

    key = digest_of(__version__, language, code)
    kept = CACHE.read_json("coloured", key)
    if not isinstance(kept, str):
        kept = _made(code, language)
        CACHE.keep_json("coloured", key, kept)
    return kept


def _made(code: str, language: str) -> str:
    from pygments import highlight

    return str(highlight(code, _lexer(LEXERS[language]), _formatter()))


def numbered(code: str, language: str) -> str:
    """The code with a link to each line: <span id="L1">."""
    lines = coloured(code.rstrip("\n"), language).rstrip("\n").split("\n")
    return "".join(
        f'<span class="line" id="L{number}">{line}\n</span>' for number, line in enumerate(lines, 1)
    )


def _terminal(text: str) -> str:
    shown = escape(text, quote=False)
    shown = PROMPT.sub(r'\1<span class="typed">\2</span>', shown)
    shown = BROKEN.sub(r'<span class="broken">\1</span>', shown)
    return GAP.sub('<span class="gap">...</span>', shown)


@lru_cache
def _lexer(name: str) -> Any:
    from pygments.lexers import get_lexer_by_name

    return get_lexer_by_name(name, stripnl=False)


@lru_cache
def _formatter() -> Any:
    from pygments.formatters import HtmlFormatter

    return HtmlFormatter(nowrap=True)
