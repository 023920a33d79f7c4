"""Telling a race in the student's terms: which two accesses, which lines, which edge is missing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from happens_before.core.report import CheckResult, Evidence, Place, Status
from happens_before.core.unit import Unit

EDGE = re.compile(r"^ \*   ?\[(?P<label>[A-Z]\w*)\]\s+(?P<text>.+)$")


@dataclass(frozen=True)
class Access:
    """One of the two accesses: what ("read", "atomic write", ...), how many bytes, and where."""

    what: str
    size: int
    places: list[Place] = field(default_factory=list)


def tell_race(
    result: CheckResult, unit: Unit, accesses: Sequence[Access], variable: str = ""
) -> None:
    """Fill in a failed result: the two accesses, and the edges that the contract promises."""
    result.status, result.how = Status.FAIL, "race"
    where = [str(access.places[0]) if access.places else "a place unknown" for access in accesses]
    thing = f"`{variable}`" if variable else "the same memory"
    first, second = accesses[0], accesses[-1]
    result.happened = (
        f"two threads use {thing} and nothing orders them: one does {_a(first.what)} "
        f"at {where[0]}, another {_a(second.what)} at {where[-1]}."
    )
    result.where = next((a.places[0] for a in accesses if a.places), None)
    for access in accesses:
        result.evidence.append(Evidence(f"{_a(access.what)} of {access.size} bytes", access.places))
    for label, text in promised_edges(unit).items():
        result.evidence.append(Evidence(f"an edge that should be there, [{label}]: {text}"))


def _a(what: str) -> str:
    return f"an {what}" if what.startswith("atomic") else f"a {what}"


def promised_edges(unit: Unit) -> dict[str, str]:
    """The happens-before edges that the unit's contract names, by label."""
    edges: dict[str, str] = {}
    label = ""
    for name in unit.headers:
        for line in (unit.directory / name).read_text(encoding="utf-8").splitlines():
            if match := EDGE.match(line):
                label = match["label"]
                edges[label] = match["text"]
            elif label and line.startswith(" *      "):
                edges[label] += f" {line[2:].strip()}"
            else:
                label = ""
    return edges
