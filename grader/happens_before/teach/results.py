"""The results folder of a class: what was handed in, and what became of it.

    batch.json            what the folder is, its version, which units were asked for
    students.json         who handed in what: for each student the item of each unit
    items/KEY/item.json   the unit of an item and what was wrong with its files
    items/KEY/files/      the files that were taken from the submission
    items/KEY/result.json the unit's report, without what tells of the run; absent until it is graded
    items/KEY/run.json    what tells of the run: when, where, how long, within which limits
    students/ID.json      a student's whole report (grader/schema/report.schema.json)
    marks.json, marks.csv the class's marks
    progress.json         how far a batch is

An item is one unit of one submission. Its KEY is a digest of the files and of all of the workbook
that a verdict can hang on, so the same files are graded once, whoever handed them in. Every file is
written whole or not at all; one may read them, copy the folder, or kill the batch at any time.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from happens_before.core.cache import TEMPORARY, digest_of, write_atomically
from happens_before.core.errors import InputError
from happens_before.core.report import Status, UnitReport, unit_from_json, unit_to_json, without_run
from happens_before.core.submission import UnitFiles

SCHEMA = "happens-before/batch/1"
FILE = "batch.json"
KEY_DIGITS = 32
MAX_NAME = 120  # characters of a file's name
ANEW = "Give the batch command again: it mends this; what is finished stays."
KEY = re.compile(r"[0-9a-f]{32}$")


@dataclass(frozen=True)
class Item:
    """One unit of one submission, as it was taken.

    unit: its path, such as lessons/04-mutex. workbook: each part of ours that a verdict can hang
    on, and its digest (pipeline.workbook_parts).
    """

    key: str
    unit: str
    files: UnitFiles
    workbook: Mapping[str, str]


class Results:
    """A results folder. Safe to use from several processes; only one batch at a time writes it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    # --- the folder -------------------------------------------------------------------------------

    @classmethod
    def create(cls, directory: Path, units: Sequence[str]) -> Results:
        """A folder for these units: a new one, or the one that is there.

        Errors: InputError when something else stands there, or a folder of other units or version.
        """
        try:
            directory.mkdir(parents=True, exist_ok=True)
            names = [name for name in os.listdir(directory) if not name.startswith(".")]
        except OSError as error:
            raise InputError(f"cannot be a results folder ({error.strerror}).", directory) from None
        results = cls(directory)
        data = results._read(FILE)
        if data is None and names and "items" not in names:
            where = "It holds other files: name an empty folder or a new one."
            raise InputError("is no results folder.", directory, where)
        if data is None:  # a new one, or one whose description a crash of the machine took
            results._write(FILE, {"schema": SCHEMA, "units": list(units)})
        elif (held := results.units()) != tuple(units):
            raise InputError(
                f"holds results of other units: {', '.join(held)}.",
                directory,
                "Ask for the same units, or name another folder.",
            )
        return results

    @classmethod
    def open(cls, directory: Path) -> Results:
        """The folder that is there. Errors: InputError when it is none, or of another version."""
        results = cls(directory)
        results.units()
        return results

    def units(self) -> tuple[str, ...]:
        """The paths of the units that were asked for."""
        where = self.directory / FILE
        data = self._read(FILE)
        if data is None and where.exists():
            raise InputError("is damaged.", where, ANEW)
        if data is None:
            raise InputError("is no results folder.", self.directory, f"It has no {FILE}.")
        held = data.get("schema") if isinstance(data, dict) else None
        if held != SCHEMA:
            raise InputError(
                f"was written in the form '{held}'; this workbook reads '{SCHEMA}'.",
                where,
                "Nothing was changed. Use the workbook that wrote it, or name a new folder.",
            )
        return tuple(data.get("units", ()))

    @contextmanager
    def held(self) -> Iterator[None]:
        """Only one batch at a time writes here; what was left half written is removed.

        Errors: InputError when another one does, or nobody can.
        """
        try:
            lock = (self.directory / ".lock").open("a+")
        except OSError as error:
            raise InputError(f"cannot be written ({error.strerror}).", self.directory) from None
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise InputError(
                    "another batch writes there now.", self.directory, "Wait for it, or end it."
                ) from None
            except OSError as error:
                why = f"cannot be locked ({error.strerror})."
                to_do = "Name a folder on a file system with flock."
                raise InputError(why, self.directory, to_do) from None
            try:
                self._sweep()
                yield
            finally:
                self._sweep()

    def _sweep(self) -> None:
        for left in self.directory.rglob(f"{TEMPORARY}*"):
            with suppress(OSError):
                left.unlink()

    # --- items ------------------------------------------------------------------------------------

    def add(self, unit: str, files: UnitFiles, workbook: Mapping[str, str]) -> str:
        """Take an item in, unless it is there; see Item. Returns its key. Errors: InputError."""
        key = _key(unit, files, workbook)
        if self._is_whole(key):
            return key
        for name, content in files.files.items():
            write_atomically(self._item(key) / "files" / name, content)
        item = {
            "unit": unit,
            "files": sorted(files.files),
            "problems": list(files.problems),
            "workbook": dict(workbook),
        }
        self._write(f"items/{key}/item.json", item)
        return key

    def item(self, key: str) -> Item:
        """An item as it was taken. Errors: InputError when there is none, or it is damaged."""
        data = self._read(f"items/{key}/item.json") if KEY.match(key) else None
        if data is None:
            raise InputError(f"item {key} is not there, or damaged.", self.directory, ANEW)
        try:
            directory = self._item(key) / "files"
            files = {name: (directory / name).read_bytes() for name in data["files"]}
            taken = UnitFiles(files, tuple(data["problems"]))
            item = Item(key, data["unit"], taken, dict(data["workbook"]))
        except (KeyError, TypeError, ValueError, OSError) as error:
            why = f"item {key} is damaged: {error}."
            raise InputError(why, self.directory, ANEW) from None
        if _key(item.unit, taken, item.workbook) != key:
            why = f"item {key} is damaged: it is not what was handed in."
            raise InputError(why, self.directory, ANEW)
        return item

    def _is_whole(self, key: str) -> bool:
        try:
            return bool(self.item(key))
        except InputError:
            return False

    def keep(self, key: str, report: UnitReport, run: Mapping[str, Any]) -> None:
        """Write an item's result. Errors: InputError when the disk will not take it.

        run: what tells of the run; "doubtful": true asks for a second look.
        """
        self._write(f"items/{key}/run.json", {**run, "duration_s": round(report.duration_s, 3)})
        self._write(f"items/{key}/result.json", without_run(unit_to_json(report)))

    def report(self, key: str) -> UnitReport | None:
        """An item's report; None when it is not graded yet, or the result is damaged."""
        data = self._read(f"items/{key}/result.json")
        try:
            return unit_from_json(data) if data is not None else None
        except (KeyError, TypeError, ValueError, AttributeError):
            return None

    def run(self, key: str) -> dict[str, Any]:
        """What tells of an item's run; nothing when it is not known."""
        data = self._read(f"items/{key}/run.json")
        return data if isinstance(data, dict) else {}

    def is_finished(self, key: str) -> bool:
        """Whether an item has its verdict: graded, and needing no second look."""
        report = self.report(key)
        if report is None or report.status is Status.UNGRADED:
            return False
        return self.run(key).get("doubtful") is False

    def is_doubtful(self, key: str) -> bool:
        """Whether an item is graded, but needs a second look."""
        return self.report(key) is not None and self.run(key).get("doubtful") is True

    # --- students ---------------------------------------------------------------------------------

    def write_json(self, name: str, value: Any) -> None:
        """Write one of the folder's own JSON files. Errors: InputError."""
        self._write(name, value)

    def read_json(self, name: str) -> Any | None:
        """One of the folder's own JSON files; None when it is not there, or damaged."""
        return self._read(name)

    def student_file(self, id: str, folder: str = "students", ending: str = ".json") -> Path:
        """Where a student's file stands; what a file's name cannot carry is percent-encoded."""
        name = quote(id, safe=" @+,=()", errors="surrogateescape")
        name = f"%2E{name[1:]}" if name.startswith(".") else name or "%"
        if len(name) > MAX_NAME:
            name = f"{name[:MAX_NAME]}~{digest_of(id)[:16]}"
        return self.directory / folder / f"{name}{ending}"

    def _item(self, key: str) -> Path:
        return self.directory / "items" / key

    def _read(self, name: str) -> Any | None:
        try:
            return json.loads((self.directory / name).read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return None

    def _write(self, name: str, value: Any) -> None:
        text = json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
        write_atomically(self.directory / name, text)


def _key(unit: str, files: UnitFiles, workbook: Mapping[str, str]) -> str:
    parts = (text for part in workbook.items() for text in part)
    return digest_of(unit, files.digest, *parts)[:KEY_DIGITS]
