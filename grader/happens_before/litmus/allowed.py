"""All outcomes that a memory model allows a program: what the explorer finds."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from happens_before.core.errors import GraderFault
from happens_before.explore import runner, sources
from happens_before.litmus.printer import HEAD, Printer
from happens_before.litmus.program import Program
from happens_before.sandbox import owner

MAIN = "\nint main(void) {\n    run();\n    return 0;\n}\n"
PATIENCE_S = 120


def source(program: Program) -> str:
    """The program as C for the explorer."""
    return HEAD + Printer(program, "run").text() + MAIN


def outcomes(program: Program, models: Sequence[str]) -> dict[str, frozenset[str]]:
    """The complete set of outcomes, by memory model (rc11, sc, tso).

    Errors: GraderFault when the explorer does not come to an end with it.
    """
    with tempfile.TemporaryDirectory(prefix=owner.prefix()) as scratch:
        directory = Path(scratch)
        file = directory / "litmus.c"
        file.write_text(source(program), encoding="utf-8")
        built, opaque = sources.program_of([file], "clang", (), directory)
        if built is None:
            raise GraderFault(f"the explorer cannot look into this program: {opaque}")
        executable = runner.lay_out(built, directory)
        return {model: _explored(executable, model) for model in models}


def _explored(executable: Path, model: str) -> frozenset[str]:
    arguments = ["--mode", "exhaustive", "--memory-model", model]
    raw = runner.explore(executable, arguments, patience_s=PATIENCE_S)
    if raw["verdict"] != "correct" or not raw["complete"]:
        why = raw["bound"] or raw["verdict"]
        raise GraderFault(f"the explorer did not see every execution ({why}).")
    return frozenset(item["state"] for item in raw["outcomes"])
