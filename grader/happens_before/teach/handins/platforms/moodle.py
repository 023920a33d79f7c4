"""Moodle's "Download all submissions", unpacked.

The names are made in mod/assign/classes/downloader.php of moodle/moodle:
    NAME_NUMBER_assignsubmission_file/...       one folder a student; before Moodle 4.1 with a _ more
    NAME_NUMBER_assignsubmission_file_FILE      without folders
    ..._assignsubmission_onlinetext...          what was typed in
NUMBER is the participant's in this assignment, which the grading worksheet calls "Participant
NUMBER" in its column Identifier; for a team, NAME and NUMBER are the team's.
"""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

from happens_before.core.archive import shown
from happens_before.teach.handins import listing
from happens_before.teach.handins.listing import Contents, Listing
from happens_before.teach.handins.platforms.base import Claim, Parcel, Sorted
from happens_before.teach.handins.roster import Roster

TITLE = "Moodle"
ENTRY = re.compile(
    r"(?P<name>[^_]*)(?:_(?P<number>\d+))?_assignsubmission_(?P<plugin>[a-z0-9]+)(?:_(?P<file>.*))?",
    re.DOTALL,
)


def recognises(entries: Listing) -> bool:
    """Whether any entry is named as Moodle names them."""
    return any(ENTRY.fullmatch(path.name) for path in (*entries.directories, *entries.files))


def sort_out(entries: Listing, _: Roster | None) -> Sorted:
    """One folder, or the loose files, of each participant; see the package."""
    result = Sorted()
    people: dict[tuple[str, str], list[tuple[Path, str]]] = defaultdict(list)
    for path in sorted((*entries.directories, *entries.files)):
        entry = ENTRY.fullmatch(path.name)
        if not entry:
            result.refuse(path, "is not named as Moodle names submissions (NAME_NUMBER_assign...).")
        elif entry["plugin"] != "file":
            result.refuse(path, "was typed into Moodle; it is not a file.")
        else:
            who = (entry["name"].strip(), entry["number"] or "")
            people[who].append((path, entry["file"] or ""))
    for (name, number), files in people.items():
        _sort_person(name, number, files, result)
    return result


def _sort_person(name: str, number: str, files: list[tuple[Path, str]], result: Sorted) -> None:
    label = f"{name}_{number}" if number else name
    contents = _contents([path for path, _ in files])
    if contents.problem:
        for path, _ in files:
            result.refuse(path, contents.problem)
        return
    if contents.note:
        result.notes.append(f"{shown(label)}: {contents.note}.")
    said = f"participant {number}" if number else f"'{name}'"
    clues = (("moodle", number),) if number else ()
    called = dict(files)
    result.parcels.append(
        Parcel(
            contents.chosen,
            (Claim(said, clues, own="moodle", name=name, team=name, alone=label),),
            names=tuple(called.get(path) or path.name for path in contents.chosen),
        )
    )


def _contents(paths: list[Path]) -> Contents:
    folders = [path for path in paths if path.is_dir()]
    if not folders:
        return listing.of_files(paths)
    if len(paths) > 1:
        return Contents((), "there are several folders or files of this participant.")
    return listing.of_directory(folders[0])
