"""All C of the workbook under both compilers, with every warning an error."""

from __future__ import annotations

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor

from happens_before.core import workbook
from happens_before.core.tree import Source, sources

STRICT = ("-std=c17", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-pthread")
# Written to break a rule of the compilers, or not for them.
LEFT_OUT = (
    "grader/tests/cheats/",
    "grader/tests/bombs/",
    "grader/tests/bad/",
    "grader/tests/explorer/bad/",
)


def complaints() -> list[str]:
    """What gcc and clang say of the workbook's C, one string a file; empty when all is clean."""
    left_out = [workbook.ROOT / part for part in LEFT_OUT]
    work = [
        (compiler, source)
        for source in sources()
        for compiler in ("gcc", "clang")
        if not any(source.file.is_relative_to(part) for part in left_out)
    ]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return [said for said in pool.map(_ask, work) if said]


def _ask(work: tuple[str, Source]) -> str:
    compiler, source = work
    command = [compiler, *STRICT, *source.flags, str(source.file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return f"{compiler}: {done.stderr.strip()}" if done.returncode or done.stderr else ""
