"""What the explorer says of claims: linearizable, lock-free, fair. Each row of claims/expected.toml."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from explorer import harness
from happens_before.explore.symbols import Symbols
from happens_before.explore.words import EXIT_STATUS

CLAIMS = harness.HERE / "claims"
ROWS: dict[str, dict[str, Any]] = tomllib.loads((CLAIMS / "expected.toml").read_text("utf-8"))


@dataclass
class Seen:
    """What the explorer did with a row."""

    run: harness.Run
    second: harness.Run
    replayed: harness.Run | None
    lines: list[str]


def arguments(wanted: dict[str, Any]) -> list[str]:
    """The options of a row."""
    return ["--scenario", wanted["scenario"], *wanted.get("options", [])]


def look(wanted: dict[str, Any]) -> Seen:
    """Explore a row twice, and replay what was found."""
    flags = [f"-D{name}" for name in wanted.get("defines", [])]
    program = harness.built(CLAIMS / wanted["file"], flags)
    assert program is not None
    run = harness.run(program, *arguments(wanted))
    second = harness.run(program, *arguments(wanted))
    assert run.found, run.errors
    fault = run.found["fault"]
    if not fault or not fault["stack"]:  # of all executions together: none shows it alone
        return Seen(run, second, None, [])
    replayed = harness.run(program, *arguments(wanted), "--replay", fault["token"])
    return Seen(run, second, replayed, lines_of(program, fault))


def lines_of(program: Path, fault: dict[str, Any]) -> list[str]:
    """The source lines where a fault is."""
    symbols = Symbols(program, [CLAIMS])
    symbols.learn(fault["stack"])
    return [
        frame.to_json()["source"] or "" for pc in fault["stack"] for frame in symbols.frames(pc)
    ]


@pytest.fixture(scope="module")
def looks(request: pytest.FixtureRequest) -> Iterator[dict[str, Future[Seen]]]:
    """Every row that this run of the tests will ask about, at work on all processors."""
    picked = [
        item.callspec.params["name"]
        for item in request.session.items
        if item.module is request.module and hasattr(item, "callspec")
    ]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield {name: pool.submit(look, ROWS[name]) for name in picked}
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("name", ROWS)
def test_a_claim_gets_its_verdict(name: str, looks: dict[str, Future[Seen]]) -> None:
    wanted, seen = ROWS[name], looks[name].result()
    found = seen.run.found
    told = found["fault"]["text"] if found["fault"] else ""
    assert found["verdict"] == wanted["verdict"], told
    assert seen.run.exit_code == EXIT_STATUS[wanted["verdict"]]
    if "overtaken" in wanted:
        assert found["bypass_below"] == wanted["overtaken"] + 1
    assert found["complete"] == (wanted["verdict"] == "correct") and found["bound"] is None
    assert seen.second.stable() == seen.run.stable()
    check_progress(wanted, found)
    if found["fault"]:
        check_fault(wanted, seen)


def check_progress(wanted: dict[str, Any], found: dict[str, Any]) -> None:
    """What was measured, and how many steps a call takes."""
    assert (found["progress"] is not None) == ("progress" in wanted)
    if "progress" not in wanted:
        return
    measured = found["progress"]
    assert measured["result"] == wanted["progress"]
    if "steps" in wanted:
        assert {item["name"]: item["steps"] for item in measured["operations"]} == wanted["steps"]
        assert measured["contention"] == 4


def check_fault(wanted: dict[str, Any], seen: Seen) -> None:
    """The fault is the row's, tells why, and can be shown again."""
    fault = seen.run.fault
    assert fault["kind"] == wanted["kind"]
    assert wanted.get("text", "") in fault["text"]
    if "line" in wanted:
        assert any(wanted["line"] in line for line in seen.lines), seen.lines
    if fault["kind"] == "not linearizable":
        check_history(wanted, fault["history"])
    if seen.replayed is not None:
        assert fault["replays"] is True
        again = seen.replayed.fault
        for key in ("kind", "thread", "pc", "token"):
            assert again[key] == fault[key], key


def check_history(wanted: dict[str, Any], history: str) -> None:
    """The table, the order that is allowed, and what cannot follow it."""
    assert history.startswith("This history is not linearizable: ")
    assert max(map(len, history.splitlines())) <= 80
    told = "must come next, and cannot" if "must come next" in history else "can come next"
    assert told in history
    assert wanted.get("refused", "") in history.split(told)[1]
