"""An exploration for a reader: the failing execution as a table with a column per thread, the fault,
the verdict.

Lines are (text, style) pairs; every meaning stands in the text, which is plain ASCII but for what
is quoted from the reader's own source.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from happens_before.explore import words
from happens_before.explore.telling import told_steps

Line = tuple[str, str]

LEAST_WIDTH, MOST_WIDTH = 80, 160
NARROWEST_COLUMN = 22  # else the threads stand below each other
NUMBER_WIDTH = 5
SHOWN_FIRST, SHOWN_LAST = 100, 300  # steps of a long trace
PRINTED_LINES = 20
BAD, GOOD, DIM, HEAD = "bold red", "green", "dim", "bold"
STYLES = {"correct": GOOD, "fault": BAD, "bounded": "bold yellow", "not modelled": "bold yellow"}


@dataclass(frozen=True)
class Cell:
    """What one thread did in one step."""

    number: str
    thread: int
    lines: tuple[str, ...]
    style: str = ""


def report(data: Mapping[str, Any], width: int, replay: str = "") -> list[Line]:
    """Everything, in the order in which a reader wants it. replay: the command that runs it again."""
    width = min(max(width, LEAST_WIDTH), MOST_WIDTH)
    lines: list[Line] = []
    if data["trace"]:
        lines += [*trace(data, width), ("", "")]
    if data["fault"]:
        lines += [*_fault(data["fault"], width), ("", "")]
        if data["output"]:
            lines += [*_output(data["output"]), ("", "")]
    elif data["outcomes"]:
        lines += [*_outcomes(data["outcomes"], width), ("", "")]
    if data["progress"]:
        lines += [*_progress(data["progress"], width), ("", "")]
    lines += _ending(data, width)
    if replay:
        lines.append((f"replay: {replay}", ""))
    return lines


def trace(data: Mapping[str, Any], width: int) -> list[Line]:
    """The execution, one column per thread that takes part; below each other if too many."""
    cells = list(_cells(data))
    threads = sorted({cell.thread for cell in cells})
    column = (width - NUMBER_WIDTH) // max(len(threads), 1) - 3
    if column < NARROWEST_COLUMN:
        return list(_listed(_shortened(cells), width))
    return list(_tabled(_shortened(cells), threads, column))


def _cells(data: Mapping[str, Any]) -> Iterator[Cell]:
    functions: dict[int, str] = {}  # the last that each thread was told to be in
    before: Mapping[str, Any] | None = None
    for item in told_steps(data["trace"]):
        me = item["thread"]
        lines = _whereabouts(item, before, functions)
        lines.append(f"  => {words.step(item)}")
        yield Cell(str(item["n"]), me, tuple(lines), "yellow" if item["stale"] else "")
        before = item
    if fault := data["fault"]:
        me = max(fault["thread"], 0)
        lines = _whereabouts({**fault, "thread": me}, before, functions)
        yield Cell("", me, (*lines, f"  *** {fault['kind']}"), BAD)


def _whereabouts(
    item: Mapping[str, Any], before: Mapping[str, Any] | None, functions: dict[int, str]
) -> list[str]:
    """Function and line of a step, as far as the steps before it have not said so already."""
    place, me = item["pc"], item["thread"]
    if not place:
        return []
    if not place["file"]:  # what several lines do alike, a compiler may do at one place
        return [f"{place['function']}, at no single line:"] if place["function"] else []
    lines = []
    function = words.function(place)
    if functions.get(me) != function:
        lines.append(function)
        functions[me] = function
    last = before["pc"] if before and before["thread"] == me else None
    if not last or (last["file"], last["line"]) != (place["file"], place["line"]):
        lines.append(words.code(place))
    return lines


def _shortened(cells: Sequence[Cell]) -> list[Cell]:
    """Without the middle of what nobody would read to its end."""
    left_out = len(cells) - SHOWN_FIRST - SHOWN_LAST
    if left_out <= 0:
        return list(cells)
    gap = Cell("...", cells[0].thread, (f"({left_out} steps left out; --json has all)",), DIM)
    return [*cells[:SHOWN_FIRST], gap, *cells[-SHOWN_LAST:]]


def _tabled(cells: Iterable[Cell], threads: Sequence[int], column: int) -> Iterator[Line]:
    names = [words.thread(number)[:column].ljust(column) for number in threads]
    yield f"{'step':>{NUMBER_WIDTH - 1}} | " + " | ".join(names).rstrip(), HEAD
    yield "-" * NUMBER_WIDTH + "+" + "+".join("-" * (column + 2) for _ in threads), DIM
    for cell in cells:
        at = threads.index(cell.thread)
        for row, text in enumerate(_wrapped(cell.lines, column)):
            number = cell.number if row == 0 else ""
            columns = ["" if index != at else text for index in range(len(threads))]
            joined = " | ".join(part.ljust(column) for part in columns)
            yield f"{number:>{NUMBER_WIDTH - 1}} | {joined}".rstrip(), cell.style


def _listed(cells: Iterable[Cell], width: int) -> Iterator[Line]:
    yield f"{'step':>{NUMBER_WIDTH - 1}}   the threads one below the other", HEAD
    before: int | None = None
    for cell in cells:
        if cell.thread != before:
            yield f"{'':{NUMBER_WIDTH + 1}}{words.thread(cell.thread)}", HEAD
        before = cell.thread
        for row, text in enumerate(_wrapped(cell.lines, width - NUMBER_WIDTH - 4)):
            number = cell.number if row == 0 else ""
            yield f"{number:>{NUMBER_WIDTH - 1}}   {text}", cell.style


def _wrapped(lines: Iterable[str], width: int) -> list[str]:
    """Each line within the width; what does not fit hangs two columns below its beginning."""
    found = []
    for line in lines:
        line = printable(line)
        indent = " " * (len(line) - len(line.lstrip(" ")))
        wrapped = textwrap.wrap(
            line.strip(),
            width,
            initial_indent=indent,
            subsequent_indent=f"{indent}  ",
            break_on_hyphens=False,
        )
        found += wrapped or [""]
    return found


def printable(text: str) -> str:
    """Without what would steer the terminal: a program's text is quoted, never obeyed."""
    plain = text.expandtabs(4).replace("\n", " ").replace("\r", "")
    return "".join(letter if letter.isprintable() else "?" for letter in plain)


