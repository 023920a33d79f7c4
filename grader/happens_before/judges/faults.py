"""What a report tells of a fault that the explorer found: where, how it came about, and its story."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from happens_before.core.errors import GraderFault, InputError
from happens_before.core.report import CheckResult, Evidence, Place, Status
from happens_before.core.symbols import is_ours
from happens_before.core.unit import Check, Unit
from happens_before.explore import story_json, words
from happens_before.explore.story import MOST_IN_A_REPORT, Story
from happens_before.judges.races import promised_edges

SHORT = {"data race": "race"}  # kinds that other judges have a word for
SHOWN_FIRST, SHOWN_LAST = 8, 40  # turns of the interleaving in a report


def tell_fault(unit: Unit, check: Check, scenario: str, data: Mapping[str, Any]) -> CheckResult:
    """The failure of a check whose scenario has a fault, from findings with a trace.

    Errors: GraderFault when they make no sense.
    """
    fault, places = data["fault"], places_of(data["fault"]["stack"])
    happened = sentence(fault["text"])
    if fault["variable"]:
        happened += f" The memory is `{fault['variable']}`."
    result = CheckResult(check, Status.FAIL, how_of(fault["kind"]), happened)
    replay = _replay(unit, scenario, data)
    result.evidence = list(_evidence(unit, data))
    if replay:
        result.evidence.append(Evidence(f"to see it again: {replay}"))
    result.where = _where(unit, fault, places)
    result.story = _story(unit, check, replay, data)
    return result


def how_of(kind: str) -> str:
    """The word that hints are keyed by for a kind of fault."""
    return SHORT.get(kind, kind.replace(" ", "-"))


def sentence(text: str) -> str:
    """The text with its full stop."""
    return text if text.endswith(".") else f"{text}."


def places_of(stack: Sequence[Mapping[str, Any]]) -> list[Place]:
    """The frames of a stack that a reader can mend, innermost first."""
    places = [
        Place(frame["file"], frame["line"], frame["function"] or "")
        for frame in stack
        if frame["file"]
    ]
    return [place for place in places if not is_ours(place)]


def _where(unit: Unit, fault: Mapping[str, Any], places: Sequence[Place]) -> Place | None:
    """The place to look at first: the submission's own before the scenario's."""
    others = places_of(fault["other"]["stack"]) if fault["other"] else []
    for waiting in fault["waiting"]:
        others += places_of(waiting["stack"])
    every = [*places, *others]
    mine = [place for place in every if place.file in unit.editable]
    return next(iter([*mine, *every]), None)


def _evidence(unit: Unit, data: Mapping[str, Any]) -> list[Evidence]:
    fault = data["fault"]
    found = [Evidence(f"thread {fault['thread']}: {fault['kind']}", places_of(fault["stack"]))]
    if other := fault["other"]:
        what = other["what"] or "takes part"
        found.append(Evidence(f"thread {other['thread']}: {what}", places_of(other["stack"])))
    for item in fault["waiting"]:
        text = f"thread {item['thread']} {words.waiting({**item, 'pc': None})}"
        found.append(Evidence(text, places_of(item["stack"])))
    if fault["missing"]:
        found.append(Evidence(f"missing: {fault['missing']}"))
    if fault["kind"] == "data race":
        for label, text in promised_edges(unit).items():
            found.append(Evidence(f"an edge that should be there, [{label}]: {text}"))
    found += [Evidence(line) for line in fault["history"] or ()]
    found += _interleaving(data)
    return found


def _interleaving(data: Mapping[str, Any]) -> list[Evidence]:
    """The execution, a line for what one thread does in one place before anything else happens."""
    turns: list[tuple[Mapping[str, Any], list[str]]] = []
    for item in _telling(data):
        last = turns[-1][0] if turns else None
        if last and (last["thread"], last["pc"]) == (item["thread"], item["pc"]):
            turns[-1][1].append(words.step(item))
        else:
            turns.append((item, [words.step(item)]))
    lines = []
    for item, deeds in turns:
        text = f"step {item['n']}, thread {item['thread']}: {'; '.join(deeds)}"
        lines.append(Evidence(text, places_of(item["stack"][:1])))
    left_out = len(lines) - SHOWN_FIRST - SHOWN_LAST
    if left_out <= 0:
        return lines
    return [*lines[:SHOWN_FIRST], Evidence(f"({left_out} steps left out)"), *lines[-SHOWN_LAST:]]


def _telling(data: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The steps that tell the story: behind the set-up, what threads do to each other, and plain
    accesses to the memory that the fault is about."""
    steps, about = data["trace"], data["fault"]["variable"]
    created = [at for at, item in enumerate(steps) if item["op"] == "create"]
    return [
        item
        for item in steps[created[-1] + 1 if created else 0 :]
        if (item["op"] not in ("end", "join", "read", "write") and words.is_telling(item))
        or (about and item["variable"] == about)
    ]


def _story(unit: Unit, check: Check, replay: str, data: Mapping[str, Any]) -> dict[str, Any] | None:
    """The execution for a reader who steps through it."""
    about = {"unit": unit.path, "promise": check.promise, "replay": replay}
    try:
        story = Story.from_findings(data, **about, most=MOST_IN_A_REPORT)
    except InputError as error:
        raise GraderFault(f"{error}") from None
    return story_json.to_json(story) if story else None


def _replay(unit: Unit, scenario: str, data: Mapping[str, Any]) -> str:
    """The command that runs the execution again; "" where no token is known."""
    if not data["fault"]["token"]:
        return ""
    files = " ".join(f"{unit.path}/{name}" for name in (*unit.editable, "scenarios.c"))
    return f"grader/grade explore {files} --scenario {scenario} --replay {data['fault']['token']}"
