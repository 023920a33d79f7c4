"""Grading items of a results folder, one after the other.

A worker is a process of its own, on this machine or another one. What it cannot grade it leaves
ungraded, with the reason; what it cannot write is not finished, and the next batch does it again.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import IO

from happens_before.core import unit as units
from happens_before.core import workbook
from happens_before.core.errors import GraderFault, InputError
from happens_before.core.pipeline import Grader, Selection, could_be_slowness, workbook_parts
from happens_before.core.report import JudgeReport, Status, UnitReport
from happens_before.core.unit import Unit
from happens_before.judges.base import all_alike
from happens_before.teach.results import Item, Results


@dataclass(frozen=True)
class Ended:
    """What became of an item.

    status: pass, fail or ungraded; empty when its result could not be written. doubtful: a slow
    machine could have caused the verdict. fault: what went wrong with us, as a sentence, or empty.
    """

    key: str
    status: str
    doubtful: bool = False
    fault: str = ""

    def line(self) -> str:
        """One line of JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, line: str) -> Ended:
        """The inverse of line(). Errors: ValueError."""
        try:
            return cls(**json.loads(line))
        except TypeError as error:
            raise ValueError(f"no line of a worker: {error}") from None


def work(
    results: Results,
    keys: Iterable[str],
    grader: Grader,
    tell: Callable[[Ended], None],
    alone: bool = False,
) -> None:
    """Grade items and write their results, until there are no more or grader.cancel is set.

    alone: nothing else runs here, so no verdict is doubtful.
    """
    for key in keys:
        if grader.cancel.is_set():
            return
        ended = _grade(results, key, grader, alone)
        if grader.cancel.is_set():  # what was cut off is no verdict
            return
        tell(ended)


def _grade(results: Results, key: str, grader: Grader, alone: bool) -> Ended:
    started = datetime.now(UTC).isoformat(timespec="seconds")
    try:
        item = results.item(key)
        used = time.process_time()
        report, fault = _graded(item, grader)
        if grader.cancel.is_set():
            return Ended(key, "")
        doubtful = could_be_slowness(report) and not alone
        run = {
            "started": started,
            "host": socket.gethostname(),
            "limits": grader.limits(),
            "grader_s": round(time.process_time() - used, 3),
            "doubtful": doubtful,
            "fault": fault,
        }
        results.keep(key, report, run)
    except InputError as error:
        return Ended(key, "", fault=str(error))
    return Ended(key, str(report.status), doubtful, fault)


def _graded(item: Item, grader: Grader) -> tuple[UnitReport, str]:
    """An item's report, and what went wrong with us, as a sentence, or ""."""
    unit = _unit(item.unit)
    try:
        _check_workbook(item)
        report = grader.grade_unit(unit, item.files, Selection(), lambda _: None)
        return report, next((j.message for j in report.judges if j.status is Status.UNGRADED), "")
    except GraderFault as error:
        fault = str(error)
    except OSError as error:
        fault = f"{error}. Make room in {tempfile.gettempdir()}, or set TMPDIR to another place."
    except Exception:  # a bug of ours must not cost the class its marks
        fault = traceback.format_exc()
    return ungraded(unit, item, fault), fault


def give_up(results: Results, key: str, fault: str) -> None:
    """Write that an item could not be graded. Errors: InputError."""
    item = results.item(key)
    report = ungraded(_unit(item.unit), item, fault)
    results.keep(key, report, {"doubtful": False, "fault": fault})


def ungraded(unit: Unit, item: Item, fault: str) -> UnitReport:
    """The report of an item that could not be graded, with the reason."""
    judges = []
    for plan in unit.plans:
        text = "the grader could not judge this."
        judged: JudgeReport = all_alike(plan.judge, plan.checks, Status.UNGRADED, text)
        judged.message = fault
        judges.append(judged)
    return UnitReport(unit.path, unit.title, item.files.digest, judges)


def _check_workbook(item: Item) -> None:
    """Errors: GraderFault when this machine would grade with other things than the batch's."""
    odd = [name for name, digest in _parts(item.unit).items() if item.workbook.get(name) != digest]
    if odd:
        raise GraderFault(
            f"{', '.join(odd)} differ here ({socket.gethostname()}) from where the batch was "
            "started. Give each machine the same workbook and the same packages."
        )


@lru_cache
def _parts(path: str) -> dict[str, str]:
    return workbook_parts(_unit(path))


@lru_cache
def _unit(path: str) -> Unit:
    return units.load(workbook.find_unit(path))


def keys_from(stream: IO[str], grader: Grader) -> Iterator[str]:
    """The keys that come over a pipe, one a line; its other end asks for one more after each.

    When the pipe breaks off while an item is being graded, whoever asked for it is gone: the
    grading is given up.
    """
    lines: list[str] = []
    ready = threading.Condition()
    ended = False
    busy = False

    def read() -> None:
        nonlocal ended
        for line in stream:
            with ready:
                lines.append(line.strip())
                ready.notify()
        with ready:
            ended = True
            if busy:
                grader.cancel.set()
            ready.notify()

    threading.Thread(target=read, daemon=True).start()
    while True:
        with ready:
            busy = False
            ready.wait_for(lambda: lines or ended)
            if not lines:
                return
            busy, key = True, lines.pop(0)
        yield key


def say(ended: Ended) -> None:
    """Tell whoever started this worker, over the standard output."""
    try:
        print(ended.line(), flush=True)
    except BrokenPipeError:  # nobody listens: the result is written all the same
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
