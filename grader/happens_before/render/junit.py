"""The report as JUnit XML, for tools that read test results."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Sequence

from happens_before.core.report import CheckResult, Report, Status, UnitReport
from happens_before.render.plain import details

# Characters that XML 1.0 cannot carry.
NOT_XML = re.compile(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")


def render(report: Report) -> str:
    """One testsuite a unit, one testcase a check; an ungraded check is an error, not a failure."""
    every = [result for unit in report.units for result in unit.results]
    root = ET.Element(
        "testsuites",
        {"name": _clean(report.submission), **_counts(every), "time": f"{report.duration_s:.3f}"},
    )
    for unit in report.units:
        _suite(root, unit)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _suite(root: ET.Element, unit: UnitReport) -> None:
    results = unit.results
    suite = ET.SubElement(
        root,
        "testsuite",
        {"name": unit.unit, **_counts(results), "time": f"{unit.duration_s:.3f}"},
    )
    for result in results:
        _case(suite, unit, result)


def _counts(results: Sequence[CheckResult]) -> dict[str, str]:
    seen = Counter(result.status for result in results)
    return {
        "tests": str(len(results)),
        "failures": str(seen[Status.FAIL]),
        "errors": str(seen[Status.UNGRADED]),
        "skipped": "0",
    }


def _case(suite: ET.Element, unit: UnitReport, result: CheckResult) -> None:
    case = ET.SubElement(
        suite,
        "testcase",
        classname=f"{unit.unit}.{result.check.judge}",
        name=result.check.id,
        time=f"{result.duration_s:.3f}",
    )
    if result.status is Status.PASS:
        return
    kind = "error" if result.status is Status.UNGRADED else "failure"
    node = ET.SubElement(case, kind, type=result.how or kind, message=_clean(result.happened))
    node.text = _clean(details(result))


def _clean(text: str) -> str:
    return NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
