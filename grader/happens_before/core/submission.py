"""What a student hands in: a directory or an archive, of which only the editable files are taken."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path, PurePosixPath

from happens_before.core import archive, workbook
from happens_before.core.archive import Entry, shown
from happens_before.core.errors import InputError
from happens_before.core.unit import Unit

MAX_NOTES = 20
NOT_ASKED_FOR = "is not asked for"  # only named, to say what may have been meant
INNER_ARCHIVES = (".zip", ".tar", ".tgz", ".gz", ".7z", ".rar", ".xz", ".bz2")
DEEPEST = 3  # folders below which no misplaced file is looked for
MOST_LOOKED_AT = 2_000  # names


@dataclass
class Submission:
    """The names that a submission holds, with the content of the files that any unit may take.

    notes: what its giver should know, each one sentence; not more than MAX_NOTES and a last word.
    plain: names that need no folder, because only one of the units takes a file of that name.
    """

    name: str
    entries: dict[str, Entry] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    plain: frozenset[str] = frozenset()

    def note(self, sentence: str) -> None:
        """Add a note, unless there are too many already."""
        if len(self.notes) < MAX_NOTES:
            self.notes.append(sentence)
        elif len(self.notes) == MAX_NOTES:
            self.notes.append("... and more of the kind; the first ones are named.")


@dataclass(frozen=True)
class UnitFiles:
    """What one unit takes from a submission."""

    files: dict[str, bytes]
    problems: tuple[str, ...]  # each one sentence; any of them fails the build

    @property
    def digest(self) -> str:
        """SHA-256 over names and contents: equal digests are graded once."""
        total = hashlib.sha256()
        for name in sorted(self.files):
            total.update(f"{name}\0{len(self.files[name])}\0".encode())
            total.update(self.files[name])
        for problem in self.problems:
            total.update(f"{len(problem)}\0{problem}".encode())
        return total.hexdigest()


def open_submission(path: Path, units: list[Unit]) -> Submission:
    """Read a directory, .zip, .tar or .tar.gz.

    Errors: InputError when it is none of these, is damaged, or is too large to be honest.
    """
    try:
        if path.is_dir():
            return _noted(_read_directory(path, units), units)
        if path.is_file():
            return _noted(_read_archive(path, units), units)
        there = path.exists()
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror}).", shown(str(path))) from None
    if there:
        raise InputError("is neither a directory nor an archive.", path, archive.FORMATS)
    raise InputError("there is no such file or directory.", shown(str(path)))


def open_files(name: str, files: Iterable[tuple[str, Path]], units: Sequence[Unit]) -> Submission:
    """Loose files that belong together, each with the name that its giver gave it.

    Errors: OSError.
    """
    submission = _empty(name, units)
    wanted = {file for unit in units for file in unit.editable}
    for given, path in files:
        entry = archive.read_below(path.parent, path.name) if given in wanted else None
        _take(submission, given, entry or Entry(refused=NOT_ASKED_FOR))
    return submission


def _empty(name: str, units: Sequence[Unit]) -> Submission:
    takers = Counter(file for unit in units for file in unit.editable)
    plain = frozenset(file for file, times in takers.items() if times == 1)
    return Submission(shown(name), plain=plain)


def _given(unit: Unit) -> set[str]:
    """The names of the unit's files that are the workbook's alone."""
    names = {file.name for kind in ("*.c", "*.h", "*.toml") for file in unit.directory.glob(kind)}
    return names - set(unit.editable)


def _noted(submission: Submission, units: Iterable[Unit]) -> Submission:
    """Say which files of the workbook came back changed: they are not used."""
    for unit in units:
        for name in sorted(_given(unit)):
            for place in (f"{unit.path}/{name}", f"{unit.name}/{name}"):
                entry = submission.entries.get(place)
                if entry and entry.content not in (b"", (unit.directory / name).read_bytes()):
                    submission.note(f"'{place}' is changed; the workbook's own is used.")
    return submission


def _read_archive(path: Path, units: Sequence[Unit]) -> Submission:
    submission = _empty(path.name, units)
    wanted = {name for unit in units for name in (*unit.editable, *_given(unit))}
    for name, entry in archive.members(path, wanted):
        _take(submission, name, entry)
    return submission


def _take(submission: Submission, name: str, entry: Entry) -> None:
    parts = PurePosixPath(name).parts
    if _is_packers_own(parts):
        return
    if name.startswith("/") or ".." in parts or ":" in name.split("/", 1)[0]:
        submission.note(f"'{shown(name)}' points outside the archive and was left out.")
        return
    clean = "/".join(part for part in parts if part != ".")
    if entry.refused:
        submission.note(f"'{shown(name)}' {entry.refused}; it was left out.")
    if clean in submission.entries:
        submission.note(f"'{shown(name)}' is there twice; the last one counts, as in unpacking.")
    submission.entries[clean] = entry


def _is_packers_own(parts: tuple[str, ...]) -> bool:
    """What macOS puts into an archive beside the files: resource forks, which share their names."""
    return bool(parts) and (parts[0] == "__MACOSX" or parts[-1].startswith("._"))


def _read_directory(path: Path, units: list[Unit]) -> Submission:
    submission = _empty(path.resolve().name, units)
    top = _inner_top(path, units)
    for unit in units:
        for file in unit.editable:
            for place in _places(unit, file):
                if place not in submission.entries and (entry := archive.read_below(top, place)):
                    _take(submission, place, entry)
    if not submission.entries:
        _look_deeper(submission, top, units)
    for unit in units:
        for place in (f"{f}/{name}" for f in (unit.path, unit.name) for name in _given(unit)):
            if entry := archive.read_below(top, place):
                submission.entries[place] = entry
        for folder in ("", f"{unit.path}/", f"{unit.name}/"):
            for name in _names_in(top / folder) if (top / folder).is_dir() else ():
                submission.entries.setdefault(f"{folder}{name}", Entry(refused=NOT_ASKED_FOR))
    return submission


def _look_deeper(submission: Submission, top: Path, units: Iterable[Unit]) -> None:
    """Name files that are asked for and stand where nobody looks: to say where they are."""
    wanted = {name for unit in units for name in unit.editable}
    looked_at = 0
    for folder, inside, names in os.walk(top):
        place = Path(folder).relative_to(top)
        deeper = [name for name in inside if not name.startswith(".")]
        inside[:] = sorted(deeper) if len(place.parts) < DEEPEST else []
        looked_at += len(names) + len(inside)
        if looked_at > MOST_LOOKED_AT:
            return
        for name in sorted(wanted.intersection(names)):
            submission.entries[(place / name).as_posix()] = Entry(refused=NOT_ASKED_FOR)


def _inner_top(path: Path, units: list[Unit]) -> Path:
    """The directory itself, or the only one in it when all the work stands there."""
    places = {p.split("/")[0] for unit in units for f in unit.editable for p in _places(unit, f)}
    names = [name for name in _names_in(path) if not name.startswith((".", "__MACOSX"))]
    only = path / names[0] if len(names) == 1 and names[0] not in places else path
    return only if only.is_dir() and not only.is_symlink() else path


def _names_in(path: Path) -> list[str]:
    try:
        return sorted(os.listdir(path))
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror}).", path) from None


def _places(unit: Unit, file: str) -> list[str]:
    """Where a unit's file may stand in a submission, the most exact place first."""
    return [f"{unit.path}/{file}", f"{unit.name}/{file}", file]


