"""A folder of clones, each named ASSIGNMENT-LOGIN, or by the login alone.

So name them GitHub Classroom (`gh classroom clone student-repos`) and Classroom 50
(CLASSROOM-ASSIGNMENT-LOGIN, lower case). LOGIN is looked for in the roster's columns github, login,
id and group; a login may itself hold hyphens, so all logins that end a name are candidates, and where
they are several, the prefix decides that the other clones have.

The time is that of the commit at HEAD, and the earlier ones are those before it. Whoever made a
commit could set it: see `commit`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from happens_before.core.archive import shown
from happens_before.teach.handins.listing import Listing
from happens_before.teach.handins.people import Earlier
from happens_before.teach.handins.platforms import commit, plain
from happens_before.teach.handins.platforms.base import Claim, Parcel, Sorted
from happens_before.teach.handins.roster import Roster, value_of

TITLE = "git"
COLUMNS = ("github", "login", "id", "group")
NOT_COMMITTED = (
    "it holds changes that are not committed; they are graded too, under the commit's time."
)
THE_TIME = (
    "The time of a git submission is that of its last commit, which its author can set; the server "
    "that it was pushed to knows better."
)


def recognises(entries: Listing) -> bool:
    """Whether at least half of the entries are repositories."""
    every = (*entries.directories, *entries.files)
    clones = sum(1 for path in entries.directories if is_clone(path))
    return 0 < clones >= len(every) / 2


def is_clone(path: Path) -> bool:
    """Whether a directory has a .git, of whatever kind."""
    return (path / ".git").is_symlink() or (path / ".git").exists()


def sort_out(entries: Listing, roster: Roster | None) -> Sorted:
    """Each clone is a student's or a team's; see the package."""
    result = Sorted()
    clones = [path for path in entries.directories if is_clone(path)]
    for path in (*entries.directories, *entries.files):
        if path not in clones:
            result.refuse(path, "is no clone of a repository: it has no .git.")
    owners = _owners(clones, roster) if roster else {}
    for path, told in zip(clones, commit.read_all(clones), strict=True):
        claim = _claim(path, owners.get(path, [])) if roster else plain.claim(path)
        history = tuple(Earlier(time, None) for time in told.earlier)
        result.parcels.append(
            Parcel((path,), (claim,), submitted=told.time, history=history, commit=told.name)
        )
        if told.changed:
            result.notes.append(f"{shown(path.name)}: {NOT_COMMITTED}")
        if told.problem:
            result.notes.append(f"{shown(path.name)}: {told.problem}")
    if clones:
        result.notes.append(THE_TIME)
    return result


Owner = tuple[str, str, str]  # a column, its value, and what stands before it in the clone's name


def _owners(clones: Sequence[Path], roster: Roster) -> dict[Path, list[Owner]]:
    """Whose each clone may be: the candidates that are left when the common prefix has spoken."""
    holders: dict[str, list[str]] = defaultdict(list)
    for student in roster.students:
        for column in COLUMNS:
            value = (student.group if column == "group" else value_of(student, column)).casefold()
            if value and column not in holders[value]:
                holders[value].append(column)
    found = {path: _candidates(path.name.casefold(), holders) for path in clones}
    usual = {owners[0][2] for owners in found.values() if len(_prefixes(owners)) == 1}
    for path, owners in found.items():
        prefixed = [owner for owner in owners if owner[2] in usual]
        if len(_prefixes(owners)) > 1 and len(_prefixes(prefixed)) == 1:
            found[path] = prefixed
    return found


def _prefixes(owners: Sequence[Owner]) -> set[str]:
    return {prefix for _, _, prefix in owners}


def _candidates(name: str, holders: Mapping[str, Sequence[str]]) -> list[Owner]:
    """Every login that the whole name is, or that ends it after a hyphen; GitHub's first."""
    starts = [0, *(place + 1 for place, letter in enumerate(name) if letter == "-")]
    found = [(c, name[at:], name[:at]) for at in starts for c in holders.get(name[at:], ())]
    return sorted(found, key=lambda owner: (COLUMNS.index(owner[0]), owner))


def _claim(path: Path, owners: Sequence[Owner]) -> Claim:
    """The clues of a clone; candidates that contradict each other are told of by `claims`."""
    clues = tuple((column, value) for column, value, _ in owners if column != "group")
    team = next((value for column, value, _ in owners if column == "group"), "")
    said = f"'{clues[0][1]}' at the end of '{path.name}'" if clues else f"'{path.name}'"
    return Claim(said, clues, name=path.name, team=team, alone=path.name)
