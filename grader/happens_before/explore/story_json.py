"""A story as JSON (grader/schema/story.schema.json), and back. What is empty is left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from happens_before.core.errors import InputError
from happens_before.explore.blame import Arrow
from happens_before.explore.edges import Edge
from happens_before.explore.effects import State
from happens_before.explore.objects import Location
from happens_before.explore.story import SCHEMA, Fault, Step, Story, Wait

TEXTS = ("title", "unit", "scenario", "model", "promise", "replay")


def to_json(story: Story) -> dict[str, Any]:
    """The story in the form of story.schema.json."""
    return {
        "schema": SCHEMA,
        **{key: getattr(story, key) for key in TEXTS},
        "threads": [{"number": number, "name": story.name(number)} for number in story.threads],
        "locations": [location.to_json() for location in story.locations],
        "sources": {
            file: {str(line): text for line, text in sorted(lines.items())}
            for file, lines in story.sources.items()
        },
        "start": story.start.to_json(),
        "steps": [_step(step) for step in story.steps],
        "edges": [edge.to_json() for edge in story.edges],
        "fault": _fault(story.fault) if story.fault else None,
    }


def from_json(data: Any, where: str = "") -> Story:
    """The inverse of to_json. where: the file that it was read from, for errors.

    Errors: InputError for a story of another version, for what is none, and for a damaged one.
    """
    version = data.get("schema") if isinstance(data, Mapping) else None
    if version != SCHEMA:
        raise InputError(_of_another_version(data, version), where, TO_DO)
    try:
        return _story(data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"the story is damaged: {error!r}.", where, TO_DO) from None


TO_DO = "Check the unit again, which writes a new one."


def _of_another_version(data: Any, version: Any) -> str:
    if isinstance(version, str) and version.startswith("happens-before/story/"):
        return (
            f"a story of version {version.rpartition('/')[2]}; this workbook tells version {MINE}."
        )
    if isinstance(data, Mapping) and "trace" in data:
        return "the result of an exploration, which is not yet a story."
    return "not a story."


MINE = SCHEMA.rpartition("/")[2]


def _step(step: Step) -> dict[str, Any]:
    told = {"n": step.number, "thread": step.thread, "text": step.text}
    for key in ("file", "line", "function", "op", "order", "stale", "left_out"):
        if value := getattr(step, key):
            told[key] = value
    for key, value in (("location", step.location), ("read", step.read), ("from", step.source)):
        told |= {} if value is None else {key: value}
    if step.written is not None:
        told["written"] = step.written
    if changes := step.changes.to_json():
        told["changes"] = changes
    return told


def _fault(fault: Fault) -> dict[str, Any]:
    told = asdict(fault)
    told["arrows"] = [arrow.to_json() for arrow in fault.arrows]
    told["waiting"], told["history"] = [*told["waiting"]], [*told["history"]]
    return told


def _story(data: Mapping[str, Any]) -> Story:
    return Story(
        **{key: str(data[key]) for key in TEXTS},
        threads=tuple(int(item["number"]) for item in data["threads"]),
        locations=tuple(
            Location(
                item["name"], item["kind"], item["initial"], [(n, v) for n, v in item["stores"]]
            )
            for item in data["locations"]
        ),
        sources={
            file: {int(line): text for line, text in lines.items()}
            for file, lines in data["sources"].items()
        },
        start=State.from_json(data["start"]),
        steps=tuple(_step_of(item) for item in data["steps"]),
        edges=tuple(
            Edge(item["from"], item["to"], item["label"], item["kind"]) for item in data["edges"]
        ),
        fault=_fault_of(data["fault"]) if data["fault"] else None,
    )


def _step_of(item: Mapping[str, Any]) -> Step:
    fields = dict(item)
    changes = State.from_json(fields.pop("changes", {}))
    number, source = fields.pop("n"), fields.pop("from", None)
    return Step(number, source=source, changes=changes, **fields)


def _fault_of(data: Mapping[str, Any]) -> Fault:
    fields = dict(data)
    arrows = [
        Arrow(item["from"], item["to"], item["kind"], item["text"]) for item in data["arrows"]
    ]
    fields["arrows"] = tuple(arrows)
    fields["waiting"] = tuple(Wait(**item) for item in data["waiting"])
    fields["history"] = tuple(data["history"])
    return Fault(**fields)
