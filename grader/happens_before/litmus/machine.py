"""A litmus program on this processor: printed as C, compiled, and run for some seconds."""

from __future__ import annotations

import json
import platform
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from happens_before.core import workbook
from happens_before.core.errors import GraderFault
from happens_before.litmus.notation import show
from happens_before.litmus.printer import Printer
from happens_before.litmus.program import READERS, Program, flatten
from happens_before.sandbox import owner

PLACE = workbook.RUNTIME / "litmus"
COMPILE = ("gcc", "-std=c17", "-D_GNU_SOURCE", "-O2", "-Wall", "-Wextra", "-Werror", "-pthread")
INCLUDES = (PLACE, workbook.RUNTIME / "include")
GRACE_S = 60  # beyond the seconds asked for; more threads than processors take their time


@dataclass(frozen=True)
class Seen:
    """What the processor showed."""

    runs: int
    seconds: float
    processors: int
    outcomes: Mapping[str, int]


def architecture() -> str:
    """The processor's family: x86-64, aarch64, riscv64, ..."""
    return {"AMD64": "x86-64", "x86_64": "x86-64"}.get(platform.machine(), platform.machine())


class MachinePrinter(Printer):
    """Prints the threads for the runner: locations and registers are places in arrays."""

    def __init__(self, program: Program) -> None:
        super().__init__(program, "test")

    def name(self, name: str) -> str:
        return f"at[{name}].value" if name in self.program.locations else f"got[{name}]"

    def thread(self, index: int) -> list[str]:
        return [
            "",
            f"static void thread_{index}(struct litmus_location *at, int *got) {{",
            "    (void)at, (void)got;",
            *self.body(self.program.threads[index]),
            "}",
        ]

    def text(self) -> str:
        """The whole file."""
        program = self.program
        threads = range(len(program.threads))
        names = (*program.registers, *program.observed)
        lines = [f"/* {program.name}: {show(program)} */", '#include "litmus.h"', ""]
        lines += [f"enum {{ {', '.join(program.locations)} }};"]
        lines += [f"enum {{ {', '.join(program.registers)} }};"] if program.registers else []
        for index in threads:
            lines += self.thread(index)
        lines += [
            "",
            f"static litmus_thread *const run[] = {{{', '.join(f'thread_{n}' for n in threads)}}};",
            f"static const int owner[] = {{{', '.join(map(str, (*self._owners(), 0)))}}};",
            f"static const int watched[] = {{{', '.join((*program.observed, '0'))}}};",
            f"static const char *const outcome[] = {{{', '.join(map(quoted, names))}}};",
            "const struct litmus_test litmus_test = {",
            f"    .threads = {len(program.threads)}, .locations = {len(program.locations)},",
            f"    .registers = {len(program.registers)}, .observed = {len(program.observed)},",
            "    .run = run, .owner = owner, .outcome = outcome, .watched = watched,",
            "};",
        ]
        return "\n".join(lines) + "\n"

    def _owners(self) -> list[int]:
        """By register, the thread that it belongs to."""
        of = {
            item.register: number
            for number, thread in enumerate(self.program.threads)
            for item in flatten(thread)
            if isinstance(item, READERS)
        }
        return [of[register] for register in self.program.registers]


def quoted(name: str) -> str:
    """A C string."""
    return f'"{name}"'


def run(program: Program, seconds: float) -> Seen:
    """Run the program again and again. Errors: GraderFault when it cannot be built or run."""
    with tempfile.TemporaryDirectory(prefix=owner.prefix()) as scratch:
        file, out = Path(scratch) / "litmus_test.c", Path(scratch) / "litmus_test"
        file.write_text(MachinePrinter(program).text(), encoding="utf-8")
        includes = [f"-I{directory}" for directory in INCLUDES]
        _done([*COMPILE, *includes, str(file), str(PLACE / "litmus.c"), "-o", str(out)], GRACE_S)
        raw = json.loads(_done([str(out), f"{seconds:g}"], seconds + GRACE_S))
    outcomes = {item["state"]: int(item["seen"]) for item in raw["outcomes"]}
    return Seen(int(raw["runs"]), float(raw["seconds"]), int(raw["processors"]), outcomes)


def _done(command: list[str], patience_s: float) -> str:
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=patience_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise GraderFault(f"{command[0]} did not end within {patience_s:g} s.") from None
    if done.returncode != 0:
        said = done.stderr.strip() or f"ended with status {done.returncode}"
        raise GraderFault(f"{Path(command[0]).name}: {said}")
    return done.stdout
