"""The compilers: how each is called for what purpose, and what it says."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from happens_before.core.cache import digest_of
from happens_before.core.errors import GraderFault


@dataclass(frozen=True)
class Flavour:
    """One way of compiling: which compiler, which flags, and what it is for."""

    name: str
    compiler: str
    flags: tuple[str, ...]


WARNINGS = ("-Wall", "-Wextra")
# Frame pointers and no tail calls: a stack then shows every caller.
STACKS = ("-g", "-fno-omit-frame-pointer", "-fno-optimize-sibling-calls")
COMMON = ("-std=c17", *STACKS, "-pthread")
PLAIN = Flavour("plain", "gcc", (*COMMON, "-O2", "-fPIE"))
# What ThreadSanitizer's hooks do not see (grader/THREATS.md): an index beyond a local or
# a constant array traps; a call through a pointer goes by the runtime's fence; where it may arrive
# stands an endbr64; a huge frame meets the guard page below the stack.
CONFINED = (
    "-fsanitize=local-bounds",
    "-mretpoline",
    "-mretpoline-external-thunk",
    "-fcf-protection=branch",
    "-fstack-clash-protection",
)
INSTRUMENTED = Flavour(
    "instrumented",
    "clang",
    (
        *COMMON,
        "-O1",
        "-fPIE",
        "-fsanitize=thread",
        *CONFINED,
        "-gdwarf-4",  # Valgrind 3.19 does not read clang's DWARF 5
        "-mllvm",
        "-tsan-instrument-read-before-write=1",
    ),
)
# clang 14 takes a static variable that it sees through to be nobody's: it makes a local variable of an
# atomic that one function uses, and a constant of one that keeps its first value, and no judge would
# see what threads do there. So its optimiser is shown each static variable, in its intermediate
# text, as if other files could use it; in the object they are static again. In the same text each
# array on the stack whose length is computed has the length looked at: a negative one would lift the
# stack pointer into the frames of callers. A volatile load takes its address from an empty piece of
# assembly: of one that is known to be a constant's, however far beyond it, no judge would hear. And
# where a call copies a struct, the read is told.
STATIC_NAME = r'^@"?([^" ]+)"?'
STATIC = r" = internal ((thread_local(\([a-z]+\))? )?global )"
SHOWN = r" = hidden \1"
COMPUTED = r"^ *%([^ ]+) = alloca (.*), i64 (%[^ ,]+|-?[0-9]+)((, align .*)?)$"
LOOKED_AT = (
    r"  %length.\1 = call i64 @fence_stack_items(i64 \3)\n  %\1 = alloca \2, i64 %length.\1\4"
)
VOLATILE = r"^ *%([^ ]+) = load volatile (.+), \2\* (.+), align ([0-9]+)(.*)$"
UNKNOWN = (
    r"  %place.\1 = call \2* asm \"\", \"=r,0\"(\2* \3)\n"
    r"  %\1 = load volatile \2, \2* %place.\1, align \4\5"
)
COPIED = r"^(.*)byval\(([^)]+)\)([^%@]*) ([%@][^ ,)]+)"
TOLD = (
    r"  call void (i64, ...) @fence_copied(i64 ptrtoint (\2* getelementptr (\2, \2* null, i32 1) "
    r"to i64), \2* \4)\n\1by_value(\2)\3 \4"
)
IN_TWO_STEPS = rf"""
source=$1 object=$2; shift 2
clang "$@" -Xclang -disable-llvm-passes -S -emit-llvm "$source" -o "$object.ll" || exit
sed -E -n 's/{STATIC_NAME}{STATIC}.*/\1/p' "$object.ll" > "$object.names" &&
sed -E -i -e '/^@/s/{STATIC}/{SHOWN}/' -e 's/{COMPUTED}/{LOOKED_AT}/' \
    -e 's/{VOLATILE}/{UNKNOWN}/' \
    -e '/^ .*call .*byval\(/{{:next s/{COPIED}/{TOLD}/;t next;s/by_value\(/byval(/g;}}' "$object.ll" &&
