"""A story on the terminal: step by step in a frame, or whole as text for a pipe or a screen reader.

A frame has a column for each thread, in which its steps are marked; beside it stands what the step
did. Below are the source lines around the step, the board, and at the end what is wrong.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from happens_before.explore.effects import WAITS, State
from happens_before.explore.story import Step, Story
from happens_before.render.terminal import printable
from rich.text import Text

COLOURS = ("default", "cyan", "magenta", "yellow", "green", "blue")
AROUND = 2  # source lines before and after the step's
PLACE = 22  # columns for a step's place
FAULT = "bold red"


def colour(thread: int) -> str:
    """The thread's style, which no meaning hangs on."""
    return COLOURS[thread % len(COLOURS)]


def frame(story: Story, k: int, width: int, height: int) -> list[Text]:
    """The moment after the first k steps, in at most `height` lines."""
    head = _head(story, k, width)
    below = [Text(), *_source(story, k), Text(), *_board(story, k, width)]
    if k == len(story.steps) and story.fault:
        below = [Text(), *_fault(story, width), *below]
    below = below[: max(0, height - len(head) - 4)]
    room = max(3, height - len(head) - len(below))
    return [*head, *rows(story, k, room), *below]


def rows(story: Story, k: int, room: int) -> list[Text]:
    """The steps around the k-th, at most so many; the k-th is marked."""
    first = min(max(0, k - 1 - room // 2), max(0, len(story.steps) - room))
    shown = story.steps[first : first + room]
    return [
        _row(story, step, first + at + 1 == k, first + at + 1 > k) for at, step in enumerate(shown)
    ]


def _head(story: Story, k: int, width: int) -> list[Text]:
    count = f"step {k} of {len(story.steps)}"
    title = f"{story.unit}  {story.title}".strip()
    lines = [Text(f"{title:<{max(1, width - len(count) - 1)}} {count}", "bold")]
    lines += [Text(line, "dim") for line in textwrap.wrap(story.promise, width)[:2]]
    numbers = "  ".join(str(thread) for thread in story.threads)
    return [*lines, Text(), Text(f"        {numbers}   (columns: threads)", "dim")]


def _row(story: Story, step: Step, here: bool, future: bool) -> Text:
    if step.left_out:
        return Text(f"  ...  {step.text}", "dim")
    line = Text(f"{'>' if here else ' '}{step.number:>5}  ", "bold" if here else "")
    for thread in story.threads:
        mark, style = ("*", colour(thread)) if thread == step.thread else ("|", "dim")
        line.append(f"{mark}  ", style)
    place = _place(step.file, step.line)
    line.append(f"{place[-PLACE:]:<{PLACE}} ", "dim")
    line.append(printable(step.text), "bold" if here else "dim" if future else colour(step.thread))
    return line


def _place(file: str, line: int) -> str:
    return f"{file.rpartition('/')[2]}:{line}" if file else ""


def _source(story: Story, k: int) -> Iterator[Text]:
    step = story.steps[k - 1] if k else None
    if step is None or not step.file:
        return
    lines = story.sources.get(step.file, {})
    yield Text(f"{step.function or '?'}, {step.file}", "dim")
    for number in range(step.line - AROUND, step.line + AROUND + 1):
        if number in lines:
            here = number == step.line
            text = printable(lines[number].rstrip())
            yield Text(f"{'>' if here else ' '} {number:>4}  {text}", "bold" if here else "")


def _board(story: Story, k: int, width: int) -> Iterator[Text]:
    state = story.state_at(k)
    if k:
        yield from _wrapped("this     ", story.steps[k - 1].text, width, "bold")
    yield from _wrapped("values   ", values(story, state), width)
    yield from _wrapped("locks    ", locks(story, state), width)
    waits = [f"thread {t} {why}" for t, (status, why) in state.threads.items() if status == WAITS]
    yield from _wrapped("waiting  ", "; ".join(waits), width, "yellow")
    step = story.steps[k - 1] if k else None
    if step:
        edges = [f"step {e.start} ({e.label})" for e in story.edges if e.end == step.number]
        yield from _wrapped("after    ", ", ".join(edges), width, "green")


def values(story: Story, state: State) -> str:
    """What is in memory, as text."""
    told = [f"{story.locations[at].name} = {value}" for at, value in state.values.items()]
    return printable(",  ".join(told))


def locks(story: Story, state: State) -> str:
    """Which locks are held, by whom, as text."""
    return "; ".join(
        f"{story.locations[at].name} held by {' and '.join(f'thread {t}' for t in holders)}"
        for at, holders in state.holders.items()
        if holders
    )


def _fault(story: Story, width: int) -> Iterator[Text]:
    fault = story.fault
    if not fault:
        return
    yield from _wrapped("", fault.text, width, FAULT)
    for arrow in fault.arrows:
        text = f"{arrow.text}  (step {arrow.start} -> step {arrow.end}: {arrow.kind})"
        yield from _wrapped("  ", text, width, "red")
    for wait in fault.waiting:
        yield from _wrapped("  ", f"thread {wait.thread} {wait.text}", width, "yellow")
    for line in fault.history:
        yield Text(f"  {printable(line)}")


def _wrapped(lead: str, text: str, width: int, style: str = "") -> Iterator[Text]:
    if not text:
        return
    for at, line in enumerate(textwrap.wrap(printable(text), max(20, width - len(lead)))):
        yield Text((lead if at == 0 else " " * len(lead)) + line, style)


def whole(story: Story, width: int) -> Iterator[Text]:
    """All of it as text, in the order in which it happened: a sentence or two for each step."""
    yield Text(f"{story.unit}  {story.title}".strip(), "bold")
    if story.promise:
        yield from _wrapped("promised: ", story.promise, width)
    start = values(story, story.start)
    yield from _wrapped("at first: ", start, width)
    yield Text()
    by_end = {edge.end: edge for edge in story.edges}
    last = -1
    for step in story.steps:
        if step.thread != last and not step.left_out:
            yield Text(f"{story.name(step.thread)}:", "bold")
        last = step.thread
        yield from _told(story, step, width)
        if edge := by_end.get(step.number):
            yield from _wrapped(
                "        ", f"This comes after step {edge.start}: {edge.label}.", width
            )
    yield Text()
    yield from _fault(story, width)
    state = story.state_at(len(story.steps))
    for thread, (status, why) in state.threads.items():
        if status == WAITS and not (story.fault and story.fault.waiting):
            yield from _wrapped("", f"thread {thread} {why}", width)
    yield from _wrapped("at the end: ", values(story, state), width)
    if story.replay:
        yield Text()
        yield from _wrapped("to see it again: ", story.replay, 10_000)


def _told(story: Story, step: Step, width: int) -> Iterator[Text]:
    if step.left_out:
        yield Text(f"  ({step.text})")
        return
    place = f" at {_place(step.file, step.line)}" if step.file else ""
    where = f" in {step.function}" if step.function else ""
    yield from _wrapped(f"  {step.number:>3}.  ", f"{step.text}{place}{where}", width)
    if source := story.sources.get(step.file, {}).get(step.line, "").strip():
        yield from _wrapped("        ", source, width, "dim")
