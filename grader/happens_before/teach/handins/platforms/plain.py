"""A folder of folders and archives, each named after its student."""

from __future__ import annotations

from pathlib import Path

from happens_before.core.archive import shown
from happens_before.teach.handins import listing
from happens_before.teach.handins.listing import Listing
from happens_before.teach.handins.platforms.base import Claim, Parcel, Sorted
from happens_before.teach.handins.roster import Roster

TITLE = "Files"


def recognises(_: Listing) -> bool:
    """Every folder can be read so."""
    return True


def sort_out(entries: Listing, _: Roster | None) -> Sorted:
    """Each folder and each archive is a student's; see the package."""
    result = Sorted()
    for directory in entries.directories:
        contents = listing.of_directory(directory)
        if contents.problem:
            result.refuse(directory, contents.problem)
            continue
        if contents.note:
            result.notes.append(f"{shown(directory.name)}: {contents.note}.")
        result.parcels.append(Parcel(contents.chosen, (claim(directory),)))
    for file in entries.files:
        if listing.is_archive(file):
            result.parcels.append(Parcel((file,), (claim(file),)))
        else:
            result.refuse(file, listing.no_archive(file))
    return result


def claim(path: Path) -> Claim:
    """A file's name as the student's id, login, address or name."""
    said = listing.stem(path)
    clues = tuple((column, said) for column in ("id", "login", "email", "github"))
    return Claim(f"'{said}'", clues, name=said, team=said, alone=said)
