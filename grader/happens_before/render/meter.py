"""How far a batch is: one live line on a terminal, a line now and then in a pipe."""

from __future__ import annotations

from types import TracebackType

from happens_before.teach.batch import Counts
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

LINES = 20  # in a pipe, for a whole batch


class Meter:
    """Shows a batch's counts. Use as a context manager around the batch."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._moves = console.file.isatty() and not console.is_dumb_terminal
        self._bar = Progress(
            BarColumn(bar_width=20), TextColumn("{task.description}"), console=console
        )
        self._task = self._bar.add_task("")
        self._told = -1

    def __enter__(self) -> Meter:
        if self._moves:
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._moves:
            self._bar.stop()

    def show(self, counts: Counts) -> None:
        """Take note of new counts; may be called from any thread."""
        if self._moves:
            total = max(counts.items, 1)
            self._bar.update(
                self._task, total=total, completed=counts.ended, description=sentence(counts)
            )
            return
        part = LINES * counts.ended // max(counts.items, 1)
        if part > self._told:
            self._told = part
            self._console.print(sentence(counts), soft_wrap=True)


def sentence(counts: Counts) -> str:
    """The counts in words."""
    words = [
        f"{counts.ended} of {counts.items} items",
        f"{counts.passed} passed",
        f"{counts.failed} failed",
        f"{counts.ungraded} ungraded",
    ]
    if counts.doubtful:
        words.append(f"{counts.doubtful} to be looked at again")
    if counts.seconds_left:
        words.append(f"{duration(counts.seconds_left)} left")
    return ", ".join(words)


def duration(seconds: float) -> str:
    """A time that a person reads at a glance: "45 s", "12 min", "3 h 05 min"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"
