"""Compiling and linking, kept by content.

A submission's code is compiled in the sandbox, with nothing in sight but itself, the unit's headers
and the system's; the workbook's own code is compiled beside it. Every output is named by the digest
of all that went into it, so nothing is ever built twice.
"""

from __future__ import annotations

import re
import tempfile
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from happens_before.core import trusted, workbook
from happens_before.core.cache import Cache, digest_of
from happens_before.core.compilers import (
    INSTRUMENTED,
    PLAIN,
    PLAIN_WORDS,
    RUNTIME,
    WARNINGS,
    Diagnostic,
    Flavour,
    compiler_key,
    flavour_key,
    object_command,
    parse,
)
from happens_before.core.errors import Cancelled, GraderFault
from happens_before.sandbox import Command, Limits, Outcome, Sandbox, owner

__all__ = [
    "INSTRUMENTED",
    "PLAIN",
    "RUNTIME",
    "Compiled",
    "Diagnostic",
    "Flavour",
    "Toolchain",
    "compiler_key",
]

# Processor time decides; the wall clock only ends what sleeps, so that a busy machine fails nobody.
COMPILE_LIMITS = Limits(
    wall_s=60, cpu_s=10, memory_mb=1024, processes=32, output_kb=128, disk_mb=32
)
LINKER = ("-fuse-ld=lld",)  # a third of the time that GNU ld takes to link libtsan
MAX_SOURCE_BYTES = 8 << 20  # of one preprocessed file


@dataclass(frozen=True)
class Compiled:
    """What came of compiling one file:

    an object, unless `stopped` or an error among the diagnostics says why not.
    """

    object: Path | None
    key: str
    diagnostics: tuple[Diagnostic, ...] = ()
    stopped: str = ""  # a limit that the compiler ran into, or ""


