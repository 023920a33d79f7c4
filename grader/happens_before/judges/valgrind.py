"""Running the scenarios under a Valgrind tool, and reading its XML: one file for each test."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from happens_before.core.errors import GraderFault
from happens_before.core.report import Place
from happens_before.core.symbols import is_ours
from happens_before.core.unit import Check
from happens_before.judges.base import Job
from happens_before.judges.running import Heard, Program, limits_of, run_all

COMMON = (
    "/usr/bin/valgrind",
    "--xml=yes",
    "--xml-file=/scratch/report.%p.xml",
    "--fair-sched=yes",
    "--vgdb=no",
    "--num-callers=16",
)
ENVIRONMENT = {"HB_SPIN_LIMIT_MS": "10000"}


@dataclass
class Error:
    """One error of a Valgrind report; stacks with the student's frames, innermost first."""

    kind: str
    text: str
    stacks: list[list[Place]] = field(default_factory=list)
    more: list[str] = field(default_factory=list)


def run_scenarios(
    job: Job,
    judge: str,
    checks: Sequence[Check],
    program: Path,
    tool: tuple[str, ...],
    rounds: int,
    mounts: tuple[tuple[Path, str], ...] = (),
) -> dict[str, Heard]:
    """Run the scenarios under Valgrind. Errors: GraderFault."""
    argv = (*COMMON[:1], *tool, *COMMON[1:])
    plan = Program(program, argv, ENVIRONMENT, rounds, mounts, True)
    return run_all(job, checks, plan, limits_of(job, judge))


def errors_of(heard: Heard) -> list[Error]:
    """What the tool says of one test, most telling first.

    Errors: GraderFault when a test ended by itself and its report is missing or broken.
    """
    reports = [content for name, content in heard.files.items() if name.startswith("report.")]
    if not reports:
        raise GraderFault(f"{heard.record.id}: Valgrind left no report.")
    try:
        root = ET.fromstring(reports[0])
    except ET.ParseError as error:
        raise GraderFault(f"{heard.record.id}: Valgrind's report is broken: {error}.") from None
    if root.find("tool") is None or not any(
        s.findtext("state") == "FINISHED" for s in root.iter("status")
    ):
        raise GraderFault(f"{heard.record.id}: Valgrind's report breaks off.")
    return [_error(node) for node in root.iter("error")]


def _error(node: ET.Element) -> Error:
    what = node.find("xwhat")
    text = (what.findtext("text") if what is not None else node.findtext("what")) or ""
    stacks = [list(_places(stack)) for stack in node.iter("stack")]
    more = [item.text or "" for item in node.iter("auxwhat")]
    more += [item.findtext("text") or "" for item in node.iter("xauxwhat")]
    return Error(node.findtext("kind") or "", text, stacks, more)


def _places(stack: ET.Element) -> Iterator[Place]:
    for frame in stack.iter("frame"):
        file, line = frame.findtext("file"), frame.findtext("line")
        if not file or not line or not (frame.findtext("obj") or "").endswith("/program"):
            continue
        directory = (frame.findtext("dir") or "").removeprefix(".").removeprefix("/")
        name = f"{directory}/{file}" if directory else file
        place = Place(name.removeprefix("./"), int(line), frame.findtext("fn") or "")
        if not is_ours(place):
            yield place
