"""HTML pages: templates filled in, with whatever came from a submission quoted and never obeyed."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from happens_before.core.report import Status
from happens_before.render.quoting import LONGEST_LINE, plain, shortened

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

TEMPLATES = Path(__file__).resolve().parent / "templates"
VERDICTS = {
    Status.PASS: '<span class="word pass">✓ passed</span>',
    Status.FAIL: '<span class="word fail">✗ failed</span>',
    Status.UNGRADED: '<span class="word open">– ungraded</span>',
}


def fill(template: str, values: Mapping[str, Any]) -> str:
    """A page. Everything that is put in is escaped, but for what the templates themselves made."""
    return _environment().get_template(template).render(values)


def numbered(
    text: str, first: int = 1, kinds: Mapping[int, str] = {}, below: Mapping[int, Markup] = {}
) -> Markup:
    """Lines of source with their numbers, for a <pre class="source">.

    first: the first one's number. kinds: CSS classes of lines, by number. below: what stands under
    a line, by number.
    """
    from markupsafe import Markup, escape

    lines = [shortened(line, LONGEST_LINE) for line in plain(text).split("\n")]
    spans = []
    for number, line in enumerate(escape("\n".join(lines)).split("\n"), first):
        kind = f' class="{kinds[number]}"' if number in kinds else ""
        spans.append(f'<span data-n="{number}"{kind}>{line}\n</span>{below.get(number, "")}')
    return Markup("".join(spans))


@lru_cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    def quoted(value: Any) -> Any:
        if isinstance(value, str) and not isinstance(value, Markup):
            return plain(shortened(value))
        return value

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=quoted,
        auto_reload=False,
    )
    environment.globals["verdict"] = {status: Markup(text) for status, text in VERDICTS.items()}
    environment.filters["points"] = _points
    environment.filters["short"] = _short
    return environment


def _points(value: float) -> str:
    """Points with two digits at most, and none that say nothing."""
    return f"{round(value, 2):g}"


def _short(value: float) -> str:
    """A measured number with one digit at most behind the point."""
    return f"{round(value, 1):g}"
