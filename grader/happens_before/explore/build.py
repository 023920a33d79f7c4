"""From objects to a program that the explorer can run.

The runtime is one shared object, built from the workbook's own sources and kept by content. A
program is linked so that every function that the runtime models goes to the runtime, and every
function of the C library that it does not know goes to a stub: calling it ends the exploration with
its name and line, and not calling it costs nothing.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from happens_before.core import fence, workbook
from happens_before.core.cache import digest_of
from happens_before.core.compilers import Flavour
from happens_before.core.elf import Object
from happens_before.core.errors import GraderFault
from happens_before.core.toolchain import Compiled, Toolchain
from happens_before.explore.harmless import is_harmless
from happens_before.sandbox import owner

PARTS = ("explorer", "history")  # of the runtime
ENTRY = workbook.RUNTIME / "explorer" / "entry.c"  # stands in the program, where it begins
LEFT_OUT = {ENTRY, workbook.RUNTIME / "history" / "record.c"}  # the latter is for real threads
SHARED = ("-std=c17", "-D_GNU_SOURCE", "-O3", "-g1", "-fPIC", "-fno-omit-frame-pointer")
# The program's registers that survive a call stay as they are while the runtime looks at them.
FIXED = tuple(f"-ffixed-{register}" for register in ("rbx", "r12", "r13", "r14", "r15"))
FLAVOURS = {
    "explorer": Flavour("explorer", "gcc", (*SHARED, "-fvisibility=hidden", *FIXED)),
    "history": Flavour("history", "gcc", (*SHARED, *FIXED)),
}
STUBS = Flavour("stubs", "gcc", ("-std=c17", "-O1", "-fno-omit-frame-pointer", "-fno-pie"))
BEFORE_MAIN = Flavour("before main", "gcc", (*STUBS.flags, "-DHAS_MAIN"))
WRAP = "__wrap_"
# Non-PIE: addresses are the link's own, the same in every run. Bound at start: the runtime must not
# meet the dynamic linker in the middle of a thread.
LINK = ("-no-pie", "-Wl,-z,now", "-Wl,-rpath,$ORIGIN")
CRITERION = re.compile(r"(criterion|cri?)_")  # only its own runner calls a Test()
LIBRARY_NAME = "libexplorer.so"
SYSTEM = ("libc.so.6", "libm.so.6")


@dataclass(frozen=True)
class Library:
    """The runtime: which functions it stands in for, and all that it defines."""

    path: Path
    modelled: frozenset[str]
    defined: frozenset[str]


@dataclass(frozen=True)
class Program:
    """A program under test, linked; `stubbed`: the calls that would end it as not modelled."""

    path: Path
    library: Path
    stubbed: tuple[str, ...]


@dataclass(frozen=True)
class Needs:
    """What objects need from elsewhere, sorted by how it is answered."""

    wrapped: tuple[str, ...]
    stubbed: tuple[str, ...]


def library(toolchain: Toolchain) -> Library:
    """The runtime, built if it is not there yet. Errors: GraderFault when it does not build."""
    sources = [
        source
        for part in PARTS
        for source in sorted((workbook.RUNTIME / part).glob("*.[cS]"))
        if source not in LEFT_OUT
    ]
    # Not explorer/ itself: its threads.h would stand before the C library's.
    includes = [workbook.RUNTIME / "explorer" / "include", workbook.RUNTIME / "history"]
    with ThreadPoolExecutor() as pool:
        jobs = [
            pool.submit(toolchain.own_object, source, FLAVOURS[source.parent.name], includes)
            for source in sources
        ]
        objects = [job.result() for job in jobs]
    flags = ("-shared", f"-Wl,-soname,{LIBRARY_NAME}", "-Wl,-z,now,-z,defs", "-lm")
    path = toolchain.binary(objects, "gcc", flags)
    names = toolchain.once("explorer-symbols", digest_of(path.name), lambda: exported(path))
    wraps = frozenset(name.removeprefix(WRAP) for name in names if name.startswith(WRAP))
    return Library(path, wraps, frozenset(names))


def link(
    toolchain: Toolchain,
    runtime: Library,
    objects: Sequence[Compiled],
    flags: Sequence[str] = (),
    fenced: fence.Fenced = fence.NOTHING,
) -> Program:
    """Link instrumented objects with the runtime.

    fenced: more of them, whose accesses and calls are looked at (a submission's).
    flags: more for the linker; with a library among them, whatever the system's C library does not
    have is expected of it, and is not modelled.
    Errors: GraderFault when they do not link, with the linker's words.
    """
    objects = [*fenced.submitted, *fenced.foundations, *objects]
    paths = [item.object for item in objects if item.object]
    outside = any(not flag.startswith("-") or flag.startswith("-l") for flag in flags)
    needs = needs_of(paths, runtime, outside)
    # Where nothing is found that could be run, the linker says that there is no main.
    has_main = outside or _define_main(paths) or not _have_scenarios(paths)
    ours = [toolchain.own_object(ENTRY, BEFORE_MAIN if has_main else STUBS)]
    if needs.stubbed:
        ours.append(_stubs(toolchain, needs.stubbed))
    names = (*(["main"] if has_main else ()), *needs.wrapped, *needs.stubbed)
    wraps = [f"-Wl,--wrap={name}" for name in names]
    command = (*LINK, *wraps, str(runtime.path), *flags, "-lm", "-pthread")
    enclosed = fence.enclose(toolchain, fenced, objects[fenced.count :])
    return Program(
        toolchain.binary([*enclosed, *ours], "gcc", command), runtime.path, needs.stubbed
    )


def _define_main(objects: Iterable[Path]) -> bool:
    return any(
        symbol.name == "main" and symbol.is_defined and symbol.binding != "local"
        for path in objects
        for symbol in Object(path).symbols
    )


def _have_scenarios(objects: Iterable[Path]) -> bool:
    return any(section.name == "scenarios" for path in objects for section in Object(path).sections)


def needs_of(objects: Iterable[Path], runtime: Library, outside: bool = False) -> Needs:
    """Sort what the objects need: modelled, harmless, or to be stubbed.

    A name that neither the runtime nor the C library has is left to the linker, which says where
    it is missing; with `outside`, some library has it, and it is stubbed.
    """
    defined: set[str] = set()
    needed: set[str] = set()
    weak: set[str] = set()
    for path in objects:
        for symbol in Object(path).symbols:
            if symbol.binding == "local" or not symbol.name:
                continue
            if symbol.is_defined:
                defined.add(symbol.name)
            else:
                (weak if symbol.binding == "weak" else needed).add(symbol.name)
    wanted = (needed | weak) - defined
    wrapped = wanted & runtime.modelled
    rest = needed - defined - wrapped - runtime.defined
    unknown = {name for name in rest if not is_harmless(name)}
    system = system_functions()
    stubbed = unknown if outside else {n for n in unknown if n in system or CRITERION.match(n)}
    return Needs(tuple(sorted(wrapped)), tuple(sorted(stubbed)))


def exported(path: Path) -> list[str]:
    """The names that a shared object defines for others. Errors: GraderFault."""
    return sorted(name for name, _ in _dynamic(path))


@lru_cache
def system_functions() -> frozenset[str]:
    """The functions and objects of this system's C library."""
    names: set[str] = set()
    for name in SYSTEM:
        done = subprocess.run(
            ["gcc", f"-print-file-name={name}"], capture_output=True, text=True, check=False
        )
        names.update(symbol for symbol, _ in _dynamic(Path(done.stdout.strip())))
    return frozenset(names)


def _dynamic(path: Path) -> list[tuple[str, str]]:
    command = ["nm", "-D", "--defined-only", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    if done.returncode != 0:
        raise GraderFault(f"{' '.join(command)}: {done.stderr.strip()}")
    rows = [line.split() for line in done.stdout.splitlines()]
    return [(row[2].split("@")[0], row[1]) for row in rows if len(row) == 3]


def _stubs(toolchain: Toolchain, names: Sequence[str]) -> Compiled:
    """An object in which each of these functions says that it is not modelled."""
    text = stub_source(names)
    with tempfile.TemporaryDirectory(prefix=owner.prefix()) as scratch:
        source = Path(scratch) / "stubs.c"
        source.write_text(text, encoding="utf-8")
        return toolchain.own_object(source, STUBS)


def stub_source(names: Sequence[str]) -> str:
    """The C text of the stubs. A stub keeps a frame, so that its caller can be found."""
    lines = ["/* stubs.c - calls that the explorer does not model. */"]
    lines.append("_Noreturn void explorer_not_modelled(const char *name);")
    for name in names:
        lines.append(f"void {WRAP}{name}(void);")
        lines.append(f'void {WRAP}{name}(void) {{ explorer_not_modelled("{name}"); }}')
    return "\n".join(lines) + "\n"