def files_of(
    submission: Submission, unit: Unit, alone: bool, missing: bool = False
) -> UnitFiles | None:
    """The unit's editable files, found and checked; None when the submission holds none of them.

    alone:   the unit is the only one asked for, so what is missing is its problem.
    missing: never None; where there is none, the problem is that they are missing.
    """
    found = {name: _find(submission, unit, name) for name in unit.editable}
    if not (alone or missing) and not any(entry for _, entry in found.values()):
        return None
    files: dict[str, bytes] = {}
    problems: list[str] = []
    for name, (place, entry) in found.items():
        if entry is None:
            problems.append(_missing(submission, unit, name))
        elif problem := entry.refused or _text_problem(entry.content):
            problems.append(f"{shown(place)} {problem}.")
        else:
            files[name] = entry.content
    return UnitFiles(files, tuple(problems))


def why_nothing(submission: Submission, units: Sequence[Unit]) -> str:
    """Why a submission holds none of the units' files, and the likeliest reason, as sentences."""
    looked = ", ".join(f"{unit.path}/{unit.editable[0]}" for unit in units[:3])
    more = ", ..." if len(units) > 3 else ""
    sentence = f"it holds none of the files that were asked for (looked for {looked}{more})."
    seen = (_misplaced(submission, unit, name) for unit in units for name in unit.editable)
    return f"{sentence} {next(filter(None, seen), '') or _held(submission, units)}"


