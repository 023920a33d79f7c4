"""The edge-label check of `make lint`: how atomic operations are written and explained in C.

 1. Only the _explicit forms: an order that nobody wrote is an order that nobody thought about. The
    runtime alone may use the compiler's __atomic_*, which the judges do not intercept.
 2. Each atomic operation has a comment on its own lines, or just above, or in the comment of its
    function: why its order suffices.
 3. A happens-before edge's label, [M1], stands at two ends at least: in the file, or in the file and
    the headers beside it that it includes. A contract's header in another directory names the
    edge but is no end of it.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from happens_before.core import workbook

PLACES = ("lessons", "exercises", "solutions", "grader/runtime", "grader/demo")
OPERATION = re.compile(
    r"\batomic_(load|store|exchange|compare_exchange_(?:weak|strong)|fetch_\w+?|thread_fence"
    r"|flag_test_and_set|flag_clear)(_explicit)?\s*\("
    r"|\b__(?:atomic_(?!thread_fence)|sync_)\w+\s*\("
)
LABEL = re.compile(r"\[([A-Z][0-9]+)\]")
COMMENT = re.compile(
    r"""(?P<comment>/\*.*?\*/|//[^\n]*)|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'""", re.DOTALL
)
INCLUDE = re.compile(r'^#include "([^"]+)"', re.MULTILINE)
RUNTIME = "runtime"  # the directory whose code stays out of the judges' sight
NEAR = 6  # lines between a comment's end and the operation that it still explains


@dataclass(frozen=True)
class Complaint:
    """One thing to mend."""

    file: Path
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}"


def check(file: Path) -> list[Complaint]:
    """What is wrong in one C file."""
    text = file.read_text(encoding="utf-8")
    comments = [match.span() for match in COMMENT.finditer(text) if match["comment"]]
    found = [*_operations(file, text, comments), *_labels(file, text, comments)]
    return sorted(found, key=lambda complaint: complaint.line)


def _line(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1


def _operations(file: Path, text: str, comments: list[tuple[int, int]]) -> Iterator[Complaint]:
    lines = [(_line(text, start), _line(text, end)) for start, end in comments]
    for match in OPERATION.finditer(text):
        if any(start <= match.start() < end for start, end in comments):
            continue
        if match.group().startswith("__") and RUNTIME not in file.parts:
            yield Complaint(
                file, _line(text, match.start()), "the compiler's own form: use <stdatomic.h>'s."
            )
        first = _line(text, match.start())
        last = _line(text, text.find(";", match.end()))
        name = match.group().rstrip("( ")
        if match.group(1) and not match.group(2) and match.group(1) != "thread_fence":
            yield Complaint(file, first, f"{name}: write {name}_explicit, with the order.")
        if not any(start <= last and end >= first - NEAR for start, end in lines):
            yield Complaint(file, first, f"{name}: say why its order suffices.")


def _labels(file: Path, text: str, comments: list[tuple[int, int]]) -> Iterator[Complaint]:
    places: dict[str, int] = {}
    count: dict[str, int] = {}
    for start, end in comments:
        for match in LABEL.finditer(text, start, end):
            places.setdefault(match[1], _line(text, match.start()))
            count[match[1]] = count.get(match[1], 0) + 1
    elsewhere = "".join(_included(file, text))
    for label, line in places.items():
        if count[label] + len(re.findall(rf"\[{label}\]", elsewhere)) < 2:
            yield Complaint(file, line, f"the edge [{label}] has one end only.")


def _included(file: Path, text: str) -> Iterator[str]:
    for name in INCLUDE.findall(text):
        if (file.parent / name).is_file():
            yield (file.parent / name).read_text(encoding="utf-8")


def files() -> Iterable[Path]:
    """The C sources and headers that the check is for."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--"]
    patterns = [f"{place}/**.{ending}" for place in PLACES for ending in "ch"]
    done = subprocess.run(
        [*command, *patterns], cwd=workbook.ROOT, capture_output=True, text=True, check=True
    )
    every = [workbook.ROOT / name for name in done.stdout.split()]
    return [file for file in every if file.is_file() and "explorer" not in file.parts]


def main(arguments: list[str]) -> int:
    """Check the files named, or all. Returns 1 when there is something to mend."""
    chosen = [Path(name) for name in arguments] or files()
    complaints = [complaint for file in chosen for complaint in check(file)]
    for complaint in complaints:
        print(complaint)
    return 1 if complaints else 0
