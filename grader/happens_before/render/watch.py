"""What `watch` shows: one calm page on a terminal, lines in a pipe or for a screen reader."""

from __future__ import annotations

import io
import queue
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from happens_before.core.errors import InputError
from happens_before.core.report import CheckResult, Status, UnitReport
from happens_before.core.unit import Unit
from happens_before.learn import failure, hints, progress
from happens_before.learn.watching import Event
from happens_before.render import explain, overview, stepper, terminal
from happens_before.render.keys import Keys, Screen
from rich.console import Console
from rich.text import Text

FOOT = "h hint   e explain   n next   l list   q quit   (up/down scroll)"
TIERS = 3
CHECKED = "checked"


@dataclass
class Page:
    """What is to be seen. units: those watched, by path. shown: "report", or what a key asked for."""

    units: dict[str, Unit]
    unit: Unit
    state: str = "waiting for the first save"
    trouble: str = ""
    report: UnitReport | None = None
    judging: dict[str, None] = field(default_factory=dict)
    shown: str = "report"
    tier: int = 1
    top: int = 0

    def take(self, event: Event) -> None:
        """Note what has happened."""
        if event.kind in ("saved", "begun") and event.unit != self.unit.path:
            self.unit, self.report = self.units.get(event.unit, self.unit), None
        if event.kind == "saved":
            self.state, self.trouble = f"{event.text} saved", ""
        elif event.kind == "judging":
            self.judging[event.text] = None
        elif event.kind == "judged":
            self.judging.pop(event.text, None)
        elif event.kind in ("broken", "fault"):
            self.trouble, self.state = event.text, "could not be checked"
        elif event.kind in ("verdict", "done") and event.report:
            if event.phase == "quick" and _verdicts(event.report) - _verdicts(self.report):
                self.shown, self.top, self.tier = "report", 0, 1  # in place of a hint
            self.report, self.trouble = event.report, ""
            self.state = CHECKED if event.kind == "done" else "the slower judges go on"
        if event.kind in ("cancelled", "done", "broken", "fault", "begun"):
            self.judging.clear()

    def press(self, key: str) -> None:
        """Another part of the page, or more of a hint."""
        parts = {"h": "hint", "n": "next", "l": "list", "r": "report", "escape": "report"}
        if key == "h" and self.shown == "hint":
            self.tier = min(self.tier + 1, TIERS)
        elif key in parts:
            self.shown, self.top = parts[key], 0
        elif key in ("up", "down"):
            self.top = max(0, self.top + (1 if key == "down" else -1))

    def head(self) -> list[Text]:
        """The two lines that always stand there."""
        doing = f"checking: {', '.join(self.judging)}" if self.judging else self.state
        line, report = Text(doing, "dim"), self.report
        if report and doing == CHECKED:
            word, style = terminal.WORDS[report.status], terminal.STYLES[report.status]
            line = Text(f"{report.points:g} of {report.max_points:g} points   ", "bold")
            line.append(word, style)
        return [Text(f"{self.unit.path}  {self.unit.title}", "bold"), line]

    def body(self, width: int) -> list[Text]:
        """The part that was asked for."""
        if self.trouble:
            return [Text(line, "yellow") for line in wrapped(self.trouble, width)]
        if self.shown == "report":
            return report_lines(self.report, width) if self.report else []
        known = progress.recall()
        standing = progress.standing(self.unit, known)
        if self.shown == "hint":
            return list(_hint(self.unit, standing, self.tier, width))
        if self.shown == "next":
            return overview.next_step([standing])
        standings = [progress.standing(unit, known) for unit in self.units.values()]
        return [overview.unit_line(standing) for standing in standings]


def _verdicts(report: UnitReport | None) -> set[tuple[str, str, str]]:
    return {(r.check.name, str(r.status), r.how) for r in report.results} if report else set()


def wrapped(text: str, width: int) -> Iterator[str]:
    """Paragraphs, each filled; nothing in them steers the terminal."""
    for line in text.splitlines():
        yield from textwrap.wrap(terminal.printable(line), width) or [""]


def report_lines(report: UnitReport, width: int) -> list[Text]:
    """The report as the terminal's `check` shows it, without its first and last line: the page has
    them at its head."""
    console = Console(file=io.StringIO(), width=width, force_terminal=True, highlight=False)
    terminal.show_unit(console, report)
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue().strip("\n")
    return [Text.from_ansi(line) for line in text.splitlines()][1:-2]


def _hint(unit: Unit, standing: progress.Standing, tier: int, width: int) -> Iterator[Text]:
    if standing.next_step == 0:
        yield Text(f"{unit.name} is done: nothing is left to hint at.", "green")
        return
    try:
        heading, hint = hints.fitting(unit, standing)
    except InputError as error:
        yield from (Text(line) for line in wrapped(str(error), width))
        return
    yield from (Text(line, "bold") for line in wrapped(heading, width))
    for number, text in enumerate(hint.tiers[:tier], 1):
        yield Text()
        yield from (Text(line) for line in wrapped(f"{number}. {' '.join(text.split())}", width))
    if tier < len(hint.tiers):
        yield from (Text(), Text("h: more of the hint", "dim"))


def live(page: Page, events: queue.Queue[Event], keys: Keys, console: Console) -> None:
    """Draw the page and take keys until the reader has had enough."""
    with Screen(console, keys) as screen:
        while True:
            while not events.empty():
                page.take(events.get())
            width, height = screen.size
            lines = [*page.head(), *page.body(width - 1)[page.top :]]
            screen.show(lines, [Text(FOOT[: width - 1], "reverse")])
            key = keys.read()
            if key == "q" or keys.ended:
                return
            failed = page.report and failure.first(page.report)
            if key == "e" and failed:
                _explain(failed, keys, screen)
            elif key == "e":
                page.shown = "report"
            page.press(key)


def _explain(failed: CheckResult, keys: Keys, screen: Screen) -> None:
    """The failure over the page, until a key; its interleaving, step by step, if it has one."""
    if story := failure.story_of(failed):
        stepper.walk(story, keys, screen)
        return
    key = ""
    while not key and not keys.ended:
        width, _ = screen.size
        lines = [
            Text(w) for line in explain.lines(failed, width) for w in wrapped(line.plain, width)
        ]
        screen.show(lines, [Text("any key: back", "reverse")])
        key = keys.read()


def lines_of(event: Event, width: int = 80) -> Iterator[str]:
    """What is said of an event in a pipe."""
    name = event.unit.rpartition("/")[2]
    if event.kind == "saved":
        yield f"{name}: {event.text} saved"
    elif event.kind in ("broken", "fault"):
        yield f"{name}: cannot be checked: {event.text.strip()}"
    elif event.kind == "verdict" and event.report:
        for judge in event.report.judges:
            passed = sum(result.status is Status.PASS for result in judge.checks)
            if (judge.judge in ("build", "tests")) == (event.phase == "quick"):
                word = terminal.WORDS[judge.status]
                yield f"{name}: {judge.judge} {word}, {passed} of {len(judge.checks)} checks"
    elif event.kind == "done" and event.report:
        report = event.report
        yield f"{name}: {report.points:g} of {report.max_points:g} points"
        if failed := failure.first(report):
            how = f"{failed.how}: " if failed.how else ""
            yield f"{name}: {failed.check.name} failed. {how}{failed.happened}"
            yield f"{name}: more by `make explain U={name}` and `make hint U={name}`"


def in_lines(
    page: Page, events: queue.Queue[Event], keys: Keys, write: Callable[[str], None]
) -> None:
    """The same as lines; keys work, and the end of the input ends nothing."""
    while True:
        while not events.empty():
            event = events.get()
            page.take(event)
            for line in lines_of(event):
                write(terminal.printable(line))
        key = keys.read()
        if key == "q":
            return
        if key in ("h", "n", "l"):
            page.press(key)
            write("\n".join(line.plain for line in page.body(79)))
        elif key == "e":
            failed = page.report and failure.first(page.report)
            told = explain.lines(failed, 79) if failed else [Text("nothing has failed.")]
            write("\n".join(line.plain for line in told))
