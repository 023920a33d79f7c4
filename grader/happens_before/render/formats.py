"""The files that a report can be written as: to add one, write a renderer and a line here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from happens_before.core.report import Report
from happens_before.render import autolab, classroom50, exercism, gradescope, json, junit
from happens_before.render.students import Hidden


@dataclass(frozen=True)
class Format:
    """render: the whole file. file: its usual name. for_students: students read it."""

    file: str
    render: Callable[[Report, Hidden], str]
    for_students: bool = True


def _classroom50(report: Report, hidden: Hidden) -> str:
    return classroom50.render(report, classroom50.Handin.from_environment(), hidden)


FORMATS = {
    "json": Format("report.json", lambda report, _: json.render(report), for_students=False),
    "junit": Format("report.xml", lambda report, _: junit.render(report), for_students=False),
    "gradescope": Format("results.json", gradescope.render),
    "classroom50": Format("result.json", _classroom50),
    "autolab": Format("autolab.txt", autolab.render),
    "exercism": Format("results.json", exercism.render),
}
