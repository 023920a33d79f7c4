"""What each atomic operation compiles to, side by side, in the chapter on memory ordering.

The chapter's table is made from the compilers' own output for orders.c, between two markers.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass

from happens_before.core import workbook
from happens_before.core.errors import GraderFault
from happens_before.maintain.section import Section

UNIT = workbook.ROOT / "lessons" / "01-memory-ordering"
SOURCE = UNIT / "orders.c"
SECTION = Section(
    UNIT / "README.md",
    "<!-- what compilers make of orders.c -->",
    "<!-- end of what compilers make of it -->",
)
FLAGS = "-std=c17 -O2 -S -fno-asynchronous-unwind-tables -fcf-protection=none -o -".split()
FUNCTION = re.compile(r"^(\w+)__(\w+):$")
LABEL = re.compile(r"^(\.L\w+|\d+):$")
OPERATIONS = {
    "load": "Load",
    "store": "Store",
    "exchange": "Exchange",
    "fetch_add": "Fetch and add",
    "compare_exchange_strong": "Compare and exchange, strong",
    "compare_exchange_weak": "Compare and exchange, weak",
    "fence": "Fence",
}
RETURNS = ("ret", "jr\tra")


@dataclass(frozen=True)
class Target:
    """A processor, and the compiler for it."""

    title: str
    compiler: str
    flags: tuple[str, ...] = ()


ARM = "aarch64-linux-gnu-gcc"
TARGETS = (
    Target("x86-64", "x86_64-linux-gnu-gcc"),
    Target("Armv8.0", ARM, ("-march=armv8-a", "-mno-outline-atomics")),
    Target("Armv8.1", ARM, ("-march=armv8.1-a",)),
    Target("RISC-V", "riscv64-linux-gnu-gcc", ("-march=rv64gc",)),
)
Listing = dict[tuple[str, str], list[str]]


def missing() -> list[str]:
    """The compilers that are not installed."""
    return sorted({t.compiler for t in TARGETS if not shutil.which(t.compiler)})


def versions() -> str:
    """What the table was made with."""
    known = {target.compiler: _said([target.compiler, "-dumpfullversion"]) for target in TARGETS}
    numbers = sorted({number.strip() for number in known.values()})
    return f"gcc {' and '.join(numbers)}, -O2"


def listing(target: Target) -> Listing:
    """The instructions of each function, without the return."""
    flags = [flag for flag in FLAGS if "cf-protection" not in flag or target.title == "x86-64"]
    text = _said([target.compiler, *flags, *target.flags, str(SOURCE)])
    found: Listing = {}
    here: list[str] = []
    for line in text.splitlines():
        if match := FUNCTION.match(line):
            here = found[match[1], match[2]] = []
        elif match := LABEL.match(line):
            here.append(f"{match[1]}:")
        elif line.startswith("\t") and not line.startswith("\t."):
            here.extend(_instructions(line))
    return {key: _tidied(code) for key, code in found.items()}


def _instructions(line: str) -> list[str]:
    """The instructions of a line; some templates have several."""
    parts = [" ".join(part.split()) for part in line.split("#")[0].split(";")]
    return [part for part in parts if part and part not in RETURNS]


def _tidied(code: list[str]) -> list[str]:
    """Labels numbered from 1 within the function, and only those that something jumps to."""
    names = [line[:-1] for line in code if line.startswith(".L") and line.endswith(":")]
    used = [name for name in names if any(_jumps(line, name) for line in code)]
    lines = [line for line in code if not (line[:-1] in names and line[:-1] not in used)]
    for number, name in enumerate(used, 1):
        lines = [re.sub(rf"{re.escape(name)}\b", f"L{number}", line) for line in lines]
    return lines


def _jumps(line: str, label: str) -> bool:
    return not line.endswith(":") and re.search(rf"{re.escape(label)}\b", line) is not None


def render() -> str:
    """The Markdown: a table an operation, a row for orders that come to the same code, a column a processor."""
    listings = [listing(target) for target in TARGETS]
    parts = [f"Made with {versions()}."]
    for operation, title in OPERATIONS.items():
        orders = [order for name, order in listings[0] if name == operation]
        heads = [title, *(target.title for target in TARGETS)]
        rows = ["| " + " | ".join(heads) + " |", "| --- " * len(heads) + "|"]
        alike: dict[tuple[str, ...], list[str]] = {}
        for order in orders:
            cells = tuple(_cell(code[operation, order]) for code in listings)
            alike.setdefault(cells, []).append(order)
        for cells, same in alike.items():
            rows.append("| " + " | ".join([", ".join(same), *cells]) + " |")
        parts.append("\n".join(rows))
    return "\n\n".join(parts)


def _cell(code: list[str]) -> str:
    return "<br>".join(f"`{line}`" for line in code) or "(nothing)"


def _said(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    except FileNotFoundError:
        raise GraderFault(f"{command[0]} is not installed: `make setup` installs it.") from None
    if done.returncode != 0:
        raise GraderFault(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout
