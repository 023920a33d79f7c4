"""Store buffers: under x86's model, when each store of an execution reaches memory.

The explorer decides by axioms, and has no buffers. This is the same execution as the machine would run
it: a store stays in its thread's buffer as long as another thread still reads what was there before,
and what stands behind it in the buffer stays with it. It is out before another thread reads it, and
before its thread passes a fence or a locked operation.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from happens_before.explore.edges import RawStep
from happens_before.explore.objects import Objects

DRAINING = ("rmw", "create", "join", "end")  # locked instructions, and calls of the system


def reach_memory(trace: Sequence[RawStep], objects: Objects) -> dict[int, int]:
    """By the step of each store, the step behind which it is in memory: its own, or a later one."""
    reads: dict[int | None, list[RawStep]] = defaultdict(list)  # of memory, by location
    own: dict[int, list[RawStep]] = defaultdict(list)
    for item in trace:
        own[item["thread"]].append(item)
        forwarded = item["from"] and trace[item["from"] - 1]["thread"] == item["thread"]
        if item["from"] is not None and not forwarded:
            reads[objects.at(item)].append(item)
    leaves: dict[int, int] = {}
    for steps in own.values():
        leaves |= _of_thread(steps, reads, objects, len(trace) + 1)
    return leaves


def _of_thread(
    steps: Sequence[RawStep],
    reads: dict[int | None, list[RawStep]],
    objects: Objects,
    never: int,
) -> dict[int, int]:
    """The same for the stores of one thread, which leave its buffer in their order."""
    drains = iter([item["n"] for item in steps if drains_buffer(item)])
    next_drain = next(drains, never)
    leaves: dict[int, int] = {}
    before = 0  # when the store in front of it leaves
    for item in steps:
        while next_drain <= item["n"]:
            next_drain, before = next(drains, never), 0
        if item["op"] not in ("store", "write") or drains_buffer(item):
            continue
        others = list(_read_elsewhere(item, reads[objects.at(item)]))
        rank = objects.rank(item["n"])
        older = [read["n"] for read in others if objects.rank(read["from"]) < rank]
        forced = [read["n"] for read in others if objects.rank(read["from"]) >= rank]
        needed = max([item["n"], before, *older])
        before = max(item["n"], min([needed, next_drain - 1, *(read - 1 for read in forced)]))
        leaves[item["n"]] = before
    return leaves


def drains_buffer(item: RawStep) -> bool:
    """Is nothing of the thread's in its buffer behind this step?"""
    strong = item["order"] == "seq_cst" and item["op"] in ("fence", "store")
    return strong or bool(item["hidden"]) or item["op"] in DRAINING


def _read_elsewhere(item: RawStep, reads: Sequence[RawStep]) -> Iterator[RawStep]:
    for read in reads:
        if read["n"] > item["n"] and read["thread"] != item["thread"]:
            yield read
