"""The explorer on whole programs: algorithms, synchronisation objects, programs that are not its own.

Each row of an expected.toml says what must be found. Beside that, for every row: a second run says
the same word for word, a fault's token leads a fresh process to the same fault, and what is correct
under RC11 is correct under the stronger models.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from explorer import harness
from happens_before.core.errors import GraderFault
from happens_before.explore import findings, sources
from happens_before.explore.symbols import Symbols
from happens_before.explore.words import EXIT_STATUS

CORPORA = ("programs", "objects", "bad")
STRONGER = ("sc", "tso")
REFUSED = {2: "build error", 4: "not modelled"}  # by exit status
# A fault that only a clock finds: slow, and where in the loop it is found is luck. Once is enough.
BY_CLOCK = "processor time"
MANY = 20_000  # executions after which one run is enough


@dataclass(frozen=True)
class Row:
    """One row of a corpus."""

    corpus: str
    name: str
    wanted: dict[str, Any]

    @property
    def file(self) -> Path:
        return harness.HERE / self.corpus / str(self.wanted["file"])

    @property
    def options(self) -> list[str]:
        return list(self.wanted.get("options", []))

    @property
    def verdicts(self) -> list[str]:
        return list(self.wanted.get("verdicts") or [self.wanted["verdict"]])

    @property
    def kinds(self) -> list[str]:
        return list(self.wanted.get("kinds") or filter(None, [self.wanted.get("kind")]))


@dataclass
class Seen:
    """What the explorer did with a row."""

    verdict: str = "build error"
    text: str = ""  # of the fault
    first: harness.Run | None = None
    second: harness.Run | None = None
    replayed: harness.Run | None = None
    shuffled: harness.Run | None = None
    models: dict[str, str] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)  # of source, where the fault is


def rows() -> list[Row]:
    """All rows of all corpora."""
    found = []
    for corpus in CORPORA:
        text = (harness.HERE / corpus / "expected.toml").read_text("utf-8")
        found += [Row(corpus, name, wanted) for name, wanted in tomllib.loads(text).items()]
    return found


ROWS = rows()


def look(row: Row) -> Seen:
    """Build a row's program and explore it in every way that the tests ask about."""
    seen = Seen()
    flags = [f"-D{name}" for name in row.wanted.get("defines", [])]
    try:
        program = harness.built(row.file, flags)
    except (sources.CompileError, GraderFault):  # the latter: from the linker
        return seen
    if program is None:
        _, opaque = harness.compiled(row.file, flags)
        seen.verdict = "not modelled"
        seen.text = str(findings.opaque(opaque, "exhaustive", "rc11")["fault"]["text"])
        return seen
    seen.first = run = harness.run(program, *row.options)
    if not run.found:  # refused before the exploration began
        seen.first, seen.text = None, run.errors
        seen.verdict = REFUSED.get(run.exit_code, f"exit status {run.exit_code}")
        return seen
    seen.verdict = run.found["verdict"]
    seen.text = run.fault["text"] if run.found["fault"] else ""
    if BY_CLOCK in seen.text:
        return seen
    if run.found["executions"] < MANY:
        seen.second = harness.run(program, *row.options)
    if run.found["fault"]:
        seen.replayed = harness.run(program, *row.options, "--replay", run.fault["token"])
        seen.lines = places(program, run.fault)
    look_further(row, program, seen)
    return seen


def look_further(row: Row, program: Path, seen: Seen) -> None:
    """Under the other models, and scheduled by chance."""
    if "executions" in row.wanted:
        seen.shuffled = harness.run(program, *row.options, "--shuffle", "--seed", 3)
    if row.corpus != "programs":
        return
    for model in STRONGER:
        if row.wanted["verdict"] == "correct" or model in row.wanted.get("models", {}):
            run = harness.run(program, *row.options, "--memory-model", model)
            seen.models[model] = run.found.get("verdict", f"exit status {run.exit_code}")


def places(program: Path, fault: dict[str, Any]) -> list[str]:
    """The source lines of a fault: where it is, what it collides with, where its threads wait."""
    symbols = Symbols(program, [harness.HERE])
    others = [fault["other"]] if fault["other"] else []
    pcs = [item["pc"] for item in (fault, *others, *fault["waiting"]) if item["pc"]]
    symbols.learn(pcs)
    return [frame.to_json()["source"] or "" for pc in pcs for frame in symbols.frames(pc)]


@pytest.fixture(scope="module")
def looks(request: pytest.FixtureRequest) -> Iterator[dict[str, Future[Seen]]]:
    """Every row that this run of the tests will ask about, at work on all processors."""
    picked = [
        item.callspec.params["row"]
        for item in request.session.items
        if getattr(item, "module", None) is request.module and hasattr(item, "callspec")
    ]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield {row.name + row.corpus: pool.submit(look, row) for row in picked}
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.corpus}-{row.name}")
def test_a_program_gets_its_verdict(row: Row, looks: dict[str, Future[Seen]]) -> None:
    seen = looks[row.name + row.corpus].result()
    assert seen.verdict in row.verdicts, seen.text
    assert row.wanted.get("text", "") in seen.text or not seen.text
    if seen.first is None:
        return
    check_result(row, seen, seen.first)
    if seen.first.found["fault"]:
        check_fault(row, seen, seen.first.fault)
    check_again(row, seen, seen.first)


def check_result(row: Row, seen: Seen, run: harness.Run) -> None:
    """Verdict, completeness, counts and states fit one another, and the row."""
    assert run.exit_code == EXIT_STATUS[seen.verdict]
    assert run.found["complete"] == (seen.verdict == "correct")
    assert bool(run.found["bound"]) == (seen.verdict == "bounded")
    assert bool(run.found["fault"]) == (seen.verdict in ("fault", "not modelled"))
    if "executions" in row.wanted:
        assert run.found["executions"] == row.wanted["executions"]
    if "outcomes" in row.wanted:
        assert sorted(run.states) == sorted(row.wanted["outcomes"])
    if "output" in row.wanted:
        assert row.wanted["output"] in run.output


def check_fault(row: Row, seen: Seen, fault: dict[str, Any]) -> None:
    """The fault is the row's, at the row's line, and its token leads back to it."""
    if row.kinds:
        assert fault["kind"] in row.kinds, fault["text"]
    if "line" in row.wanted:
        assert any(row.wanted["line"] in line for line in seen.lines), seen.lines
    assert fault["replays"] is True
    if BY_CLOCK in fault["text"]:
        return
    assert seen.replayed is not None and seen.replayed.found, seen.replayed
    again = seen.replayed.fault
    for key in ("kind", "pc", "thread", "token"):
        assert again[key] == fault[key], key


def check_again(row: Row, seen: Seen, run: harness.Run) -> None:
    """Another run, another schedule and a stronger model change nothing that they must not."""
    if seen.second:
        assert seen.second.stable() == run.stable()
    if seen.shuffled:
        assert seen.shuffled.found["executions"] == run.found["executions"]
        assert seen.shuffled.states == run.states
    for model, verdict in seen.models.items():
        assert verdict == row.wanted.get("models", {}).get(model, "correct"), model
