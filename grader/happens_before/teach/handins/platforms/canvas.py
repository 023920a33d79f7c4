"""Canvas's submissions.zip, unpacked: loose files, whose names say whose they are.

The names are made in lib/content_zipper.rb of instructure/canvas-lms:
    NAME[_LATE]_USER_ATTACHMENT_FILE      an upload; NAME has letters, digits and _ only
    [LATE_]anon_ID_ATTACHMENT_FILE        an upload, where students are anonymous
    ..._text.html, ..._link.html          a text or an address that was typed in
For a group, NAME is the group's and USER is the member who handed in. Only the last attempt is
there; a file that was handed in again under the same name is called FILE-1, FILE-2, ... Of such
files the one with the highest ATTACHMENT counts: Canvas gives these numbers in the order of uploading.
"""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

from happens_before.core.archive import shown
from happens_before.teach.handins import listing
from happens_before.teach.handins.listing import Listing
from happens_before.teach.handins.platforms.base import Claim, Parcel, Sorted
from happens_before.teach.handins.roster import Roster

TITLE = "Canvas"
WHO = (
    r"(?:(?P<late_anonymous>LATE_)?(?P<anonymous>anon_[0-9A-Za-z]+)"
    r"|(?P<name>\w*?)(?P<late>_LATE)?_(?P<user>\d+))"
)
UPLOAD = re.compile(rf"{WHO}_(?P<attachment>\d+)_(?P<file>.+)", re.DOTALL)
TYPED = re.compile(rf"{WHO}_(?P<kind>text|link)\.html")
AGAIN = re.compile(r"-[1-9][0-9]?(?=(\.[A-Za-z][A-Za-z0-9]*)+$)")  # before the ending


def recognises(entries: Listing) -> bool:
    """Whether at least half of the entries are named as Canvas names them."""
    every = [*entries.files, *entries.directories]
    fitting = sum(1 for path in every if UPLOAD.fullmatch(path.name) or TYPED.fullmatch(path.name))
    return 0 < fitting >= len(every) / 2


def sort_out(entries: Listing, _: Roster | None) -> Sorted:
    """All files of one user belong together; see the package."""
    result = Sorted()
    users: dict[str, list[tuple[re.Match[str], Path]]] = defaultdict(list)
    for path in sorted((*entries.files, *entries.directories)):
        if typed := TYPED.fullmatch(path.name):
            what = "a text" if typed["kind"] == "text" else "an address"
            result.refuse(path, f"is {what} that was typed into Canvas, not a file.")
        elif upload := UPLOAD.fullmatch(path.name):
            users[upload["user"] or upload["anonymous"]].append((upload, path))
        else:
            result.refuse(path, "is not named as Canvas names submissions (NAME_USER_NUMBER_FILE).")
    for user, uploads in users.items():
        _sort_user(user, uploads, result)
    return result


def _sort_user(user: str, uploads: list[tuple[re.Match[str], Path]], result: Sorted) -> None:
    paths = [path for _, path in uploads]
    if paths[0].is_dir():
        contents = listing.of_directory(paths[0])
    else:
        contents = listing.of_files([path for path in paths if path.is_file()])
    if len(paths) > 1 and any(path.is_dir() for path in paths):
        contents = listing.Contents(
            (), "there are unpacked folders beside other files of this user."
        )
    if contents.problem:
        for path in paths:
            result.refuse(path, contents.problem)
        return
    said = uploads[0][0]["name"] or ""
    label = f"{said}_{user}" if said else user
    if contents.note:
        result.notes.append(f"{shown(label)}: {contents.note}.")
    claim = Claim(
        f"user {user}", (("canvas", user),), own="canvas", name=said, team=said, alone=label
    )
    called = {path: upload for upload, path in uploads}
    chosen, names = contents.chosen, tuple(path.name for path in contents.chosen)
    if all(path in called for path in chosen):
        newest = _newest({path: called[path] for path in chosen}, label, result)
        chosen, names = tuple(newest.values()), tuple(newest)
    result.parcels.append(
        Parcel(
            chosen,
            (claim,),
            names=names,
            late_mark=any(each["late"] or each["late_anonymous"] for each, _ in uploads),
        )
    )


def _newest(called: dict[Path, re.Match[str]], label: str, result: Sorted) -> dict[str, Path]:
    """The files by what the student called them; of several of one name the one uploaded last."""
    versions: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(called, key=lambda path: int(called[path]["attachment"])):
        versions[AGAIN.sub("", called[path]["file"])].append(path)
    for name, paths in versions.items():
        if older := ", ".join(shown(called[path]["file"]) for path in paths[:-1]):
            newest = shown(called[paths[-1]]["file"])
            result.notes.append(
                f"{shown(label)}: {shown(name)} was handed in {len(paths)} times; "
                f"{newest}, which was uploaded last, counts, and not {older}."
            )
    return {name: paths[-1] for name, paths in versions.items()}