cat >> "$object.ll" <<end &&
declare i64 @fence_stack_items(i64)
declare void @fence_copied(i64, ...)
end
clang "$@" -w -c "$object.ll" -o "$object" &&
if [ -s "$object.names" ]; then objcopy --localize-symbols="$object.names" "$object"; fi
"""
RUNTIME = Flavour("runtime", "gcc", (*COMMON, "-O2", "-fPIE", "-D_GNU_SOURCE", *WARNINGS))


@dataclass(frozen=True)
class Diagnostic:
    """One message of a compiler."""

    compiler: str
    severity: str  # "error" or "warning"
    file: str
    line: int
    text: str


def object_command(
    flavour: Flavour, source: str, out: str, flags: Sequence[str]
) -> tuple[str, ...]:
    """How a file is compiled to an object; flags: more of them, behind the flavour's own."""
    every = (*flavour.flags, *flags)
    if flavour is INSTRUMENTED:
        return ("/bin/sh", "-c", IN_TWO_STEPS, "sh", source, out, *every)
    return (f"/usr/bin/{flavour.compiler}", *every, "-c", source, "-o", out)


def flavour_key(flavour: Flavour) -> str:
    """What tells one way of compiling from another."""
    command = object_command(flavour, "source", "object", ())
    return digest_of(compiler_key(flavour.compiler), *command)


@lru_cache
def compiler_key(name: str) -> str:
    """What tells one installed compiler from another: its file's path, size and time of change."""
    found = shutil.which(name, path="/usr/bin:/bin")
    if not found:
        raise GraderFault(f"{name} is not installed: `make setup` installs it.")
    real = Path(os.path.realpath(found))
    state = real.stat()
    return digest_of(real, state.st_size, state.st_mtime_ns)


# One line a message, at most twenty errors, macros told by the line that uses them.
PLAIN_WORDS = {
    "gcc": (
        "-fno-diagnostics-color",
        "-fno-diagnostics-show-caret",
        "-ftrack-macro-expansion=0",
        "-fmax-errors=20",
    ),
    "clang": (
        "-fno-diagnostics-color",
        "-fno-caret-diagnostics",
        "-fmacro-backtrace-limit=1",
        "-ferror-limit=20",
    ),
}
ASSEMBLER = re.compile(r"^\S+\.s:\d+: Error: (?P<text>.*)$")
INLINE_ASM = re.compile(r"^<inline asm>:\d+:\d+: error: (?P<text>.*)$")
CRASH = re.compile(r"internal compiler error|PLEASE submit a bug report")
MESSAGE = re.compile(
    r"^(?P<file>[^\s:][^:]*):(?P<line>\d+):(?:\d+:)? (?P<sev>fatal error|error|warning): (?P<text>.*)$"
)


def parse(compiler: str, text: str) -> tuple[Diagnostic, ...]:
    """The messages in what a compiler printed."""
    found = []
    for line in text.splitlines():
        if match := INLINE_ASM.match(line):
            found.append(Diagnostic(compiler, "error", "", 0, f"the assembler: {match['text']}"))
        elif match := MESSAGE.match(line):
            severity = "warning" if match["sev"] == "warning" else "error"
            name = match["file"].removeprefix("./")
            found.append(Diagnostic(compiler, severity, name, int(match["line"]), match["text"]))
        elif match := ASSEMBLER.match(line):  # only the code's own assembly can be wrong
            found.append(Diagnostic(compiler, "error", "", 0, f"the assembler: {match['text']}"))
        elif line.startswith((f"{compiler}: error", f"{compiler}: fatal error")):
            found.append(Diagnostic(compiler, "error", "", 0, line.split(": ", 1)[1]))
    if CRASH.search(text):
        found.append(
            Diagnostic(compiler, "error", "", 0, "the compiler itself breaks on this code")
        )
    return tuple(found)
