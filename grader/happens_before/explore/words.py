"""The explorer's words: every verdict, bound, step and value as a reader meets it, decided here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

# Verdicts as the runtime names them, and what the command exits with.
EXIT_STATUS = {"correct": 0, "fault": 1, "bounded": 3, "not modelled": 4}

VERDICTS = {
    "correct": "correct: no execution has a fault",
    "fault": "fault found",
    "bounded": "no fault found, but not everything was explored",
    "not modelled": "not modelled: no verdict",
}
BOUNDS = {
    "executions": "the limit on executions was reached (--max-executions)",
    "time": "the time was up (--time)",
    "unroll": "a loop goes round more often than was allowed (--unroll)",
    "events": "an execution has more events than was allowed (--max-events)",
    "timeouts": "a thread's waits run out more often than was allowed (--timeouts)",
    "spurious": "a thread wakes for nothing more often than was allowed (--spurious)",
    "replay": "one execution was run again, and no other",
    "samples": "sampling looks at some executions, never at all",
}
# What a thread that can never go on would do, by the runtime's label.
WAITS = {
    "join": "waits for another thread's end",
    "spin": "spins until somebody stores",
    "lock a mutex": "waits to lock a mutex",
    "wait on a condition variable": "waits on a condition variable",
    "wait for a semaphore": "waits for a semaphore",
    "wait at a barrier": "waits at a barrier",
    "lock for reading": "waits to lock for reading",
    "lock for writing": "waits to lock for writing",
    "call once": "waits for another thread's once call",
    "lock a spin lock": "waits to lock a spin lock",
    "futex wait": "sleeps in a futex wait",
}
CLOSING_COMMENT = re.compile(r"\s*(/\*[^*]*(\*/)?|//.*)$")
# What was chosen that no memory decides, by the runtime's label; the first possibility, 0, is the
# ordinary one, and not told.
CHOICES = {
    "choice": "the weak compare-exchange fails for no reason",
    "how a wait ends": "this wait will end by itself: its time is up, or for no reason",
    "which waiter": "takes the waiter that has {} others before it",
}
PROGRESS = {
    "blocking": "a thread that stops can keep the others from ending",
    "obstruction-free": "an operation that runs alone ends",
    "lock-free": "while operations run, one after the other ends",
    "wait-free": "each operation ends after a bounded number of its own steps",
}
MEMORY = ("load", "store", "rmw", "read", "write")  # steps whose values are the program's own
COUNTS_FOR_A_RATE = 1000  # fewer executions say nothing about speed
SMALL = 1 << 20  # below this, a number reads better in decimal
NEAR_ZERO = 4096  # as a negative number


def verdict(data: Mapping[str, Any]) -> str:
    """The verdict line."""
    text: str = VERDICTS[data["verdict"]]
    fault = data["fault"]
    return f"{text}: {fault['kind']}" if data["verdict"] == "fault" and fault else text


def sentence(fault: Mapping[str, Any]) -> str:
    """What is wrong, with the name of its kind in front unless it begins so."""
    kind, text = fault["kind"], fault["text"]
    return str(text) if text.startswith(kind) else f"{kind}: {text}"


def completeness(data: Mapping[str, Any]) -> str:
    """How much was explored, and why no more."""
    count = counted(data["executions"], "execution")
    if data["verdict"] in ("fault", "not modelled"):
        return f"stopped at the first: {count}"
    if data["complete"]:
        return f"complete: {count}"
    bound = data["bound"] or ("samples" if data["mode"] == "sample" else "")
    return f"bounded: {count}, because {BOUNDS.get(bound, bound or 'it was cut off')}"


def effort(data: Mapping[str, Any]) -> str:
    """What it took."""
    parts = [f"{data['blocked']:,} blocked", counted(data["steps"], "step")]
    if data["settled"]:
        parts.append(f"{counted(data['settled'], 'look')} of bounded spins not branched (--looks)")
    if data["bypass_below"]:
        parts.append(f"overtaken {counted(data['bypass_below'] - 1, 'time')} at most")
    parts.append(f"{data['seconds']:.3f} s")
    rate = data["executions_per_second"]
    if rate and data["executions"] >= COUNTS_FOR_A_RATE:
        parts.append(f"{rate:,} executions/s")
    return ", ".join(parts)


def counted(number: int, thing: str) -> str:
    """ "1 execution", "12 executions"."""
    return f"{number:,} {thing}" + ("" if number == 1 else "s")


def capital(text: str) -> str:
    """The text as a sentence begins."""
    return text[:1].upper() + text[1:]


def value(text: str | None, size: int, name: str = "") -> str | None:
    """A value as a reader would write it; name: of the memory that it points to, if it does."""
    if text is None:
        return None
    number = int(text, 16)
    if name:
        return name if " of thread " in name else f"&{name}"
    top = 1 << (8 * size) if size else 0
    if number < SMALL:
        return str(number)
    return str(number - top) if top - NEAR_ZERO <= number < top else f"{number:#x}"


def step(item: Mapping[str, Any]) -> str:
    """What one step of a trace did."""
    label, note = item["label"] or item["op"], item["note"]
    if item["op"] == "choice":
        return CHOICES.get(label, f"{label}: {{}}").format(note)
    if item["op"] == "join" and item["from"]:
        return f"{label} [ended in step {item['from']}]"
    if item["hidden"] or item["op"] not in MEMORY:
        text = f"{label} {item['variable'] or item['address'] or ''}".strip() + _order(item)
    else:
        text = _change(item)
    if item["stale"]:
        text += ", an old value: a newer one had been stored"
    return f"{text} ({note})" if note else text


def _change(item: Mapping[str, Any]) -> str:
    """What a step read from, or wrote to, an object of the program's."""
    thing = item["variable"] or item["address"] or "memory"
    read, written = item["read_as"], item["written_as"]
    if item["op"] in ("store", "write"):
        text = f"{thing} is written" if written is None else f"{thing} = {written}"
    elif item["op"] in ("load", "read"):
        text = f"{thing} is read" if read is None else f"{thing} is {read}"
    elif written is None:
        text = f"{thing}: {read}, left as it is"
    else:
        text = f"{thing}: {read} -> {written}"
    return text + _order(item, source=True)


