"""Compiling a reader's own C files, wherever they stand, for the explorer."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from happens_before.core import workbook
from happens_before.core.cache import digest_of
from happens_before.core.errors import InputError
from happens_before.core.toolchain import Compiled
from happens_before.explore.assembly import Opaque, opaque_statements

COMMON = (
    "-std=c17",
    "-D_GNU_SOURCE",
    "-O1",
    "-g",
    "-gdwarf-4",
    "-fno-omit-frame-pointer",
    "-fno-optimize-sibling-calls",
    "-fno-pie",
    "-fsanitize=thread",
    "-pthread",
)
# Each compiler drops some accesses before they can be seen; these flags keep them.
FRONT_ENDS = {
    "clang": (*COMMON, "-mllvm", "-tsan-instrument-read-before-write=1"),
    "gcc": (*COMMON, "-fno-builtin"),
}
INCLUDES = (workbook.RUNTIME / "include", workbook.RUNTIME / "explorer" / "include")


class CompileError(Exception):
    """A file that does not compile; the text is the compiler's own."""


def split_flags(flags: Sequence[str]) -> tuple[list[str], list[str]]:
    """A user's flags: those for compiling, and those for linking (libraries and the linker's)."""
    linking: list[str] = []
    compiling: list[str] = []
    for flag in flags:
        is_file = not flag.startswith("-") and flag.endswith((".a", ".o", ".so"))
        link = is_file or flag.startswith(("-l", "-L", "-Wl,"))
        (linking if link else compiling).append(flag)
    return compiling, linking


def compile_all(
    files: Sequence[Path], compiler: str, flags: Sequence[str], directory: Path
) -> tuple[list[Compiled], list[Opaque]]:
    """Compile each file into `directory`; also the inline assembly that cannot be judged.

    Errors: InputError for a file that is not there; CompileError with the compiler's words.
    """
    for file in files:
        if not file.is_file():
            raise InputError("no such file.", file)
    with ThreadPoolExecutor() as pool:
        jobs = [
            pool.submit(_compile, file, compiler, flags, directory / f"{number}")
            for number, file in enumerate(files)
        ]
        done = [job.result() for job in jobs]
    return [item for item, _ in done], [opaque for _, found in done for opaque in found]


def _compile(
    file: Path, compiler: str, flags: Sequence[str], stem: Path
) -> tuple[Compiled, list[Opaque]]:
    """By way of the assembler's text, which shows inline assembly."""
    listing, out = stem.with_suffix(".s"), stem.with_suffix(".o")
    includes = [f"-I{directory}" for directory in INCLUDES]
    own = FRONT_ENDS[compiler]
    _run([compiler, *own, *includes, *flags, "-S", str(file), "-o", str(listing)])
    _run([compiler, "-c", str(listing), "-o", str(out)])
    found = opaque_statements(listing.read_text("utf-8", "replace"))
    return Compiled(out, digest_of(out.read_bytes())), found


def _run(command: list[str]) -> None:
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise CompileError(done.stderr.rstrip() or f"{command[0]} failed without a word.")
    sys.stderr.write(done.stderr)  # warnings
