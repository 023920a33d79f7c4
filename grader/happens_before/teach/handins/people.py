"""Who is in the class, and what was handed in by whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True)
class Student:
    """One person of the class.

    id:      the roster's id, unique: what results are named by, and safe as a file's name.
    section: where the roster has one.
    group:   the team that hands in together, where the roster has one.
    keys:    platform -> the id that the platform has for the person: canvas, gradescope, github, ...
    """

    id: str
    name: str = ""
    email: str = ""
    login: str = ""
    section: str = ""
    group: str = ""
    keys: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __str__(self) -> str:
        return f"{self.name} ({self.id})" if self.name else self.id


@dataclass(frozen=True)
class Earlier:
    """One earlier hand-in, where the platform tells of it; `score` as the platform gave it."""

    submitted: datetime
    score: float | None


@dataclass(frozen=True)
class Handin:
    """What one student handed in.

    paths:     one directory, one archive, or several loose files that belong together.
    names:     how the student called each of `paths`; a platform may have renamed them.
    rule:      why these are this student's, as one sentence.
    submitted: when, with a time zone; None: nobody says.
    late_mark: the platform itself calls it late.
    history:   what was handed in before, oldest first.
    commit:    the name of the commit, where a repository was handed in.
    """

    student: Student
    paths: tuple[Path, ...]
    names: tuple[str, ...]
    rule: str
    submitted: datetime | None
    late_mark: bool = False
    history: tuple[Earlier, ...] = ()
    commit: str = ""


@dataclass(frozen=True)
class Gathered:
    """A folder of submissions, sorted out: nothing that lay in it is missing here.

    handins:   by the student's id; at most one for each student.
    unmatched: path and the reason, as a sentence.
    absent:    who is in the roster and handed in nothing that is known to be theirs.
    notes:     what the instructor should know, each one sentence.
    platform:  as whose export the folder was read.
    """

    handins: tuple[Handin, ...]
    unmatched: tuple[tuple[Path, str], ...]
    absent: tuple[Student, ...]
    notes: tuple[str, ...]
    platform: str