def _find(submission: Submission, unit: Unit, name: str) -> tuple[str, Entry | None]:
    places = _places(unit, name)
    if name not in submission.plain:
        places.remove(name)
    for prefix in ("", _common_folder(submission)):
        for wanted in places:
            if entry := submission.entries.get(prefix + wanted):
                return prefix + wanted, entry
    return name, None


def _common_folder(submission: Submission) -> str:
    """The one folder around everything, as most archives have it, with its slash; or ""."""
    tops = {name.split("/", 1)[0] for name in submission.entries}
    deep = all("/" in name for name in submission.entries)
    return f"{tops.pop()}/" if len(tops) == 1 and deep else ""


def _missing(submission: Submission, unit: Unit, name: str) -> str:
    """What is missing, and the likeliest reason that can be seen."""
    sentence = f"{name} is missing: it was looked for as {unit.path}/{name}."
    return f"{sentence} {_misplaced(submission, unit, name) or _held(submission, [unit])}"


def _misplaced(submission: Submission, unit: Unit, name: str) -> str:
    """Where a file stands that is nearly the one that is missing; or ""."""
    for other in sorted(submission.entries):
        base = other.rsplit("/", 1)[-1]
        if base != name and base.lower() == name:
            return f"There is '{shown(other)}': upper and lower case differ; rename it."
        if base == name:
            return f"There is '{shown(other)}': move it to {unit.path}/."
    return ""


def _held(submission: Submission, units: Sequence[Unit]) -> str:
    """What a submission holds that has no file of these units, with what that may mean."""
    names, asked = sorted(submission.entries), {"", *(unit.name for unit in units)}
    for other in names:
        if other.lower().endswith(INNER_ARCHIVES):
            return f"There is an archive inside, '{shown(other)}': hand in its files."
    if any(name.startswith(f"{unit.path}/") for unit in units for name in names):
        return "Its folder is there, but not the file."
    if others := sorted({other for name in names if (other := _unit_of(name)) not in asked}):
        return f"There are files of {', '.join(others)}: was it meant for that unit?"
    sources = [name for name in names if name.endswith(".c")]
    if len(sources) == 1 and len(units) == len(units[0].editable) == 1:
        [wanted] = units[0].editable
        return f"There is '{shown(sources[0])}': if that is the answer, name it {wanted}."
    held = ", ".join(map(shown, names[:4])) + (", ..." if len(names) > 4 else "")
    return f"The submission holds {held or 'nothing'}."


@cache
def _directories() -> list[Path]:
    return workbook.unit_directories()


def _unit_of(name: str) -> str:
    """The unit that a file belongs to, by its folder or its own name; "" when no unit has it."""
    parts = PurePosixPath(name).parts
    for directory in _directories():
        if directory.name in parts[:-1]:
            return directory.name
        if (
            parts[-1] != "tests.c"
            and parts[-1].endswith(".c")
            and (directory / parts[-1]).is_file()
        ):
            return directory.name
    return ""


def _text_problem(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "is UTF-16; save it as UTF-8"
    if not content.removeprefix(b"\xef\xbb\xbf").strip():
        return "is empty"
    if b"\0" in content:
        return f"is not text: it holds a zero byte at offset {content.index(0)}; save it as UTF-8"
    if b"\r" in content and b"\n" not in content:
        return "ends its lines as Mac OS 9 did; save it with Unix line ends"
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return f"is not UTF-8: see line {line}; save it as UTF-8"
    return ""
