"""Whose each submission is, as a person checks it before anything is graded."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from datetime import datetime

from rich.cells import cell_len, set_cell_size

from happens_before.core.archive import shown
from happens_before.teach.handins.people import Gathered, Handin

WIDTH = 80
INDENT = "    "
HEADER = ("student", "name", "email", "submitted", "late", "files", "rule")


def lines(gathered: Gathered) -> Iterator[str]:
    """The mapping in plain text, not wider than WIDTH columns."""
    count = len(gathered.handins)
    yield f"{gathered.platform}: {count} hand-in{'s' * (count != 1)}"
    for handin in gathered.handins:
        yield ""
        yield _head(handin)
        files = ", ".join(shown(path.name) for path in handin.paths)
        yield from _wrapped(files)
        yield from _wrapped(handin.rule)
    if gathered.unmatched:
        yield f"\nnobody's: {len(gathered.unmatched)}"
        for path, reason in gathered.unmatched:
            yield from _wrapped(f"{shown(path.name)}: {reason}")
    if gathered.absent:
        yield f"\nhanded in nothing: {len(gathered.absent)}"
        for student in gathered.absent:
            yield from _wrapped(shown(str(student)))
    if gathered.notes:
        yield "\nnotes"
        for note in gathered.notes:
            yield from _wrapped(note)


def _head(handin: Handin) -> str:
    time = moment(handin.submitted) + ("  late" if handin.late_mark else "")
    who = shown(str(handin.student))
    room = WIDTH - len(time) - 2
    return f"{who if cell_len(who) < room else set_cell_size(who, room)}  {time}"


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=INDENT, subsequent_indent=INDENT * 2)


def moment(time: datetime | None) -> str:
    """A time as people read it, in its own zone."""
    return time.strftime("%Y-%m-%d %H:%M:%S %z") if time else "time not known"


def rows(gathered: Gathered) -> Iterator[tuple[str, ...]]:
    """The same as a table: hand-ins, then what is nobody's, then who handed in nothing."""
    yield HEADER
    for handin in gathered.handins:
        yield (
            *(handin.student.id, handin.student.name, handin.student.email),
            handin.submitted.isoformat() if handin.submitted else "",
            "late" if handin.late_mark else "",
            " ".join(shown(path.name) for path in handin.paths),
            handin.rule,
        )
    for path, reason in gathered.unmatched:
        yield ("", "", "", "", "", shown(path.name), reason)
    for student in gathered.absent:
        yield (student.id, student.name, student.email, "", "", "", "handed in nothing")
