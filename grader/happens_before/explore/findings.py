"""What one exploration found: the runtime's raw JSON, checked, with places and names added.

The result has the form of grader/schema/explore.schema.json; every renderer reads only that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from happens_before.core.errors import GraderFault
from happens_before.explore import words
from happens_before.explore.assembly import Opaque
from happens_before.explore.tso_order import reordered
from happens_before.explore.symbols import Frame, Region, Symbols, regions_of, shown

SCHEMA = 1
COUNTS = (
    "executions blocked steps seconds seed samples max_depth threads settled bypass_below".split()
)
FAULT_ALSO = ("other", "address", "variable", "missing", "token", "replays", "history")
WAITING_ALSO: dict[str, Any] = {"joins": None, "held_by": None, "held_since": 0, "woke_nobody": []}
POINTER_BYTES = 8
FIRST_PAGES = 1 << 16  # no object stands below
AROUND, MOST_LINES = 2, 80  # lines of source: around a function's steps, and of one function


def findings(raw: Mapping[str, Any], symbols: Symbols) -> dict[str, Any]:
    """The raw JSON as a reader needs it.

    Errors: GraderFault when it is not what the runtime promises.
    """
    if raw.get("schema") != SCHEMA:
        raise GraderFault(f"the explorer's results have version {raw.get('schema')}, not {SCHEMA}.")
    try:
        raw = reordered(raw)
        symbols.learn(_program_counters(raw))
        regions = regions_of(raw)
        told: dict[str, Any] = {"output": "", "progress": None, "settled": 0, **raw}
        told.pop("regions", None)
        told["trace"] = [_step(item, symbols, regions) for item in raw["trace"]]
        told["fault"] = _fault(raw["fault"], symbols, regions) if raw["fault"] else None
        told["sources"] = _sources(told, symbols)
        seconds = raw["seconds"]
        told["executions_per_second"] = round(raw["executions"] / seconds) if seconds > 0 else None
    except (KeyError, TypeError, ValueError) as error:
        raise GraderFault(f"the explorer's results are damaged: {error!r}.") from None
    return told


def one_execution(
    steps: Sequence[Mapping[str, Any]],
    fault: Mapping[str, Any] | None,
    scenario: str,
    symbols: Symbols,
    waiting: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """The steps of adversary mode so far, and the fault that they led to, as findings.

    waiting: who cannot go on now, and why; where a fault is, it says that itself.
    """
    most = max((len(item["after"]) for item in steps), default=0)  # threads, as they have come
    steps = [{**s, "after": s["after"] + [0] * (most - len(s["after"]))} for s in steps]
    raw: dict[str, Any] = dict.fromkeys(COUNTS, 0)
    raw |= {"schema": SCHEMA, "verdict": "fault" if fault else "bounded", "mode": "adversary"}
    raw |= {"model": "rc11", "scenario": scenario, "trace": steps, "fault": fault}
    return findings(raw, symbols) | {"waiting": waiting}


def opaque(statements: Sequence[Opaque], mode: str, model: str) -> dict[str, Any]:
    """The finding on a program that was not run, because nobody can see what its assembly does."""
    first = statements[0]
    file = shown(first.file, [Path.cwd()])
    place = Frame("0x0", file=file, line=first.line).to_json()
    fault: dict[str, Any] = dict.fromkeys(FAULT_ALSO)
    fault |= {"kind": "not modelled", "thread": 0, "pc": place, "stack": [place], "waiting": []}
    fault["text"] = f"inline assembly `{first.text}` at {file}:{first.line}"
    found: dict[str, Any] = dict.fromkeys(COUNTS, 0)
    found |= {"schema": SCHEMA, "verdict": "not modelled", "mode": mode, "model": model}
    found |= {"scenario": None, "complete": False, "bound": None, "statement": None}
    found |= {
        "outcomes": [],
        "fault": fault,
        "trace": [],
        "sources": {},
        "output": "",
        "counters": {},
        "progress": None,
    }
    return found | {"executions_per_second": None}


def with_places(item: Any, symbols: Symbols) -> Any:
    """Any JSON of the runtime's with each program counter made a place; for the line protocol."""
    if isinstance(item, list):
        return [with_places(part, symbols) for part in item]
    if not isinstance(item, dict):
        return item
    told = {key: with_places(part, symbols) for key, part in item.items()}
    if isinstance(item.get("pc"), str):
        told["pc"] = _place(item["pc"], symbols)
    if isinstance(item.get("stack"), list):
        told["stack"] = _stack(item["stack"], symbols)
    if isinstance(item.get("address"), str):
        told["variable"] = _variable(item["address"], symbols, [])
    return told


