"""The files that a report can be written as: to add one, write a renderer and a line here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from happens_before.core.report import Report
from happens_before.render import autolab, classroom50, exercism, gradescope, json, junit
from happens_before.render.counted import Counts
from happens_before.render.students import Hiding


@dataclass(frozen=True)
class Format:
    """render: the whole file: the report, what it tells of hidden checks, and what it counts.

    file: its usual name. for_students: students read it.
    """

    file: str
    render: Callable[[Report, Hiding, Counts], str]
    for_students: bool = True


def _classroom50(report: Report, hiding: Hiding, counts: Counts) -> str:
    return classroom50.render(report, classroom50.Handin.from_environment(), hiding, counts)


FORMATS = {
    "json": Format("report.json", lambda report, *_: json.render(report), for_students=False),
    "junit": Format("report.xml", lambda report, *_: junit.render(report), for_students=False),
    "gradescope": Format("results.json", gradescope.render),
    "classroom50": Format("result.json", _classroom50),
    "autolab": Format("autolab.txt", autolab.render),
    "exercism": Format("results.json", lambda report, hiding, _: exercism.render(report, hiding)),
}
