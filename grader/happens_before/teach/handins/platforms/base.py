"""What every platform's module gives back."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from happens_before.teach.handins.people import Earlier


@dataclass(frozen=True)
class Claim:
    """What a platform says of one person, or of one team.

    said:  how the platform names them, for people: "user 4711".
    clues: (our column, value) pairs that the roster may know, best first.
    own:   the column of the platform's own ids: two that differ are two people.
    name:  of a person, as the platform writes it; only tried when no clue fits.
    team:  the name of what may be a team.
    alone: the id of the student when there is no roster.
    """

    said: str
    clues: tuple[tuple[str, str], ...]
    own: str = ""
    name: str = ""
    team: str = ""
    alone: str = ""


@dataclass(frozen=True)
class Parcel:
    """Files that were handed in together; see people.Handin. Each claim gets all of them."""

    paths: tuple[Path, ...]
    claims: tuple[Claim, ...]
    names: tuple[str, ...] = ()
    submitted: datetime | None = None
    late_mark: bool = False
    history: tuple[Earlier, ...] = ()
    commit: str = ""


@dataclass
class Sorted:
    """What became of every entry of the folder: a parcel's part, or a problem."""

    parcels: list[Parcel] = field(default_factory=list)
    problems: list[tuple[Path, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def refuse(self, path: Path, reason: str) -> None:
        """Say why a path belongs to nobody."""
        self.problems.append((path, reason))
