"""Whom a platform means, by the roster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from happens_before.core.archive import shown
from happens_before.teach.handins import names
from happens_before.teach.handins.people import Student
from happens_before.teach.handins.platforms.base import Claim
from happens_before.teach.handins.roster import MAX_ID, Roster, id_problem, value_of

MAX_CANDIDATES = 5  # that one sentence lists


@dataclass(frozen=True)
class Match:
    """Whose something is: one student, a team, or nobody; and why, as a sentence."""

    students: tuple[Student, ...]
    rule: str


def owners(claim: Claim, title: str, roster: Roster | None) -> Match:
    """Hold a claim against the roster; without one, the claim's own name is the student.

    title: the platform's name, for the sentence.
    """
    if roster is None:
        return _alone(claim, title)
    known = {  # the first clue is the one that is told
        student.id: (student, column, value)
        for column, value in reversed(claim.clues)
        if (student := roster.by(column, value))
    }
    said, team = f"{title}: {shown(claim.said)}", roster.team(claim.team)
    if len(known) > 1:
        told = "; ".join(f"{roster.column(c)} '{value}' is {s}" for s, c, value in known.values())
        return Match((), f"{said} fits more than one student: {told}.")
    if not known:
        return _by_name(claim, said, roster, team)
    student, column, _ = next(iter(known.values()))
    where = f"{said} is in the roster's column '{roster.column(column)}'"
    if column != claim.own or not claim.name or _fits(claim.name, student):
        return Match((student,), f"{where}.")
    if student in team:
        return _team(claim, said, roster, team)
    if team:
        return Match((), f"{where}, for {student}, who is not in the team '{shown(claim.team)}'.")
    return Match((student,), f"{where}, though the name there is '{shown(claim.name)}'.")


def _fits(name: str, student: Student) -> bool:
    return names.letters(name) in names.forms(student.name)


def _team(claim: Claim, said: str, roster: Roster, team: Sequence[Student]) -> Match:
    column = roster.column("group")
    rule = (
        f"{said} is the team '{shown(claim.team)}', {len(team)} in the roster's column '{column}'."
    )
    return Match(tuple(team), rule)


def _by_name(claim: Claim, said: str, roster: Roster, team: Sequence[Student]) -> Match:
    """The one student of this name whose ids do not say otherwise, or the team of this name."""
    called, named = f"the name '{shown(claim.name)}'", roster.named(claim.name)
    others = [student for student in named if _is_another(student, claim)]
    fitting = [student for student in named if student not in others]
    if len(fitting) == 1 and not team:
        return Match(tuple(fitting), f"{said} has {called}, which one student has.")
    if team and not fitting:
        return _team(claim, said, roster, team)
    if fitting:
        also = " and a team" if team else ""
        told = f"{called} fits {len(fitting)} students{also}: {_listed(fitting)}"
    elif others:
        told = f"{called} is that of {_listed(others)}, who has another number there"
    else:
        told = f"nor is {called}" if claim.name else ""
    looked = ", ".join(dict.fromkeys(roster.column(column) for column, _ in claim.clues))
    reasons = [f"{said} is not in the roster" + (f" ({looked})" if looked else ""), told]
    return Match((), "; ".join(filter(None, reasons)) + ".")


def _listed(students: Sequence[Student]) -> str:
    more = ", ..." if len(students) > MAX_CANDIDATES else ""
    return ", ".join(shown(str(student)) for student in students[:MAX_CANDIDATES]) + more


def _is_another(student: Student, claim: Claim) -> bool:
    """Whether the roster knows the platform's own id of the student, and it is not the claim's."""
    own = value_of(student, claim.own) if claim.own else ""
    said = [value.casefold() for column, value in claim.clues if column == claim.own]
    return bool(own and said) and own.casefold() not in said


def _alone(claim: Claim, title: str) -> Match:
    """The student that a claim makes by itself: its id is what the platform calls them."""
    called = names.clean(claim.alone)
    identifier = "".join("_" if id_problem(f"x{c}") else c for c in called)[:MAX_ID].lstrip(".-")
    if not identifier:
        return Match((), f"{title}: {shown(claim.said)} is no name that results could have.")
    student = Student(
        identifier,
        name=names.clean(claim.name),
        email=next(
            (value for column, value in claim.clues if column == "email" and "@" in value), ""
        ),
        keys={column: value for column, value in claim.clues if column == claim.own},
    )
    return Match((student,), f"{title}: {shown(claim.said)}; there is no roster.")
