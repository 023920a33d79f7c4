"""The levels of the adversary game: code that breaks a promise in some schedule, and where.

Nothing is listed by hand. A unit's attempts are levels wherever the explorer is known to break them
(attempts/verdicts.toml, which tests hold to the truth), one for each way of breaking. So are its
mutants, where they are; they show the reference, and are locked until the unit is passed.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from happens_before.core import foundation
from happens_before.core.errors import GraderFault, InputError
from happens_before.core.toolchain import INSTRUMENTED
from happens_before.core.unit import Check, Unit
from happens_before.explore import runner, sources
from happens_before.explore.unit_program import SCENARIOS, of_unit
from happens_before.judges.explore import OPTIONS
from happens_before.learn import attempts

EXPLORED, PREFIX = "explore/scenario__", "scenario__"
PASSED_ON = ("unroll", "timeouts", "spurious")  # of a check's budget, what changes executions


@dataclass(frozen=True)
class Level:
    """One level. number: from 1, within its unit.

    how:     the way it breaks, as hints are keyed; "" where only the explorer knows.
    shows:   what is wrong with the code, which is told after winning.
    attempt: the name of the attempt that it plays, or "".
    code:    gives the files in place of the unit's editable ones, by name, for a mutant.
    """

    number: int
    name: str
    unit: Unit = field(repr=False)
    scenario: str
    promise: str
    how: str
    shows: str
    attempt: str = ""
    code: Callable[[], Mapping[str, bytes]] = dict
    locked: bool = False

    @property
    def arguments(self) -> list[str]:
        """What the explorer is told, beside its mode."""
        budget = next(c.budget for c in self.unit.checks if c.name == f"{EXPLORED}{self.scenario}")
        given = ((OPTIONS[key], budget[key]) for key in PASSED_ON if key in budget)
        more = [word for option, value in given for word in (f"--{option}", str(value))]
        return ["--scenario", self.scenario, *more]


def load(unit: Unit, passed: bool) -> list[Level]:
    """The unit's levels, attempts first, in the chapter's order.

    passed: whether the reader has passed the unit; otherwise the mutants are locked.
    Errors: InputError for a broken verdicts.toml or mutant.
    """
    found: list[Level] = []
    for level in (*_of_attempts(unit), *_of_mutants(unit, not passed)):
        taken = level.name in {other.name for other in found}
        name = f"{level.name}-{level.how}" if taken else level.name
        found.append(replace(level, number=len(found) + 1, name=name))
    return found


def choose(levels: Sequence[Level], asked: str) -> Level:
    """The level of this number or name. Errors: InputError: none, or one that is still locked."""
    if not levels:
        raise InputError("no levels here: the explorer breaks none of the unit's attempts.")
    unit = levels[0].unit
    for level in levels:
        if asked in (str(level.number), level.name):
            if level.locked:
                raise InputError(
                    f"level {asked} shows the reference answer, and {unit.name} is not passed yet.",
                    to_do="Pass it first, or say YES=1.",
                )
            return level
    names = ", ".join(f"{level.number} {level.name}" for level in levels if not level.locked)
    raise InputError(f"{unit.name} has no level '{asked}'.", to_do=f"Levels: {names}.")


def _of_attempts(unit: Unit) -> Iterator[Level]:
    """One level for each attempt and way of breaking, each with a scenario of its own if it can."""
    taken: set[str] = set()
    for attempt in attempts.load(unit).values():
        ways: dict[str, list[Check]] = {}
        for check in _playable(unit, attempt.fails):
            ways.setdefault(attempt.fails[check.name], []).append(check)
        for how, checks in ways.items():
            check = _first_new(checks, taken)
            scenario = check.id.removeprefix(PREFIX)
            about = (scenario, check.promise, how, attempt.shows)
            yield Level(0, attempt.name, unit, *about, attempt=attempt.name)


def _of_mutants(unit: Unit, locked: bool) -> Iterator[Level]:
    if not (unit.solution / "mutants").is_dir():  # a students' edition
        return
    variants = importlib.import_module("happens_before.maintain.variants")
    taken: set[str] = set()
    for file in variants.mutant_files(unit):
        header = variants.header_of(file)
        if checks := _playable(unit, variants.caught_by(header)):
            check = _first_new(checks, taken)
            about = (check.id.removeprefix(PREFIX), check.promise, "", header["Bug"])
            code = partial(_patched, unit, file)
            yield Level(0, file.stem, unit, *about, code=code, locked=locked)


def _patched(unit: Unit, file: Path) -> Mapping[str, bytes]:
    variants = importlib.import_module("happens_before.maintain.variants")
    files: Mapping[str, bytes] = variants.mutant(unit, file).files.files
    return files


def _playable(unit: Unit, names: Collection[str]) -> list[Check]:
    """Of these checks, those that a schedule alone can fail, and that are no secret."""
    explored = (check for check in unit.checks if check.name.startswith(EXPLORED))
    return [check for check in explored if check.name in names and not check.hidden]


def _first_new(checks: Sequence[Check], taken: set[str]) -> Check:
    """The first that no level before has; it is taken now."""
    chosen = next((check for check in checks if check.id not in taken), checks[0])
    taken.add(chosen.id)
    return chosen


def build(level: Level, directory: Path) -> Path:
    """The level's program, laid into the directory.

    Errors: InputError or GraderFault when it cannot be built.
    """
    unit = level.unit
    if level.attempt:
        files, flags = of_unit(unit.name, level.attempt)
    else:
        for name, content in level.code().items():
            (directory / name).write_bytes(content)
        below = (f for each in unit.foundations for f in foundation.files(each, INSTRUMENTED))
        files = (*(directory / n for n in unit.editable), *below, unit.directory / SCENARIOS)
        flags = tuple(f"-I{include}" for include in unit.includes)
    try:
        built, opaque = sources.program_of(files, "clang", flags, directory)
    except sources.CompileError as error:
        raise GraderFault(f"level {level.name} does not compile: {error}") from None
    if built is None:
        raise InputError(f"level {level.name} cannot be played: assembly in {opaque[0].file}.")
    return runner.lay_out(built, directory)
