"""Store buffers: under x86's model, when each store of an execution reaches memory.

The explorer decides by axioms, and has no buffers. This is the same execution as the machine would run
it: a store stays in its thread's buffer as long as another thread still reads what was there before,
and what stands behind it in the buffer stays with it. It is out before another thread reads it, before its
thread passes a fence or a locked operation, and before its thread is joined.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from happens_before.explore.edges import RawStep
from happens_before.explore.objects import Objects

DRAINING = ("rmw", "create", "join")  # locked instructions, and calls of the system


def reach_memory(trace: Sequence[RawStep], objects: Objects) -> dict[int, int]:
    """By the step of each store, the step behind which it is in memory: its own, or a later one."""
    reads: dict[int | None, list[RawStep]] = defaultdict(list)  # of memory, by location
    own: dict[int, list[RawStep]] = defaultdict(list)
    drains: dict[int, list[int]] = defaultdict(list)
    for item in trace:
        own[item["thread"]].append(item)
        if drains_buffer(item):
            drains[item["thread"]].append(item["n"])
        if item["op"] == "join" and item["from"]:
            drains[trace[item["from"] - 1]["thread"]].append(item["n"])
        forwarded = item["from"] and trace[item["from"] - 1]["thread"] == item["thread"]
        if item["from"] is not None and not forwarded:
            reads[objects.at(item)].append(item)
    leaves: dict[int, int] = {}
    for thread, steps in own.items():
        leaves |= _of_thread(steps, [*drains[thread], len(trace) + 1], reads, objects)
    return leaves


def _of_thread(
    steps: Sequence[RawStep],
    drains: Sequence[int],
    reads: dict[int | None, list[RawStep]],
    objects: Objects,
) -> dict[int, int]:
    """The same for the stores of one thread, which leave its buffer in their order.

    drains: the steps before which all of them have left; the last one lies beyond the execution.
    """
    ahead = iter(drains)
    drain = next(ahead)
    leaves: dict[int, int] = {}
    before = 0  # when the store in front of it leaves
    for item in steps:
        while drain <= item["n"]:
            drain, before = next(ahead), 0
        if item["op"] not in ("store", "write") or drains_buffer(item):
            continue
        others = list(_read_elsewhere(item, reads[objects.at(item)]))
        rank = objects.rank(item["n"])
        older = [read["n"] for read in others if objects.rank(read["from"]) < rank]
        forced = [read["n"] for read in others if objects.rank(read["from"]) >= rank]
        needed = max([item["n"], before, *older])
        before = max(item["n"], min([needed, drain - 1, *(read - 1 for read in forced)]))
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
