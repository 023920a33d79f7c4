"""The interleavings that stand in the chapters: made from the chapters' own programs and attempts.

A chapter asks for one by a comment, beside the interleaving that it prints:

    <!-- player: program=two_steps.c kind=assertion -->
    <!-- player: attempt=lost_wakeup scenario=serves_three kind=lost-wakeup -->

kind is the fault that the text tells of; a story with another one is an error of ours.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from happens_before.core import workbook
from happens_before.core.cache import Cache, digest_of, digest_of_files
from happens_before.core.errors import GraderFault, InputError
from happens_before.core.unit import Unit
from happens_before.web import shelf

KEYS = {"program", "attempt", "scenario", "kind", "mode"}
PATIENCE_S = 120
FOLDER = "stories"


@dataclass(frozen=True)
class Wanted:
    """A story that a chapter asks for. Either a program of the unit's own, or an attempt."""

    unit: Unit
    kind: str
    program: str = ""
    attempt: str = ""
    scenario: str = ""
    mode: str = ""

    @property
    def name(self) -> str:
        """Its name among all stories, which is a path."""
        what = self.attempt or self.program.removesuffix(".c")
        return f"{self.unit.path}/{what}" + (f"-{self.scenario}" if self.scenario else "")

    @property
    def place(self) -> str:
        """Where its script stands in the book."""
        return f"{FOLDER}/{self.name}.js"


def wanted(unit: Unit | None, said: Mapping[str, str], where: Path) -> Wanted:
    """What a comment asks for. Errors: InputError for one that cannot be read."""
    if unit is None:
        raise InputError("a player stands in a chapter that is no unit's.", where)
    if odd := sorted(set(said) - KEYS):
        raise InputError(f"player: there is no key '{odd[0]}'.", where)
    if "kind" not in said or ("program" in said) == ("attempt" in said):
        to_do = "Write <!-- player: attempt=NAME scenario=NAME kind=lost-wakeup -->."
        raise InputError("player: it needs a kind, and a program or an attempt.", where, to_do)
    return Wanted(unit, **said)


def script(story: Wanted) -> str:
    """The story as a script, which works from a disk. Errors: as told()."""
    text = json.dumps(told(story), ensure_ascii=False, separators=(",", ":"))
    name = json.dumps(story.name)
    return f"'use strict';\nHB.stories = HB.stories || {{}};\nHB.stories[{name}] = {text};\n"


def told(story: Wanted) -> dict[str, Any]:
    """The story, explored once and then kept.

    Errors: GraderFault when the exploration finds another fault than the chapter tells of.
    """
    cache = Cache(workbook.CACHE)
    key = digest_of(story.name, story.kind, story.mode, _made_from(story.unit))
    kept = cache.read_json("story", key)
    if isinstance(kept, dict):
        return kept
    made = _explored(story)
    cache.keep_json("story", key, made)
    return made


def _made_from(unit: Unit) -> str:
    """Digest of all that the story can depend on."""
    from happens_before.core.pipeline import workbook_digest

    files = [f for f in unit.directory.rglob("*") if f.suffix in (".c", ".h") and f.is_file()]
    return digest_of(workbook_digest(unit), digest_of_files(files, unit.directory))


def _explored(story: Wanted) -> dict[str, Any]:
    from happens_before.explore import runner, sources, story_json
    from happens_before.explore.findings import findings
    from happens_before.explore.story import MOST_IN_A_REPORT, Story
    from happens_before.explore.symbols import Symbols
    from happens_before.sandbox import owner

    files, flags = _files(story)
    arguments = ["--jobs", "1", "--scenario", story.scenario][: 4 if story.scenario else 2]
    arguments += ["--mode", story.mode or "exhaustive", *_budget(story)]
    with tempfile.TemporaryDirectory(prefix=owner.prefix()) as scratch:
        directory = Path(scratch)
        built, opaque = sources.program_of(files, "clang", flags, directory)
        if built is None:
            raise GraderFault(f"{story.name}: the explorer cannot look into it: {opaque}")
        program = runner.lay_out(built, directory)
        raw = runner.explore(program, arguments, patience_s=PATIENCE_S)
        data = findings(raw, Symbols(program))
    kind = data["fault"]["kind"].replace(" ", "-") if data["fault"] else "none"
    if kind != story.kind:
        raise GraderFault(f"{story.name}: the chapter tells of {story.kind}, and it is {kind}.")
    about = {"unit": story.unit.path, "promise": _promise(story)}
    found = Story.from_findings(data, **about, most=MOST_IN_A_REPORT)
    if found is None:
        raise GraderFault(f"{story.name}: there is no execution to show.")
    made = story_json.to_json(found)
    made["sources"] = {
        file: lines
        for file, lines in made["sources"].items()
        if not file.startswith(shelf.NOT_SHOWN)
    }
    return made


def _files(story: Wanted) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    from happens_before.explore.unit_program import of_unit

    if story.attempt:
        return of_unit(story.unit.path, story.attempt)
    return (story.unit.directory / story.program,), (f"-I{story.unit.directory}",)


def _budget(story: Wanted) -> list[str]:
    """What unit.toml lets the scenario cost, where it is one of the unit's checks."""
    from happens_before.judges.explore import OPTIONS

    check = next((c for c in story.unit.checks if c.id == f"scenario__{story.scenario}"), None)
    budget = check.budget if check and story.attempt else {}
    pairs = [(OPTIONS[key], value) for key, value in budget.items() if key in OPTIONS]
    return [word for option, value in pairs for word in (f"--{option}", str(value))]


def _promise(story: Wanted) -> str:
    ends = f"__{story.scenario}"
    checks = [c for c in story.unit.checks if c.judge == "explore" and c.id.endswith(ends)]
    return checks[0].promise if checks and story.attempt else ""
