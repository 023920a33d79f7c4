"""Which class of bug a set of failed checks looks like, by the unit's own mutants."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

from happens_before.core.unit import Unit
from happens_before.maintain import variants


@dataclass(frozen=True)
class Sign:
    """Checks that a mutant of a class of bug is proved to fail."""

    bug_class: str
    checks: frozenset[str]


def signs_of(unit: Unit) -> list[Sign]:
    """What each mutant of the unit is caught by; none where the solutions are not there."""
    found = []
    for file in sorted((unit.solution / "mutants").glob("*.patch")):
        header = variants.header_of(file)
        caught_by = header["Caught-by"].split(",")
        found.append(Sign(header["Class"], frozenset(name.strip() for name in caught_by) - {""}))
    return found


def classes_of(failed: Set[str], signs: list[Sign]) -> list[str]:
    """The classes, sorted, whose mutants fail in the most of these checks, and in no others named.

    Several where several fit equally well; none where no mutant fits.
    """
    fitting = [sign for sign in signs if sign.checks <= failed]
    most = max((len(sign.checks) for sign in fitting), default=0)
    return sorted({sign.bug_class for sign in fitting if len(sign.checks) == most})
