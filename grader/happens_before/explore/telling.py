"""From the findings of an exploration to its story: which steps are told, and what each of them is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from happens_before.explore import blame, words
from happens_before.explore.edges import RawStep, edges_of
from happens_before.explore.effects import Board, State
from happens_before.explore.objects import Objects
from happens_before.explore.story import Fault, Step, Story, Wait


def story_of(data: Mapping[str, Any], unit: str, promise: str, replay: str) -> Story:
    """The whole story of findings that have a trace.

    Errors: KeyError, IndexError, TypeError or ValueError if they are damaged.
    """
    told = told_steps(data["trace"])
    objects = Objects(data["trace"], told)
    threads = _threads(data)
    start, steps = _steps(data, told, objects, threads)
    return Story(
        title=_title(data),
        unit=unit,
        scenario=data["scenario"] or "",
        model=data["model"],
        promise=promise,
        replay=replay or data.get("replay") or "",
        threads=threads,
        locations=tuple(objects),
        sources=_sources(data, told),
        start=start,
        steps=steps,
        edges=tuple(edges_of(data["trace"], told)),
        fault=_fault(data),
    )


def told_steps(trace: Sequence[RawStep]) -> list[RawStep]:
    """The steps worth telling: no plain accesses from before there is a second thread."""
    alone = next((at for at, item in enumerate(trace) if item["op"] == "create"), 0)
    shared = [at >= alone or item["op"] not in ("read", "write") for at, item in enumerate(trace)]
    return [item for item, is_shared in zip(trace, shared) if is_shared and words.is_telling(item)]


def _title(data: Mapping[str, Any]) -> str:
    kind = data["fault"]["kind"] if data["fault"] else "an execution"
    return f"{data['scenario'] or 'main'}: {kind}"


def _threads(data: Mapping[str, Any]) -> tuple[int, ...]:
    found = {item["thread"] for item in data["trace"]}
    if fault := data["fault"]:
        found |= {item["thread"] for item in fault["waiting"]} | {fault["thread"]}
    return tuple(sorted(thread for thread in found if thread >= 0))


def _steps(
    data: Mapping[str, Any], told: Sequence[RawStep], objects: Objects, threads: Sequence[int]
) -> tuple[State, tuple[Step, ...]]:
    """The board before the first told step, and the told steps with what each changes on it."""
    wanted = {item["n"] for item in told}
    states = Board(data, objects, threads).states()
    start = before = next(states)
    steps: list[Step] = []
    for item, state in zip(data["trace"], states):
        if item["n"] in wanted:
            steps.append(_step(item, objects, state.since(before)))
            before = state
        elif not steps:
            start = before = state
    return start, tuple(steps)


def _step(item: RawStep, objects: Objects, changes: State) -> Step:
    return Step(
        item["n"],
        item["thread"],
        words.step(item),
        **_at(item["pc"]),
        op=item["op"],
        order=item["order"] or "",
        location=objects.at(item),
        read=None if item["hidden"] else item["read_as"],
        written=None if item["hidden"] else item["written_as"],
        source=item["from"],
        stale=item["stale"],
        changes=changes,
    )


def _at(place: Mapping[str, Any] | None) -> dict[str, Any]:
    """File, line and function of a place, as far as they are known."""
    place = place or {}
    return {
        "file": place.get("file") or "",
        "line": place.get("line") or 0,
        "function": place.get("function") or "",
    }


def _fault(data: Mapping[str, Any]) -> Fault | None:
    fault = data["fault"]
    if not fault:
        return None
    waiting = [
        Wait(item["thread"], words.waiting({**item, "pc": None}), **_at(item["pc"]))
        for item in fault["waiting"]
    ]
    return Fault(
        fault["kind"],
        words.sentence(fault),
        fault["thread"],
        blame.faulty_step(data),
        **_at(fault["pc"]),
        arrows=tuple(blame.arrows_of(data)),
        waiting=tuple(waiting),
        history=tuple(fault["history"] or ()),
        token=fault["token"] or "",
    )


def _sources(data: Mapping[str, Any], told: Sequence[RawStep]) -> dict[str, dict[int, str]]:
    """The lines that the findings have, and at least those that steps stand at."""
    found: dict[str, dict[int, str]] = {
        file: {int(line): text for line, text in lines.items()}
        for file, lines in data.get("sources", {}).items()
    }
    for place in _places(data, told):
        if place and place["file"] and place["line"] and place["source"]:
            found.setdefault(place["file"], {}).setdefault(place["line"], place["source"])
    return found


def _places(data: Mapping[str, Any], told: Sequence[RawStep]) -> Iterator[Mapping[str, Any] | None]:
    yield from (item["pc"] for item in told)
    if fault := data["fault"]:
        yield fault["pc"]
        yield from (item["pc"] for item in fault["waiting"])