def _sources(told: Mapping[str, Any], symbols: Symbols) -> dict[str, dict[str, str]]:
    """The text around the steps: of each function, from its first step's line to its last one's."""
    spans: dict[tuple[str, str], list[int]] = {}
    fault = told["fault"]
    others = [fault, fault["other"] or {}, *fault["waiting"]] if fault else []
    for item in [*told["trace"], *others]:
        if (place := item.get("pc")) and place["file"]:
            spans.setdefault((place["file"], place["function"] or ""), []).append(place["line"])
    found: dict[str, dict[str, str]] = {}
    for (file, _), numbers in spans.items():
        lines = symbols.lines(file)
        wanted = set(numbers)
        if max(numbers) - min(numbers) < MOST_LINES:
            wanted |= set(range(min(numbers) - AROUND, max(numbers) + AROUND + 1))
        there = {str(n): lines[n - 1] for n in sorted(wanted) if 0 < n <= len(lines)}
        found.setdefault(file, {}).update(there)
    return found


def _program_counters(item: Any) -> Iterator[str]:
    """Every program counter anywhere in the raw JSON."""
    if isinstance(item, dict):
        for key, part in item.items():
            if key == "pc" and isinstance(part, str):
                yield part
            elif key == "stack" and isinstance(part, list):
                yield from part
            else:
                yield from _program_counters(part)
    elif isinstance(item, list):
        for part in item:
            yield from _program_counters(part)


def _place(pc: str | None, symbols: Symbols) -> dict[str, Any] | None:
    frames = symbols.frames(pc if pc and int(pc, 16) else None)
    return frames[0].to_json() if frames else None


def _stack(pcs: Sequence[str], symbols: Symbols) -> list[dict[str, Any]]:
    return [frame.to_json() for pc in pcs for frame in symbols.frames(pc) if int(pc, 16)]


def _placed(item: Mapping[str, Any], symbols: Symbols, regions: Sequence[Region]) -> dict[str, Any]:
    """With its place, its stack from that place outwards, and the name of its address."""
    told = dict(item)
    pc, stack = item["pc"], list(item.get("stack") or ())
    if pc and stack[:1] != [pc]:
        stack.insert(0, pc)
    told["pc"], told["stack"] = _place(pc, symbols), _stack(stack, symbols)
    if "address" in item:
        told["variable"] = _variable(item["address"], symbols, regions)
    return told


def _variable(address: str | None, symbols: Symbols, regions: Sequence[Region]) -> str | None:
    return (symbols.name(int(address, 16), regions) or None) if address else None


def _step(item: Mapping[str, Any], symbols: Symbols, regions: Sequence[Region]) -> dict[str, Any]:
    told: dict[str, Any] = {"hidden": False, **_placed(item, symbols, regions)}
    for key in ("read", "written"):
        text, size = item[key], item["size"] or 0
        pointer = text is not None and size == POINTER_BYTES and int(text, 16) >= FIRST_PAGES
        name = symbols.name(int(text, 16), regions) if pointer else ""
        told[f"{key}_as"] = words.value(text, size, name)
    return told


def _fault(item: Mapping[str, Any], symbols: Symbols, regions: Sequence[Region]) -> dict[str, Any]:
    item = {**dict.fromkeys(FAULT_ALSO), "waiting": [], **item}  # what it does not say is unknown
    told = _placed(item, symbols, regions)
    if other := item["other"]:
        told["other"] = {"step": None, **_placed(other, symbols, regions)}
    told["waiting"] = [
        {**WAITING_ALSO, **_placed(part, symbols, regions)} for part in item["waiting"]
    ]
    if isinstance(item["history"], str):
        told["history"] = item["history"].splitlines()
    return told
