"""What has to be explored for a unit: its scenarios with the reader's files, or with an attempt's."""

from __future__ import annotations

import os
from pathlib import Path

from happens_before.core import foundation, workbook
from happens_before.core import unit as units
from happens_before.core.toolchain import INSTRUMENTED
from happens_before.judges.explore import asked
from happens_before.learn import attempts

SCENARIOS = "scenarios.c"
# Of a check's budget, what changes which executions there are; how long to look is the reader's affair.
SAME = ("unroll", "timeouts", "spurious", "samples", "seed")


def of_unit(name: str, attempt: str | None = None) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    """The C files (and objects) and the compiler's flags, with paths as seen from where we are.

    Errors: InputError when there is no such unit, or no such attempt in it.
    """
    unit = units.load(workbook.find_unit(name))
    own = [unit.directory / file for file in unit.editable]
    if attempt:
        file = attempts.choose(attempts.load(unit), attempt, unit).file
        own = [file, *(file.parent / other for other in unit.editable[1:])]
    files = [*own, *(f for u in unit.foundations for f in foundation.files(u, INSTRUMENTED))]
    files.append(unit.directory / SCENARIOS)
    flags = tuple(f"-I{os.path.relpath(directory)}" for directory in unit.includes)
    return tuple(Path(os.path.relpath(file)) for file in files), flags


def as_judged(name: str, scenario: str) -> dict[str, str | float]:
    """The mode and the bounds with which the unit's judge explores a scenario, as options.

    None for a scenario that it does not explore. Errors: InputError when there is no such unit.
    """
    unit = units.load(workbook.find_unit(name))
    for check in unit.checks:
        if check.judge == "explore" and asked(check)[0] == scenario:
            return {"mode": asked(check)[1], **{k: v for k, v in check.budget.items() if k in SAME}}
    return {}
