"""The report for a person at a terminal, in a pipe, or with a screen reader.

Colour and motion only on a terminal; every meaning stands in words. What failed first is told at
length, the rest in a line each.
"""

from __future__ import annotations

import math
import textwrap
import threading
from types import TracebackType

from rich.console import Console
from rich.text import Text

from happens_before.core.pipeline import Event
from happens_before.core.report import CheckResult, JudgeReport, Place, Report, Status, UnitReport

WORDS = {Status.PASS: "pass", Status.FAIL: "FAIL", Status.UNGRADED: "ungraded"}
STYLES = {Status.PASS: "green", Status.FAIL: "bold red", Status.UNGRADED: "bold yellow"}
TOLD_AT_LENGTH = 3


class Progress:
    """Says what goes on while the judges work: one calm line on a terminal, nothing in a pipe."""

    def __init__(self, console: Console) -> None:
        self._working: dict[tuple[str, str], None] = {}
        self._lock = threading.Lock()
        # A forced colour (FORCE_COLOR) makes no terminal of a pipe, nor does TERM=dumb move.
        moves = console.file.isatty() and console.is_terminal and not console.is_dumb_terminal
        self._status = console.status("") if moves else None

    def __enter__(self) -> Progress:
        if self._status:
            self._status.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._status:
            self._status.stop()

    def tell(self, event: Event) -> None:
        """Take note of an event; may be called from any thread."""
        with self._lock:
            if event.report is None:
                self._working[event.unit.name, event.judge] = None
            else:
                self._working.pop((event.unit.name, event.judge), None)
            if self._status:
                names = ", ".join(judge for _, judge in self._working)
                unit = next((unit for unit, _ in self._working), "")
                self._status.update(f"{unit}: {names}" if unit else "")


def show(console: Console, report: Report, every: bool = False, times: bool = True) -> None:
    """Print the whole report.

    every: tell each failure at length. times: say how long it took, or that nothing has changed.
    """
    for note in report.notes:
        _write(console, "note: ", note, "yellow")
    for unit in report.units:
        show_unit(console, unit, every, times)
    if len(report.units) > 1:
        console.print()
        console.print(_score_line("all units", report, times))


def show_unit(console: Console, unit: UnitReport, every: bool = False, times: bool = True) -> None:
    """Print one unit's part of the report, as show() does."""
    console.print()
    _write(console, f"{unit.unit}  ", unit.title, "bold")
    for judge in unit.judges:
        console.print(_judge_line(judge, times))
        if judge.message and judge.status is Status.UNGRADED:
            for line in judge.message.splitlines():
                _write(console, " " * 4, line)
    failed = [result for result in unit.results if result.status is not Status.PASS]
    # What could not be run is explained by what failed before it, where that was asked for too.
    told = [r for r in failed if r.how != "not-run"] or failed[:1]
    told.sort(key=lambda result: result.check.step)
    length = len(told) if every else TOLD_AT_LENGTH
    for result in told[:length]:
        _show_failure(console, result)
    if len(told) > length:
        console.print(Text(f"\n  and {len(told) - length} more (--all tells each at length):"))
        for result in told[length:]:
            console.print(Text(f"    step {result.check.step}  {result.check.name}", style="dim"))
    console.print()
    console.print(_score_line(unit.unit, unit, times))


def _judge_line(judge: JudgeReport, times: bool) -> Text:
    passed = sum(result.status is Status.PASS for result in judge.checks)
    points = sum(result.points for result in judge.checks)
    most = sum(result.check.points for result in judge.checks)
    line = Text(f"  {judge.judge:<9} ")
    line.append(f"{WORDS[judge.status]:<9}", STYLES[judge.status])
    line.append(f"{passed:>3} of {len(judge.checks):<3} checks  {points:>5g} of {most:g} points")
    if times:
        line.append("   unchanged" if judge.cached else f"   {judge.duration_s:.1f} s", "dim")
    return line


def _show_failure(console: Console, result: CheckResult) -> None:
    check = result.check
    console.print()
    title = Text("  ")
    title.append(WORDS[result.status], STYLES[result.status])
    title.append(f"  {check.name}", "bold")
    title.append(f"   step {check.step}, {check.points:g} points", "dim")
    console.print(title)
    _field(console, "promised", check.promise)
    if check.hidden:
        told = "a hidden check: its name and its points are all that is shown."
        _field(console, "happened", told)
        return
    how = f"{result.how}: " if result.how not in ("", "fail", "rules", "missing") else ""
    _field(console, "happened", how + result.happened)
    if result.where:
        _field(console, "where", _place(result.where))
    for item in result.evidence:
        _field(console, "", item.text)
        for depth, place in enumerate(item.places):
            _field(console, "", _place(place), "  at " if depth == 0 else "  in ")


def _field(console: Console, name: str, text: str, lead: str = "") -> None:
    _write(console, f"{' ' * 8}{name:<10}{lead}", text, "cyan")


def _write(console: Console, lead: str, text: str, style: str = "") -> None:
    """A line that begins with `lead`; what does not fit hangs below the text, not below the lead."""
    for number, line in enumerate(_wrapped(printable(text), console.width - 1 - len(lead))):
        start = Text(lead if number == 0 else " " * len(lead), style)
        console.print(start.append(line, "default"), soft_wrap=True)


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, max(width, 20), break_on_hyphens=False) or [""]


def printable(text: str) -> str:
    """The text without what would steer the terminal: a submission's text is quoted, never obeyed."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in _spaced(text))


def _spaced(text: str) -> str:
    return text.expandtabs(4).replace("\r", "").replace("\n", " ")


def _place(place: Place) -> str:
    return f"{place}:  {place.text}" if place.text else str(place)


def _score_line(name: str, part: Report | UnitReport, times: bool) -> Text:
    line = Text("  ")
    line.append(f"{name}: {part.points:g} of {part.max_points:g} points", "bold")
    if part.ungraded_points:  # a share of what could not be judged would be a verdict on it
        line.append(f", {part.ungraded_points:g} ungraded", "bold")
    elif part.max_points:
        line.append(f" ({math.floor(100 * part.points / part.max_points)} %)", "bold")
    line.append(f"   {WORDS[part.status]}", STYLES[part.status])
    if times:
        line.append(f"   {part.duration_s:.1f} s", "dim")
    return line