def _order(item: Mapping[str, Any], source: bool = False) -> str:
    """In brackets: the memory order, and for a read the step whose value it took."""
    parts = [item["order"]] if item["order"] else []
    if source and item["from"] is not None:
        parts.append(f"from step {item['from']}" if item["from"] else "initial value")
    return f" [{', '.join(parts)}]" if parts else ""


def thread(number: int) -> str:
    """A thread's name; the first one runs main, or sets a scenario up."""
    return "thread 0 (main)" if number == 0 else f"thread {number}"


def code(frame: Mapping[str, Any]) -> str:
    """A line as a column has room for it: its number, and its text without a closing comment."""
    text = CLOSING_COMMENT.sub("", frame["source"] or "")
    return f"{frame['line']}: {text}".rstrip(" :") if text else f"line {frame['line']}"


def function(frame: Mapping[str, Any]) -> str:
    """The heading above a function's lines: its name, and its file's without the directory."""
    return f"{frame['function'] or '?'}, {frame['file'].rpartition('/')[2]}:"


def place(frame: Mapping[str, Any] | None) -> str:
    """ "function, file:line: source", as much as is known."""
    if not frame:
        return "a place unknown"
    where = f"{frame['file']}:{frame['line']}" if frame["file"] else frame["pc"]
    head: str = f"{frame['function']}, {where}" if frame["function"] else where
    return f"{head}: {frame['source']}" if frame["source"] else head


def waiting(item: Mapping[str, Any]) -> str:
    """What a thread that cannot go on waits for, why in vain, and at which line."""
    text = WAITS.get(item["for"], f"waits: {item['for']}")
    if item["joins"] is not None:
        text = f"waits for the end of thread {item['joins']}"
    thing = f" ({item['variable']})" if item["variable"] else ""
    where = f", at {place(item['pc'])}" if item["pc"] else ""
    return f"{text}{thing}{_cause(item)}{where}"


def _cause(item: Mapping[str, Any]) -> str:
    """Who holds what the thread waits for, or which wake came before it slept."""
    text = ""
    if item["held_by"] is not None:
        text = f", held by thread {item['held_by']}"
        text += f" since step {item['held_since']}" if item["held_since"] else ""
    wakes = [str(step) for step in item["woke_nobody"] if step]
    if wakes:
        steps = f"step{'s' * (len(wakes) > 1)} {', '.join(wakes)}"
        text += f"; the wake in {steps} found nobody asleep"
    return text


def is_telling(item: Mapping[str, Any]) -> bool:
    """Is the step worth a reader's time? Not a choice of what is ordinary."""
    return item["op"] != "choice" or item["note"] not in (None, "0")


def progress(data: Mapping[str, Any]) -> list[str]:
    """What the progress checker measured: the result, the claim, a line for each operation."""
    result, claim = data["result"], data["claim"]
    said = f"{result}: {PROGRESS.get(result, '')}" if result else "not decided"
    lines = [f"progress: {said}".rstrip(": ")]
    if claim:
        lines.append(f"  claimed: {claim}")
    for operation in data["operations"]:
        steps = [str(number) if number >= 0 else "-" for number in operation["steps"]]
        if not steps:  # something else decided before any was measured
            continue
        at = f"with 1 to {len(steps)} calls" if len(steps) > 1 else "with 1 call"
        lines.append(f"  {operation['name']}: at most {', '.join(steps)} own steps {at}")
    return lines
