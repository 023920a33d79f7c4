"""Gradescope's submission_metadata.yml, as plain data: mappings, lists and text.

The file is read event by event: PyYAML's own composer, in C, overflows its stack on deep nesting.
Scalars stay as they are written, so that a school's id of digits keeps its zeros, and tags mean
nothing, so that none can make an object. What tests printed (:results) is passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from happens_before.core.archive import shown
from happens_before.core.errors import InputError

MAX_BYTES = 256 << 20  # it holds the output of every test of every submission
MAX_DEPTH = 64
NULLS = ("", "~", "null", "Null", "NULL")
PASSED_OVER = ":results"
EXPORT_AGAIN = "Export the submissions from Gradescope again."


def read(file: Path) -> dict[str, Any]:
    """What the file tells, by the submission's folder. Errors: InputError."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        if file.stat().st_size > MAX_BYTES:
            raise InputError(f"is larger than {MAX_BYTES >> 20} MiB.", file)
        with file.open("rb") as stream:
            events: Iterator[Any] = yaml.parse(stream, loader)  # type: ignore[no-untyped-call]
            told = _built(events)
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror}).", file) from None
    except (yaml.YAMLError, ValueError) as error:
        why = " ".join(str(error).split())
        raise InputError(f"is not YAML: {shown(why)}.", file, EXPORT_AGAIN) from None
    if not isinstance(told, dict):
        raise InputError("does not list submissions by their folders.", file, EXPORT_AGAIN)
    return told


def _built(events: Iterator[Any]) -> Any:
    """The data of the first document. Errors: ValueError when it is nested too deeply."""
    import yaml

    top: list[Any] = []
    open_ones: list[_Node] = [_Node(top)]
    anchors: dict[str, Any] = {}
    for event in events:
        if isinstance(event, yaml.CollectionEndEvent):
            open_ones.pop()
            continue
        if not isinstance(event, yaml.NodeEvent):
            continue  # the stream's and the document's beginning and end
        if len(open_ones) > MAX_DEPTH:
            raise ValueError(f"nested deeper than {MAX_DEPTH} levels")
        value: Any
        if isinstance(event, yaml.AliasEvent):
            value = anchors.get(event.anchor)
        elif isinstance(event, yaml.ScalarEvent):
            value = None if event.implicit[0] and event.value in NULLS else event.value
        else:
            value = {} if isinstance(event, yaml.MappingStartEvent) else []
        open_ones[-1].add(value)
        if event.anchor and not isinstance(event, yaml.AliasEvent):
            anchors[event.anchor] = value
        if isinstance(event, yaml.CollectionStartEvent):
            open_ones.append(_Node(value))
    return top[0] if top else None


class _Node:
    """A list or a mapping that is being filled; a mapping takes keys and values in turn."""

    def __init__(self, value: Any) -> None:
        self.value = value
        self.key: str | None = None

    def add(self, item: Any) -> None:
        """Append an item, or take it for the next key, or for that key's value."""
        if isinstance(self.value, list):
            self.value.append(item)
        elif self.key is None:
            self.key = str(item)
        else:
            if self.key != PASSED_OVER:
                self.value[self.key] = item
            self.key = None
