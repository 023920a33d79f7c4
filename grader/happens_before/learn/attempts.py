"""The naive attempts that a chapter walks through: complete answers, each with its known verdict.

They stand in the unit's attempts/ as NAME.c (in place of the unit's first editable file); a second
editable file stands there once, under its own name, for all of them. attempts/verdicts.toml says of
each what it shows, which steps it leaves alone, and which checks it fails, and how.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from happens_before.core import workbook
from happens_before.core.errors import InputError
from happens_before.core.archive import Entry
from happens_before.core.submission import Submission
from happens_before.core.unit import Unit, read_toml, validate


@dataclass(frozen=True)
class Attempt:
    """One attempt. asked: the checks that it is judged by: those of the steps that it has begun.

    fails: those that it fails, each with how; all others that are asked for it passes.
    """

    name: str
    shows: str
    asked: frozenset[str]
    fails: Mapping[str, str]
    file: Path


def load(unit: Unit) -> dict[str, Attempt]:
    """The unit's attempts by name, in the chapter's order.

    Errors: InputError for a broken verdicts.toml, a missing file, or a check that does not exist.
    """
    directory = unit.directory / "attempts"
    verdicts = directory / "verdicts.toml"
    data = read_toml(verdicts)
    validate(data, workbook.SCHEMA / "attempts.schema.json", verdicts)
    steps = {check.name: check.step for check in unit.checks}
    found = {}
    for name, item in data.items():
        file = directory / f"{name}.c"
        if not file.is_file():
            raise InputError(f"{name}: {file.name} is not there.", verdicts)
        for shared in unit.editable[1:]:
            if not (directory / shared).is_file():
                raise InputError(f"{name}: {shared} is not there.", verdicts)
        asked = frozenset(check for check in steps if steps[check] not in item.get("leaves", ()))
        if odd := sorted(set(item["fails"]) - asked):
            raise InputError(f"{name}.fails: no check '{odd[0]}' is asked for.", verdicts)
        found[name] = Attempt(name, item["shows"], asked, item["fails"], file)
    return found


def choose(found: Mapping[str, Attempt], name: str, unit: Unit) -> Attempt:
    """The attempt of this name. Errors: InputError that lists the names there are."""
    if name not in found:
        raise InputError(
            f"{unit.name} has no attempt '{name}'.", to_do=f"Attempts: {', '.join(found)}."
        )
    return found[name]


def as_submission(unit: Unit, attempt: Attempt) -> Submission:
    """The attempt as if a reader had written it, with the files that all attempts share."""
    entries = {unit.editable[0]: attempt.file.read_bytes()}
    for name in unit.editable[1:]:
        entries[name] = (attempt.file.parent / name).read_bytes()
    return Submission(
        f"attempts/{attempt.file.name}",
        {f"{unit.path}/{name}": Entry(content) for name, content in entries.items()},
    )
