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
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from happens_before.core.cache import digest_of, write_atomically
from happens_before.core.errors import InputError
from happens_before.core.report import Status, UnitReport, unit_from_json, unit_to_json, without_run
from happens_before.core.submission import UnitFiles

SCHEMA = "happens-before/batch/1"
FILE = "batch.json"
KEY_DIGITS = 32
MAX_NAME = 120  # characters of a file's name
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
            empty = not any(name for name in os.listdir(directory) if not name.startswith("."))
        except OSError as error:
            raise InputError(f"cannot be a results folder ({error.strerror}).", directory) from None
        if not (directory / FILE).is_file() and not empty:
            where = "It holds other files: name an empty folder or a new one."
            raise InputError("is no results folder.", directory, where)
        results = cls(directory)
        if empty or not (directory / FILE).is_file():
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
        data = self._read(FILE)
        if data is None:
            raise InputError("is no results folder.", self.directory, f"It has no {FILE}.")
        if not isinstance(data, dict) or data.get("schema") != SCHEMA:
            held = data.get("schema") if isinstance(data, dict) else None
            raise InputError(
                f"was written in the form '{held}'; this workbook reads '{SCHEMA}'.",
                self.directory / FILE,
                "Nothing was changed. Use the workbook that wrote it, or name a new folder.",
            )
        return tuple(data["units"])

    @contextmanager
    def held(self) -> Iterator[None]:
        """Only one batch at a time writes here. Errors: InputError when another one does."""
        with (self.directory / ".lock").open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise InputError(
                    "another batch writes there now.", self.directory, "Wait for it, or end it."
                ) from None
            yield

    # --- items ------------------------------------------------------------------------------------

    def add(self, unit: str, files: UnitFiles, workbook: Mapping[str, str]) -> str:
        """Take an item in, unless it is there; see Item. Returns its key. Errors: InputError."""
        parts = (text for part in workbook.items() for text in part)
        key = digest_of(unit, files.digest, *parts)[:KEY_DIGITS]
        if (self._item(key) / "item.json").is_file():
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
            raise InputError(f"there is no item {key}.", self.directory)
        try:
            directory = self._item(key) / "files"
            files = {name: (directory / name).read_bytes() for name in data["files"]}
            taken = UnitFiles(files, tuple(data["problems"]))
            return Item(key, data["unit"], taken, dict(data["workbook"]))
        except (KeyError, TypeError, OSError) as error:
            raise InputError(f"item {key} is damaged: {error}.", self.directory) from None

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
        except (KeyError, TypeError, ValueError):
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
        return not self.run(key).get("doubtful", False)

    # --- students ---------------------------------------------------------------------------------

    def write_json(self, name: str, value: Any) -> None:
        """Write one of the folder's own JSON files. Errors: InputError."""
        self._write(name, value)

    def read_json(self, name: str) -> Any | None:
        """One of the folder's own JSON files; None when it is not there, or damaged."""
        return self._read(name)

    def student_file(self, id: str, folder: str = "students", ending: str = ".json") -> Path:
        """Where a student's file stands; what a file's name cannot carry is percent-encoded."""
        name = quote(id, safe=" @+,=()")
        name = f"%2E{name[1:]}" if name.startswith(".") else name
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
