"""The bundled demonstration: a partly wrong submission whose faults are known beforehand."""

from __future__ import annotations

from happens_before.core import workbook
from happens_before.core.report import Report, Status
from happens_before.core.unit import read_toml

UNIT = "04-mutex"
DIRECTORY = workbook.ROOT / "grader" / "demo"

INTRODUCTION = """\
A demonstration. A student has handed in a mutex (grader/demo/mutex.c). It looks right, it
compiles without a warning, and it survives an afternoon of ordinary use. Six judges look at it."""

EPILOGUE = """
Where to look next
  grader/demo/README.md        the faults that were put in, and which checks had to find them
  lessons/04-mutex/README.md   the chapter: build this lock yourself, in five steps
  make                         the map of the course, and your next step
  make check U=04-mutex        the same judges on your own lessons/04-mutex/mutex.c"""


def planned() -> set[str]:
    """The checks that the demonstration must lose, and no others."""
    return set(read_toml(DIRECTORY / "expected.toml")["fails"])


def surprises(report: Report) -> list[str]:
    """How the grading differs from the plan, a phrase each; empty when it went as planned."""
    results = [result for unit in report.units for result in unit.results]
    lost = {r.check.name for r in results if r.status is Status.FAIL}
    odd = [f"{r.check.name} is ungraded" for r in results if r.status is Status.UNGRADED]
    odd += [f"{name} was not lost" for name in sorted(planned() - lost)]
    odd += [f"{name} was lost" for name in sorted(lost - planned())]
    return odd
