"""From what was handed in to items: each submission is read once, and what is taken is kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from happens_before.core.archive import shown
from happens_before.core.errors import InputError
from happens_before.core.pipeline import workbook_parts
from happens_before.core.submission import (
    Submission,
    files_of,
    open_files,
    open_submission,
    why_nothing,
)
from happens_before.core.unit import Unit
from happens_before.teach.handins import listing
from happens_before.teach.handins.people import Gathered, Handin, Student
from happens_before.teach.results import Results

FILE = "students.json"


@dataclass
class Taken:
    """What was taken of one student's hand-in.

    items: unit path -> key; a unit of which nothing was handed in is not there. problem: why the
    hand-in could not be read, as a sentence, or empty. submitted: ISO 8601, or None. commit: of a
    repository, or empty.
    """

    student: Student
    items: dict[str, str] = field(default_factory=dict)
    rule: str = ""
    submitted: str | None = None
    late_mark: bool = False
    history: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    problem: str = ""
    handed_in: bool = True
    commit: str = ""


def take_in(results: Results, gathered: Gathered, units: Sequence[Unit]) -> list[Taken]:
    """Read every hand-in, keep its files as items, and write who handed in what.

    Errors: InputError when the folder cannot be written; a hand-in that cannot be read is no error
    of the batch: it says so in its `problem`.
    """
    parts = {unit.path: workbook_parts(unit) for unit in units}
    taken = [_take(results, handin, units, parts) for handin in gathered.handins]
    taken += [Taken(student, handed_in=False) for student in gathered.absent]
    taken.sort(key=lambda each: each.student.id)
    write(results, taken, gathered)
    return taken


def _take(
    results: Results, handin: Handin, units: Sequence[Unit], parts: Mapping[str, Mapping[str, str]]
) -> Taken:
    taken = Taken(
        handin.student,
        rule=handin.rule,
        submitted=handin.submitted.isoformat() if handin.submitted else None,
        late_mark=handin.late_mark,
        history=[
            {"submitted": each.submitted.isoformat(), "score": each.score}
            for each in handin.history
        ],
        commit=handin.commit,
    )
    try:
        submission = _opened(handin, units)
    except InputError as error:  # without the place on this machine: the student reads it
        taken.problem = " ".join(filter(None, (name_of(handin), error.what, error.to_do)))
        return taken
    except Exception as error:  # a bug of ours must not cost the class its night
        taken.problem = f"{name_of(handin)} could not be read: {type(error).__name__}: {error}."
        return taken
    taken.notes = list(submission.notes)
    for unit in units:
        files = files_of(submission, unit, alone=False)
        if files is not None:
            taken.items[unit.path] = results.add(unit.path, files, parts[unit.path])
    if not taken.items:
        taken.problem = why_nothing(submission, units)
    return taken


def _opened(handin: Handin, units: Sequence[Unit]) -> Submission:
    """A directory, an archive, or loose files as one submission. Errors: InputError."""
    [path, *more], [name, *_] = handin.paths, handin.names
    if (
        path.is_dir()
        or not more
        and (listing.is_archive(path) or listing.is_named_as_archive(name))
    ):
        return open_submission(path, list(units))
    return open_files(handin.student.id, zip(handin.names, handin.paths), units)


def name_of(handin: Handin) -> str:
    """What a student calls a hand-in."""
    return ", ".join(map(shown, handin.names))


def write(results: Results, taken: Iterable[Taken], gathered: Gathered) -> None:
    """Write students.json. Errors: InputError."""
    unmatched = [[shown(str(path)), why] for path, why in gathered.unmatched]
    _write(results, taken, {"unmatched": unmatched, "notes": list(gathered.notes)})


def write_again(results: Results, taken: Iterable[Taken], old: Results) -> None:
    """Write students.json as it stands in another folder, but for what was taken."""
    _write(results, taken, old.read_json(FILE) or {})


def _write(results: Results, taken: Iterable[Taken], others: dict[str, Any]) -> None:
    results.write_json(FILE, {**others, "students": [asdict(each) for each in taken]})


def read(results: Results) -> list[Taken]:
    """What write() wrote. Errors: InputError when it is missing or damaged."""
    data: Any = results.read_json(FILE)
    try:
        return [Taken(Student(**each.pop("student")), **each) for each in data["students"]]
    except (KeyError, TypeError, AttributeError):
        where = results.directory / FILE
        raise InputError(
            "is missing or damaged.", where, "Give the batch command again: it writes it anew."
        ) from None
