"""Gradescope's "Export submissions", unpacked: assignment_NUMBER_export.

It has a folder submission_NUMBER for each submission, and submission_metadata.yml, which tells for
each folder's name, with Ruby's symbols as keys:
    :submitters:  a list of :name:, :sid: (the school's id), :email:; several for a group
    :created_at:  when it was handed in
    :score:       what Gradescope gave, or nothing
    :history:     the same for the earlier ones
Gradescope does not document the file; its form was taken from exports that public scripts read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from happens_before.core.archive import shown
from happens_before.core.errors import InputError
from happens_before.teach.handins import listing
from happens_before.teach.handins.listing import Listing
from happens_before.teach.handins.people import Earlier
from happens_before.teach.handins.platforms import metadata
from happens_before.teach.handins.platforms.base import Claim, Parcel, Sorted
from happens_before.teach.handins.roster import Roster

TITLE = "Gradescope"
METADATA = "submission_metadata.yml"
TIME = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ]+(\d\d:\d\d:\d\d(?:\.\d+)?)\s*(Z|[+-]\d\d:?\d\d)?")


def recognises(entries: Listing) -> bool:
    """Whether the folder has Gradescope's metadata."""
    names = {path.name for path in (*entries.files, *(path for path, _ in entries.refused))}
    return METADATA in names


def sort_out(entries: Listing, _: Roster | None) -> Sorted:
    """One folder a submission, each for all of its submitters; see the package."""
    result = Sorted()
    refused = {path.name: reason for path, reason in entries.refused}
    if METADATA in refused:
        raise InputError(refused[METADATA], entries.folder / METADATA, metadata.EXPORT_AGAIN)
    told = metadata.read(entries.folder / METADATA)
    there = {path.name: path for path in (*entries.directories, *entries.files)}
    del there[METADATA]
    for name, path in there.items():
        if not isinstance(told.get(name), dict):
            result.refuse(path, f"is not in {METADATA}.")
            continue
        _sort_submission(path, told[name], result)
    for name in sorted(told.keys() - there.keys() - refused.keys()):
        result.refuse(entries.folder / name, f"is in {METADATA}, but not in the folder.")
    return result


def _sort_submission(path: Path, told: Mapping[str, Any], result: Sorted) -> None:
    if path.is_dir():
        contents = listing.of_directory(path)
    elif listing.is_archive(path):
        contents = listing.Contents((path,))
    else:
        contents = listing.Contents((), listing.no_archive(path))
    claims = tuple(_claims(told, path.name))
    if contents.problem or not claims:
        result.refuse(path, contents.problem or f"has no submitters in {METADATA}.")
        return
    if contents.note:
        result.notes.append(f"{shown(path.name)}: {contents.note}.")
    history = sorted(_history(told), key=lambda earlier: earlier.submitted)
    submitted = _time(told.get(":created_at"))
    result.parcels.append(
        Parcel(contents.chosen, claims, submitted=submitted, history=tuple(history))
    )


def _claims(told: Mapping[str, Any], folder: str) -> Iterator[Claim]:
    submitters = told.get(":submitters")
    for person in submitters if isinstance(submitters, list) else ():
        if isinstance(person, dict):
            sid, email, name = (_text(person.get(key)) for key in (":sid", ":email", ":name"))
            clues = (("id", sid), ("gradescope", sid), ("email", email), ("login", sid))
            said = f"sid {sid}" if sid else email or f"'{name}'"
            known = tuple((column, value) for column, value in clues if value)
            yield Claim(said, known, own="gradescope", name=name, alone=sid or email or folder)


def _history(told: Mapping[str, Any]) -> Iterator[Earlier]:
    history = told.get(":history")
    for earlier in history if isinstance(history, list) else ():
        if isinstance(earlier, dict) and (submitted := _time(earlier.get(":created_at"))):
            yield Earlier(submitted, _score(earlier.get(":score")))


def _score(value: object) -> float | None:
    try:
        return float(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _time(value: object) -> datetime | None:
    """YAML's times without a zone are UTC (yaml.org/type/timestamp.html)."""
    found = TIME.fullmatch(value) if isinstance(value, str) else None
    try:
        return datetime.fromisoformat(f"{found[1]}T{found[2]}{found[3] or 'Z'}") if found else None
    except ValueError:
        return None
