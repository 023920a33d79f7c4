"""A reader's own C files, wherever they stand, made a program for the explorer."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from happens_before.core import foundation, workbook
from happens_before.core.cache import Cache, digest_of
from happens_before.core.compilers import SHOWN, STATIC
from happens_before.core.errors import GraderFault, InputError
from happens_before.core.toolchain import Compiled, Toolchain
from happens_before.explore import build
from happens_before.explore.assembly import Opaque, opaque_statements
from happens_before.sandbox import find_sandbox

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
    "clang": (*COMMON, "-fno-finite-loops", "-Xclang", "-disable-llvm-passes"),
    "gcc": (*COMMON, "-fno-builtin"),
}
BACK_END = (*COMMON[2:], "-mllvm", "-tsan-instrument-read-before-write=1", "-w")
INCLUDES = (workbook.RUNTIME / "include", workbook.RUNTIME / "explorer" / "include")


class CompileError(Exception):
    """A file that does not compile; the text is the compiler's own."""


def program_of(
    files: Sequence[Path], compiler: str, flags: Sequence[str], directory: Path
) -> tuple[build.Program | None, list[Opaque]]:
    """Compile and link. None, and why, for a program with assembly that nobody can look into.

    flags: the reader's, for the compiler and the linker. directory: for what is only needed now.
    Errors: InputError for a file that is not there, and for what the linker says; CompileError;
    GraderFault when the runtime itself does not build.
    """
    compiling, linking = split_flags(flags)
    objects, opaque = compile_all(files, compiler, compiling, directory)
    if opaque:
        return None, opaque
    toolchain = own_toolchain()
    runtime = build.library(toolchain)
    try:
        return build.link(toolchain, runtime, objects, linking), []
    except GraderFault as fault:
        raise InputError(shortly(fault)) from None


def own_toolchain() -> Toolchain:
    """A toolchain for code that is trusted: the workbook's, and that of whoever runs the command."""
    slots = threading.Semaphore(os.cpu_count() or 1)
    return Toolchain(Cache(workbook.CACHE), find_sandbox(allow_none=True), slots)


def shortly(fault: GraderFault) -> str:
    """Without the command line that failed, which stands before the first line break."""
    return str(fault).partition("\n")[2] or str(fault)


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
    """By way of the assembler's text, which shows inline assembly; an object is taken as it is."""
    if file.suffix == ".o":
        return foundation.ready(file), []
    listing, out = stem.with_suffix(".s"), stem.with_suffix(".o")
    includes = [f"-I{directory}" for directory in INCLUDES]
    front = [compiler, *FRONT_ENDS[compiler], *includes, *flags, "-S", str(file)]
    if compiler == "clang":
        code = stem.with_suffix(".ll")
        _run([*front, "-emit-llvm", "-o", str(code)])
        code.write_text(_with_statics_shown(code.read_text("utf-8")), encoding="utf-8")
        machine = [flag for flag in flags if flag.startswith(("-m", "-f"))]
        _run([compiler, *BACK_END, *machine, "-S", str(code), "-o", str(listing)])
    else:
        _run([*front, "-o", str(listing)])
    _run([compiler, "-c", str(listing), "-o", str(out)])
    _run(["objcopy", "--localize-hidden", str(out)])
    found = opaque_statements(listing.read_text("utf-8", "replace"))
    return Compiled(out, digest_of(out.read_bytes())), found


def _with_statics_shown(code: str) -> str:
    """clang's intermediate text, so that its optimiser spares static variables (core/compilers.py)."""
    lines = code.splitlines(keepends=True)
    return "".join(re.sub(STATIC, SHOWN, line) if line[:1] == "@" else line for line in lines)


def _run(command: list[str]) -> None:
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise CompileError(done.stderr.rstrip() or f"{command[0]} failed without a word.")
    sys.stderr.write(done.stderr)  # warnings
