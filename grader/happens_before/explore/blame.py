"""What is wrong with an execution, as arrows between its steps: the edge that is missing, above all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from happens_before.explore import words
from happens_before.explore.edges import RawStep, frees, happens_before

# Kinds of arrows.
MISSING = "missing"  # no happens-before edge, where there had to be one
OLD_VALUE = "old value"  # from the newest store to the load that read an older one
NO_EDGE = "no edge"  # a load that reads a store, in orders that make no edge of it
FREED = "freed"  # from the free of a block to its use, or to its second free
LOST_WAKE = "lost wake"  # from the wake to the sleep that came too late for it
HELD = "held"  # from the step that took a lock to the one behind which another waits for it


@dataclass(frozen=True)
class Arrow:
    """From a step to a step, by their numbers, with what it means as a sentence."""

    start: int
    end: int
    kind: str
    text: str

    def to_json(self) -> dict[str, Any]:
        """In the form of story.schema.json."""
        return {"from": self.start, "to": self.end, "kind": self.kind, "text": self.text}


def arrows_of(data: Mapping[str, Any]) -> list[Arrow]:
    """The arrows of the fault, the one to look at first in front."""
    fault, trace = data["fault"], data["trace"]
    if not fault or not trace:
        return []
    arrows = [*_race(fault, trace), *_waits(fault, trace)]
    return [*_freed(fault, trace), *(arrows or _old_values(fault, trace, data["model"]))]


def faulty_step(data: Mapping[str, Any]) -> int:
    """The step in which it goes wrong; the last one, where no step is that; 0 without a trace."""
    fault, trace = data["fault"], data["trace"]
    if not trace:
        return 0
    if fault and fault["pc"] and not fault["waiting"]:
        for item in reversed(trace):
            if item["thread"] == fault["thread"]:
                return int(item["n"] if item["pc"] == fault["pc"] else trace[-1]["n"])
    return int(trace[-1]["n"])


def _race(fault: Mapping[str, Any], trace: Sequence[RawStep]) -> Iterator[Arrow]:
    """Of two accesses of which neither happens-before the other, and of what could have been it."""
    other = fault["other"]
    if fault["kind"] != "data race" or not other or not other["step"]:
        return
    first, last = trace[other["step"] - 1], trace[faulty_step({"fault": fault, "trace": trace}) - 1]
    yield Arrow(first["n"], last["n"], MISSING, words.capital(f"{fault['missing']}."))
    for item in trace[first["n"] : last["n"]]:
        if item["thread"] != last["thread"] or not item["from"] or item["hidden"]:
            continue
        source = trace[item["from"] - 1]
        after = source["thread"] == first["thread"] and source["n"] > first["n"]
        if after and item["op"] in ("load", "rmw") and not happens_before(source, item):
            yield Arrow(source["n"], item["n"], NO_EDGE, _no_edge(source, item))
            return


def _freed(fault: Mapping[str, Any], trace: Sequence[RawStep]) -> Iterator[Arrow]:
    """Of a block of the heap that was used or freed again, or that may still be used when it is freed."""
    last = trace[faulty_step({"fault": fault, "trace": trace}) - 1]
    other, before = fault["other"], trace[: last["n"] - 1]
    if fault["kind"] not in ("use after free", "double free"):
        return
    free = next((item for item in reversed(before) if frees(item, fault["address"])), None)
    if free:
        yield Arrow(free["n"], last["n"], FREED, _gone(free, last))
    elif frees(last, fault["address"]) and other and other["step"]:
        text = (
            f"Nothing that thread {other['thread']} does after step {other['step']} is a release "
        )
        text += f"that thread {last['thread']} has acquired before it frees the memory."
        yield Arrow(other["step"], last["n"], MISSING, text)


def _gone(free: RawStep, last: RawStep) -> str:
    """What the free of a block says of a later step: its use, or its second free."""
    text = f"Thread {free['thread']} freed the memory in step {free['n']}"
    if last["op"] == "free":
        return f"{text} already."
    if free["thread"] == last["thread"] or happens_before(free, last):
        return f"{text}, which happens-before this use."
    return f"{text}, and no edge makes the use by thread {last['thread']} happen-before that."


def _no_edge(source: RawStep, item: RawStep) -> str:
    orders = [each["order"] or "plain" for each in (source, item)]
    pair = f"both are {orders[0]}" if orders[0] == orders[1] else f"{orders[0]} and {orders[1]}"
    made = f"{pair}, and that makes no edge" if orders[0] == orders[1] else f"{pair} make no edge"
    return f"Step {item['n']} reads what step {source['n']} stored; {made}."


def _waits(fault: Mapping[str, Any], trace: Sequence[RawStep]) -> Iterator[Arrow]:
    """Of threads that wait in vain: the wake that came too early, or the lock that is held."""
    for item in fault["waiting"]:
        last = _last_of(item["thread"], trace)
        for wake in item["woke_nobody"]:
            if last and 0 < wake < last["n"]:
                text = f"The wake in step {wake} found nobody asleep: thread {item['thread']} "
                yield Arrow(
                    wake, last["n"], LOST_WAKE, text + f"slept behind it, in {_step(last)}."
                )
        if last and item["held_by"] is not None and item["held_since"]:
            text = f"Thread {item['thread']} {words.waiting({**item, 'pc': None})}."
            yield Arrow(item["held_since"], last["n"], HELD, text)


def _last_of(thread: int, trace: Sequence[RawStep]) -> RawStep | None:
    return next((item for item in reversed(trace) if item["thread"] == thread), None)


def _old_values(fault: Mapping[str, Any], trace: Sequence[RawStep], model: str) -> Iterator[Arrow]:
    """Of the last stale read: of the thread that fails, if it made one."""
    stale = [item for item in trace if item["stale"]]
    own = [item for item in stale if item["thread"] == fault["thread"]]
    if not stale:
        return
    item = (own or stale)[-1]
    stores = [
        other
        for other in trace[: item["n"] - 1]
        if other["location"] == item["location"] and other["rank"] is not None
    ]
    newest = max(stores, key=lambda other: int(other["rank"]))
    value = f", {newest['written_as']}" if newest["written_as"] and not newest["hidden"] else ""
    text = f"{words.capital(_step(item))} reads an old value of {item['variable'] or 'memory'}: "
    if model == "tso":
        text += f"the newest{value} was still in the store buffer, since {_step(newest)}."
    else:
        text += f"no edge orders {_step(newest)}, which stored the newest{value}, before it."
    yield Arrow(newest["n"], item["n"], OLD_VALUE, text)


def _step(item: RawStep) -> str:
    return f"step {item['n']} of thread {item['thread']}"