def _fault(fault: Mapping[str, Any], width: int) -> Iterator[Line]:
    yield from _hung("", words.sentence(fault), width, BAD)
    yield from _access(fault["thread"], "", fault, width)
    if other := fault["other"]:
        yield from _access(other["thread"], other.get("what") or "", other, width)
    if fault["variable"]:
        yield from _hung("  memory: ", fault["variable"], width)
    if fault["missing"]:
        yield from _hung("  missing: ", fault["missing"], width)
    for item in fault["waiting"]:
        yield from _hung(f"  thread {item['thread']} ", words.waiting(item), width)
    for line in fault["history"] or ():
        yield f"  {printable(line)}", ""


def _access(thread: int, what: str, item: Mapping[str, Any], width: int) -> Iterator[Line]:
    """One thread's part in a fault: where it is, and how it came there."""
    if not item["pc"]:
        return
    head = f"  thread {thread}{', ' + what if what else ''}: "
    yield from _hung(head, words.place(item["pc"]), width)
    for frame in item["stack"][1:]:
        if frame["file"]:
            yield from _hung("    called at ", words.place(frame), width, DIM)


def _output(text: str) -> Iterator[Line]:
    yield "printed in this execution:", HEAD
    for line in text.splitlines()[-PRINTED_LINES:]:
        yield f"  {printable(line)}", ""


def _outcomes(outcomes: Sequence[Mapping[str, Any]], width: int) -> Iterator[Line]:
    yield "final states:", HEAD
    digits = max(len(str(item["executions"])) for item in outcomes)
    for item in outcomes:
        yield from _hung(f"  {item['executions']:>{digits}} x  ", item["state"] or "-", width)


def _progress(progress: Mapping[str, Any], width: int) -> Iterator[Line]:
    first, *others = words.progress(progress)
    yield from _hung("", first, width, HEAD)
    for line in others:
        yield from _hung("  ", line.strip(), width)


def _ending(data: Mapping[str, Any], width: int) -> Iterator[Line]:
    style = STYLES[data["verdict"]]
    yield from _hung("verdict: ", words.verdict(data), width, style)
    yield from _hung("", f"{words.completeness(data)}; {words.effort(data)}", width)
    if data["mode"] == "sample":
        yield f"seed: {data['seed']}", ""
    if data["statement"]:
        yield from _hung("", data["statement"], width)


def _hung(lead: str, text: str, width: int, style: str = "") -> Iterator[Line]:
    """A text behind its lead; further lines stand below the text."""
    wrapped = textwrap.wrap(printable(text), max(width - len(lead), 30), break_on_hyphens=False)
    for number, line in enumerate(wrapped or [""]):
        yield (lead if number == 0 else " " * len(lead)) + line, style
