"""The report as JSON (grader/schema/report.schema.json)."""

from __future__ import annotations

import json

from happens_before.core.report import Report, to_json


def render(report: Report) -> str:
    """The whole report, indented, with a final newline."""
    text = json.dumps(to_json(report), indent=2, ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8", "backslashreplace").decode("utf-8") + "\n"