class Toolchain:
    """Compiles and links through a cache.

    Safe to use from several threads; equal work is done once.
    """

    def __init__(
        self,
        cache: Cache,
        sandbox: Sandbox,
        slots: threading.Semaphore,
        cancel: threading.Event | None = None,
    ) -> None:
        self._cache, self._sandbox, self._slots, self._cancel = cache, sandbox, slots, cancel
        self._locks: dict[str, threading.Lock] = {}
        self._headers: dict[Path, str] = {}
        self._own: dict[str, Path] = {}  # objects of the workbook's that were found whole
        self._stopped: dict[str, Compiled] = {}  # not kept longer: the machine may be to blame
        self._guard = threading.Lock()

    def once(self, kind: str, key: str, make: Callable[[], Any]) -> Any:
        """The kept JSON of this key, or what `make` gives, kept; made once among threads."""
        with self._lock(f"{kind} {key}"):
            kept = self._cache.read_json(kind, key)
            if kept is None:
                kept = make()
                self._cache.keep_json(kind, key, kept)
            return kept

    def own_object(self, source: Path, flavour: Flavour, includes: Sequence[Path] = ()) -> Compiled:
        """Compile a file of the workbook itself. Errors: GraderFault when it does not compile."""
        every = (*includes, workbook.RUNTIME / "include")
        key = digest_of(
            "own",
            source.read_bytes(),
            source.name,
            flavour_key(flavour),
            *map(self._headers_key, (*every, source.parent)),
        )
        with self._lock(key):
            known = self._own.get(key)
            if known and known.is_file():
                return Compiled(known, key)
            if path := self._cache.find("object", key):
                self._own[key] = path
                return Compiled(path, key)
            with tempfile.TemporaryDirectory(prefix=owner.prefix()) as scratch:
                out = Path(scratch) / "out.o"
                flags = (*_include_flags(every), _prefix_map(source))
                command = object_command(flavour, source.name, str(out), flags)
                self._run_own(command, source.parent)
                return Compiled(self._cache.keep_file("object", key, out), key)

    def submitted_object(self, name: str, staged: Path, digest: str, flavour: Flavour) -> Compiled:
        """Compile a submitted file in the sandbox.

        staged: a directory with the submission's files and the unit's headers; digest: of all of
        it.
        """
        key = self._submitted_key("submitted", name, digest, flavour)
        with self._lock(key):
            if key in self._stopped:
                return self._stopped[key]
            kept = self._cache.read_json("compiled", key)
            if kept is not None:
                path = self._cache.find("object", key)
                if path or not kept["object"]:
                    diagnostics = tuple(Diagnostic(**item) for item in kept["diagnostics"])
                    return Compiled(path, key, diagnostics)
            return self._compile_submitted(name, staged, key, flavour)

    def preprocessed(self, name: str, staged: Path, digest: str, flavour: Flavour) -> str | None:
        """A submitted file's text behind the preprocessor, with its line markers and #defines.

        None: it does not get there within the limits, or not within MAX_SOURCE_BYTES.
        """
        key = self._submitted_key("preprocessed", name, digest, flavour)

        def run() -> dict[str, str | None]:
            with tempfile.TemporaryDirectory(prefix=owner.prefix()) as scratch:
                outcome = self._run_compiler(flavour, ("-E", "-dD"), name, staged, Path(scratch))
                if outcome.stopped_by == "cancelled":
                    raise Cancelled
                out = Path(scratch) / "out"
                if outcome.exit_code != 0 or outcome.stopped_by or not out.is_file():
                    return {"text": None}
                too_large = out.stat().st_size > MAX_SOURCE_BYTES
                if too_large:
                    return {"text": None}
                return {"text": outcome.as_inside(out.read_text("utf-8", "replace"))}

        text = self.once("preprocessed", key, run)["text"]
        return None if text is None else str(text)

    def _submitted_key(self, what: str, name: str, digest: str, flavour: Flavour) -> str:
        headers = self._headers_key(workbook.RUNTIME / "include")
        return digest_of(what, name, digest, flavour_key(flavour), headers)

    def _run_compiler(
        self, flavour: Flavour, mode: tuple[str, ...], name: str, staged: Path, scratch: Path
    ) -> Outcome:
        flags = (
            *(*WARNINGS, *PLAIN_WORDS[flavour.compiler], "-I.", "-I/include"),
            "-ffile-prefix-map=/unit=.",
            "-ffile-prefix-map=/include=./grader/runtime/include",
        )
        argv = object_command(flavour, name, "/scratch/out", flags)
        if mode:
            compiler = f"/usr/bin/{flavour.compiler}"
            argv = (compiler, *flavour.flags, *mode, *flags, name, "-o", "/scratch/out")
        command = Command(
            argv=argv,
            limits=COMPILE_LIMITS,
            read_only=((staged, "/unit"), (workbook.RUNTIME / "include", "/include")),
            scratch=scratch,
            directory="/unit",
            environment={"LC_ALL": "C.UTF-8", "TMPDIR": "/tmp"},
        )
        with self._slots:
            return self._sandbox.run(command, self._cancel)

    def _compile_submitted(self, name: str, staged: Path, key: str, flavour: Flavour) -> Compiled:
        with tempfile.TemporaryDirectory(prefix=owner.prefix()) as scratch:
            outcome = self._run_compiler(flavour, (), name, staged, Path(scratch))
            words = outcome.stderr.decode("utf-8", "replace")
            diagnostics = parse(flavour.compiler, words)
            if outcome.stopped_by == "cancelled":
                raise Cancelled
            out = Path(scratch) / "out"
            made = outcome.exit_code == 0 and out.is_file()
            silent = not made and not any(d.severity == "error" for d in diagnostics)
            # A compiler that is refused memory may just end, before the sandbox has to end it.
            starved = silent and outcome.peak_mb >= COMPILE_LIMITS.memory_mb * 0.99
            if limit := outcome.stopped_by or ("memory" if starved else ""):
                return self._stopped.setdefault(key, Compiled(None, key, diagnostics, limit))
            if silent:
                raise GraderFault(f"{flavour.compiler} failed without a word on {name}: {words}")
            path = self._cache.keep_file("object", key, out) if made else None
        kept = {"object": made, "diagnostics": [vars(item) for item in diagnostics]}
        self._cache.keep_json("compiled", key, kept)
        return Compiled(path, key, diagnostics)

    def declared(self, headers: Sequence[Path], includes: Sequence[Path]) -> tuple[str, ...]:
        """The functions that these headers of the workbook declare, as the compiler reads them.

        includes: where the headers stand that they include, beside the runtime's.

        Errors: GraderFault when they do not compile.
        """
        every = (workbook.RUNTIME / "include", *includes)
        key = digest_of(
            "declared",
            *(h.read_bytes() for h in headers),
            compiler_key("gcc"),
            *map(self._headers_key, every),
        )

        def ask() -> list[str]:
            with tempfile.TemporaryDirectory(prefix=owner.prefix()) as scratch:
                source, list_file = Path(scratch) / "all.c", Path(scratch) / "all.txt"
                source.write_text("".join(f'#include "{h}"\n' for h in headers), encoding="utf-8")
                flags = ("-std=c17", "-fsyntax-only", "-aux-info", str(list_file))
                self._run_own(["gcc", *flags, *_include_flags(every), str(source)], every[0])
                text = list_file.read_text(encoding="utf-8")
            found = set()
            for header in headers:
                found |= set(re.findall(DECLARATION.format(re.escape(str(header))), text, re.M))
            return sorted(found)

        return tuple(self.once("declared", key, ask))

    def binary(self, objects: Sequence[Compiled], compiler: str, flags: Sequence[str]) -> Path:
        """Link objects into a program.

        Errors: GraderFault: the audit lets nothing pass that would not link.
        """
        tools = (compiler_key(compiler), compiler_key("ld.lld"))
        key = digest_of("binary", *tools, *flags, *(o.key for o in objects))
        with self._lock(key):
            if path := self._cache.find("binary", key):
                return path
            with tempfile.TemporaryDirectory(prefix=owner.prefix()) as scratch:
                out = Path(scratch) / "program"
                paths = [str(item.object) for item in objects]
                self._run_own([compiler, *LINKER, *paths, *flags, "-o", str(out)], Path(scratch))
                return self._cache.keep_file("binary", key, out)

    def _run_own(self, command: Sequence[str], directory: Path) -> None:
        with self._slots:
            code, errors = trusted.run(command, directory, self._cancel or threading.Event())
        if code != 0:
            raise GraderFault(f"{' '.join(command)}\n{errors.strip()}")

    def _lock(self, key: str) -> threading.Lock:
        with self._guard:
            return self._locks.setdefault(key, threading.Lock())

    def _headers_key(self, directory: Path) -> str:
        """Digest of a directory's headers; of all headers of the runtime for a part of it."""
        with self._guard:
            if directory not in self._headers:
                deep = workbook.RUNTIME in (directory, *directory.parents)
                found = workbook.RUNTIME.rglob("*.h") if deep else directory.glob("*.h")
                self._headers[directory] = digest_of(
                    *(p for f in sorted(found) for p in (f.name, f.read_bytes()))
                )
            return self._headers[directory]


def _prefix_map(source: Path) -> str:
    """A unit's files are known by their names alone, the runtime's by their place in the tree."""
    ours = source.is_relative_to(workbook.RUNTIME)
    return f"-ffile-prefix-map={workbook.ROOT if ours else source.parent}=."


def _include_flags(directories: Sequence[Path]) -> list[str]:
    return [f"-I{directory}" for directory in directories]


# gcc -aux-info: "/* FILE:LINE:NC */ extern TYPE NAME (ARGUMENTS);" for a declaration.
DECLARATION = r"^/\* {}:\d+:[NOI]C \*/ extern .*?(\w+) \((?!\*)"
