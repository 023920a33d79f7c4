"""A folder of submissions, and whose each is.

Nobody is guessed at. What a platform knows for certain (its own id, the school's id, an address)
counts first. A name counts only when it fits exactly one student of whom the platform's id is not
known to be another. Whatever fits nobody, or more than one, is listed with the reason.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import tzinfo
from pathlib import Path

from happens_before.core.archive import shown
from happens_before.core.errors import InputError
from happens_before.teach.handins import listing
from happens_before.teach.handins.claims import Match, owners
from happens_before.teach.handins.listing import Listing
from happens_before.teach.handins.people import Earlier, Gathered, Handin
from happens_before.teach.handins.platforms import PLATFORMS
from happens_before.teach.handins.platforms.base import Parcel, Sorted
from happens_before.teach.handins.roster import Roster
from happens_before.teach.handins.times import with_times

UNPACK = "Unpack the export into a folder, and give that."


def gather(
    folder: Path,
    roster: Roster | None = None,
    platform: str | None = None,
    zone: tzinfo | None = None,
) -> Gathered:
    """Sort out a folder of submissions; nothing in it is opened further than that needs.

    platform: one of PLATFORMS; default: the first that recognises the folder.
    zone:     the course's, for times in the roster that name none.
    Errors:   InputError when the folder cannot be read or holds nothing; GraderFault when clones
              need git or the sandbox, and it is not there.
    """
    entries = _top(folder)
    if not (entries.directories or entries.files or entries.refused):
        raise InputError("is empty: there is no submission in it.", folder)
    name = platform or next(name for name, each in PLATFORMS.items() if each.recognises(entries))
    module = PLATFORMS[name]
    if platform and not module.recognises(entries):
        raise InputError(f"is not as {module.TITLE} exports submissions.", folder)
    found: Sorted = module.sort_out(entries, roster)
    handins: dict[str, list[Handin]] = defaultdict(list)
    unmatched = [*entries.refused, *found.problems]
    for parcel in found.parcels:
        matches = [owners(claim, module.TITLE, roster) for claim in parcel.claims]
        for handin in _handins(parcel, matches):
            handins[handin.student.id].append(handin)
        unmatched += [(path, m.rule) for m in matches if not m.students for path in parcel.paths]
    notes = [*(roster.notes if roster else ()), *found.notes, *_litter_note(entries)]
    chosen = [handin for own in handins.values() for handin in _one_of(own, unmatched, notes)]
    if roster:
        chosen, told = with_times(chosen, roster, zone)
        notes += told
    absent = [s for s in roster.students if s.id not in handins] if roster else []
    return Gathered(
        tuple(sorted(chosen, key=lambda handin: handin.student.id)),
        tuple(sorted(unmatched)),
        tuple(absent),
        tuple(notes),
        module.TITLE,
    )


def _top(folder: Path) -> Listing:
    """What is in the folder, or in the only one in it, when that is what was unpacked: it holds the metadata."""
    if folder.is_file():
        raise InputError("is a file.", folder, UNPACK)
    if not folder.is_dir():
        raise InputError("there is no such folder.", shown(str(folder)))
    entries = listing.read(folder)
    if len(entries.directories) == 1 and not entries.files:
        only = listing.read(entries.directories[0])
        if any(PLATFORMS[name].recognises(only) for name in ("gradescope", "moodle", "canvas")):
            return only
    return entries


def _handins(parcel: Parcel, matches: Sequence[Match]) -> Iterator[Handin]:
    """A hand-in for each student who is meant, once."""
    rules = {student: match.rule for match in reversed(matches) for student in match.students}
    for student, rule in rules.items():
        names = parcel.names or tuple(path.name for path in parcel.paths)
        yield Handin(
            *(student, parcel.paths, names, rule),
            *(parcel.submitted, parcel.late_mark, parcel.history, parcel.commit),
        )


def _litter_note(entries: Listing) -> Sequence[str]:
    names = ", ".join(map(shown, entries.litter[:5])) + (", ..." if len(entries.litter) > 5 else "")
    return (f"Passed over: {names}.",) if names else ()


def _one_of(
    own: list[Handin], unmatched: list[tuple[Path, str]], notes: list[str]
) -> Sequence[Handin]:
    """The one hand-in of a student that counts: the newest; none when nobody can say which that is."""
    if len(own) == 1:
        return own
    student = own[0].student
    times = sorted({handin.submitted for handin in own if handin.submitted})
    if len(times) < len(own):  # one is not known, or two are the same
        reason = f"is one of {len(own)} hand-ins of {student}, and nobody says which is the newest."
        unmatched += [(path, reason) for handin in own for path in handin.paths]
        return ()
    newest = next(handin for handin in own if handin.submitted == times[-1])
    older = [path.name for handin in own if handin is not newest for path in handin.paths]
    told = ", ".join(map(shown, older))
    notes.append(f"{student} has {len(own)} hand-ins; the newest counts, and not {told}.")
    before = [Earlier(time, None) for time in times[:-1]]
    history = sorted((*newest.history, *before), key=lambda earlier: earlier.submitted)
    return (replace(newest, history=tuple(history)),)
