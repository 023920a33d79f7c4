"""What the page shows of each unit: kept from the events of checking, as plain data.

For each unit only the newest state is kept, so that any number of saves takes the same memory. What
the last check said of a promise stays, marked as old, until the next one has come to it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from happens_before.core import unit as units
from happens_before.core import workbook
from happens_before.core.errors import InputError
from happens_before.core.report import CheckResult, JudgeReport, Place, Status
from happens_before.core.unit import Unit
from happens_before.learn import progress
from happens_before.learn.watching import Event

Message = dict[str, Any]
AROUND = 3  # lines of source shown on each side of a fault
MOST_TEXT = 12_000  # characters of one message


@dataclass
class Known:
    """What is known of a unit.

    round:   counts the checks; a verdict of an earlier one is old.
    verdicts: the newest of each check, with its round.
    """

    phase: str = "idle"
    said: str = ""
    trouble: str = ""
    round: int = 0
    working: list[str] = field(default_factory=list)
    verdicts: dict[str, tuple[int, CheckResult]] = field(default_factory=dict)
    excerpts: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    messages: dict[str, str] = field(default_factory=dict)


class Board:
    """The units' states; `changed` is called with each new message, in the thread that caused it."""

    def __init__(
        self,
        changed: Callable[[Message], None],
        root: Path = workbook.ROOT,
        keep: Path = progress.FILE,
    ) -> None:
        self.changed, self.root, self.keep = changed, root, keep
        self._known: dict[str, Known] = {}
        self._lock = threading.RLock()

    def tell(self, event: Event) -> None:
        """Take an event of a session's."""
        with self._lock:
            known = self._known.setdefault(event.unit, Known())
            _take(known, event, self.root)
            message = self.unit(event.unit)
        self.changed(message)
        if event.kind in ("verdict", "done"):
            self.changed(self.course())

    def unit(self, path: str) -> Message:
        """A unit's state, as the page's scripts read it."""
        with self._lock:
            known = self._known.get(path, Known())
            checks = [_check(known, name) for name in known.verdicts]
            message = {
                "kind": "unit",
                "unit": path,
                "phase": known.phase,
                "said": known.said,
                "round": known.round,
                "trouble": known.trouble[:MOST_TEXT],
                "working": list(known.working),
                "steps": [],
                "checks": sorted(checks, key=lambda check: int(check["step"])),
                "messages": [{"judge": j, "text": t} for j, t in known.messages.items() if t],
                "edit": [],
            }
            try:
                unit = self.load(path)
            except InputError as error:
                return message | {"phase": "broken", "trouble": str(error)}
            message["steps"] = list(_steps(unit, known, progress.recall(self.keep)))
            message["edit"] = [f"{unit.path}/{name}" for name in unit.editable]
            return message

    def result(self, path: str, check: str) -> CheckResult | None:
        """The newest verdict on a check, if there is one."""
        with self._lock:
            found = self._known.get(path, Known()).verdicts.get(check)
            return found[1] if found else None

    def has_seen(self, path: str) -> bool:
        """Whether the unit was checked since the server began."""
        with self._lock:
            return path in self._known

    def paths(self) -> list[str]:
        """The units that there are."""
        return [d.relative_to(self.root).as_posix() for d in workbook.unit_directories(self.root)]

    def load(self, path: str) -> Unit:
        """A unit by its path; read again only when its unit.toml has changed. Errors: InputError."""
        file = self.root / path / "unit.toml"
        return _loaded(self.root / path, file.stat().st_mtime_ns if file.is_file() else 0)

    def course(self) -> Message:
        """The map of the course: each unit's points, and the one next step."""
        remembered = progress.recall(self.keep)
        standings = []
        for path in self.paths():
            try:
                standings.append(progress.standing(self.load(path), remembered))
            except InputError:  # told on the unit's own page
                continue
        ahead = [s for s in standings if s.next_step]
        now = next((s for s in ahead if s.begun), ahead[0] if ahead else None)
        return {
            "kind": "course",
            "units": {
                s.unit.path: {
                    "points": s.points,
                    "of": s.max_points,
                    "step": s.next_step,
                    "begun": s.begun,
                }
                for s in standings
            },
            "next": now
            and {
                "unit": now.unit.path,
                "title": now.unit.title,
                "step": now.next_step,
                "steps": len(now.unit.steps),
                "says": now.unit.steps[now.next_step - 1],
                "file": f"{now.unit.path}/{now.unit.editable[0]}",
                "begun": now.begun,
            },
        }


