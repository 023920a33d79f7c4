"""The same submission gets the same report, however often and however busy the machine is."""

from __future__ import annotations

import json
from typing import Any

from happens_before.commands.check import make_grader
from happens_before.core import unit as units
from happens_before.core import workbook
from happens_before.core.pipeline import Selection
from happens_before.core.report import to_json
from happens_before.core.submission import open_submission
from happens_before.learn import demo

REGRADES = 20


def timeless(value: Any) -> Any:
    """The JSON without what may differ: durations, and whether the cache knew the answer."""
    if isinstance(value, dict):
        left_out = ("duration_s", "cached")
        return {key: timeless(item) for key, item in value.items() if key not in left_out}
    return [timeless(item) for item in value] if isinstance(value, list) else value


def regrade() -> str:
    unit = units.load(workbook.find_unit(demo.UNIT))
    submission = open_submission(demo.DIRECTORY, [unit])
    report = make_grader(fresh=True).grade(submission, [unit], Selection(), lambda _: None)
    return json.dumps(timeless(to_json(report)), indent=1)


def test_regrading_gives_the_same_bytes() -> None:
    first = regrade()
    for _ in range(REGRADES - 1):
        assert regrade() == first