@lru_cache(maxsize=128)
def _loaded(directory: Path, stamp: int) -> Unit:
    return units.load(directory)


def _take(known: Known, event: Event, root: Path) -> None:
    """Note what an event says."""
    if event.kind == "saved":
        gone = [name for name in event.text.split(", ") if not (root / event.unit / name).exists()]
        known.said = f"{', '.join(gone)} gone" if gone else f"{event.text} saved"
    known.phase = event.phase if event.kind in ("begun", "judging", "judged") else event.kind
    if event.kind in ("saved", "begun") and event.phase != "slow":
        known.trouble = ""
    if event.kind == "begun" and event.phase != "slow":
        known.round += 1
    if event.kind == "judging":
        known.working.append(event.text)
    elif event.kind == "judged" and event.text in known.working:
        known.working.remove(event.text)
    elif event.kind in ("done", "cancelled", "broken", "fault"):
        known.working.clear()
    if event.kind in ("broken", "fault"):
        known.trouble = event.text
    if event.report and event.kind == "judged":
        for judge in event.report.judges:
            _note(known, root / event.unit, judge)


def _note(known: Known, directory: Path, judge: JudgeReport) -> None:
    known.messages[judge.judge] = judge.message[:MOST_TEXT]
    for result in judge.checks:
        name = result.check.name
        known.verdicts[name] = (known.round, result)
        known.excerpts[name] = _excerpt(directory, result.where)


def _excerpt(directory: Path, where: Place | None) -> list[tuple[int, str]]:
    """The lines around a place in a unit's own file, as it stands at this moment."""
    if where is None or not where.line:
        return []
    file = (directory / where.file).resolve()
    if not file.is_relative_to(directory.resolve()):
        return []
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    first = max(1, where.line - AROUND)
    return list(enumerate(lines[first - 1 : where.line + AROUND], first))


def _check(known: Known, name: str) -> Message:
    turn, result = known.verdicts[name]
    failed = result.status is not Status.PASS
    told: Message = {
        "name": name,
        "step": result.check.step,
        "status": str(result.status),
        "old": turn < known.round,
        "promise": result.check.promise,
    }
    if failed:
        told |= {
            "how": result.how,
            "happened": result.happened[:MOST_TEXT],
            "where": _place(result.where),
            "excerpt": list(known.excerpts.get(name, ())),
            "evidence": [
                {"text": e.text[:MOST_TEXT], "places": [_place(p) for p in e.places[:12]]}
                for e in result.evidence[:6]
            ],
            "story": result.story is not None,
        }
    return told


def _place(where: Place | None) -> Message | None:
    if where is None:
        return None
    return {"file": where.file, "line": where.line, "in": where.function, "text": where.text}


def _steps(unit: Unit, known: Known, every: progress.Known) -> Iterator[Message]:
    """Each step with how many of its promises are kept, by this session or by what was remembered."""
    remembered = every.get(unit.path, {})
    for number, title in enumerate(unit.steps, 1):
        statuses = []
        for check in (c for c in unit.checks if c.step == number):
            seen = remembered.get(check.name)
            status = seen.status if seen else ""
            if check.name in known.verdicts:
                status = str(known.verdicts[check.name][1].status)
            statuses.append(status)
        yield {
            "n": number,
            "title": title,
            "kept": statuses.count(Status.PASS),
            "broken": statuses.count(Status.FAIL),
            "of": len(statuses),
        }
