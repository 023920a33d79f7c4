"""Programs under test, built as the workbook builds them, and explored.

Objects and links are kept by content in the workbook's cache; what is laid out to run is in a
scratch directory, each program beside the runtime that it is linked with.
"""

from __future__ import annotations

import atexit
import json
import os
import shutil
import subprocess
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from happens_before.core import workbook
from happens_before.core.cache import Cache, digest_of
from happens_before.core.compilers import compiler_key
from happens_before.core.toolchain import Compiled, Toolchain
from happens_before.explore import build, runner, sources
from happens_before.explore.assembly import Opaque
from happens_before.litmus import printer
from happens_before.litmus.program import Program

HERE = Path(__file__).resolve().parent
RUNTIME_HEADERS = ("include", "explorer/include")
# The environment is the same in every execution; that is for the programs here to know.
SELECTION = """
extern char **environ;
char *getenv(const char *name) {
    for (char **entry = environ; *entry; entry++) {
        const char *n = name, *e = *entry;
        while (*n && *n == *e) n++, e++;
        if (!*n && *e == '=') return (char *)e + 1;
    }
    return NULL;
}
"""
SECONDS = 150  # after which a run is given up: none should take so long on a busy machine
Item = TypeVar("Item")
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Run:
    """How one exploration ended."""

    exit_code: int
    found: dict[str, Any] = field(default_factory=dict)  # the raw JSON; empty if none was written
    errors: str = ""
    output: str = ""

    @property
    def states(self) -> Counter[str]:
        """The final states, each with the number of its executions."""
        return Counter({item["state"]: item["executions"] for item in self.found["outcomes"]})

    @property
    def fault(self) -> dict[str, Any]:
        """The fault; a test that asks for it wants one."""
        fault: dict[str, Any] | None = self.found["fault"]
        assert fault is not None, f"no fault: {self.found['verdict']}"
        return fault

    def stable(self) -> dict[str, Any]:
        """What must be the same in every run."""
        return {key: value for key, value in self.found.items() if key != "seconds"}


@lru_cache
def toolchain() -> Toolchain:
    """The toolchain of everybody who explores."""
    return sources.own_toolchain()


@lru_cache
def scratch() -> Path:
    """A directory that is gone when the tests are."""
    path = Path(tempfile.mkdtemp(prefix="explorer-tests-"))
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path


@lru_cache
def runtime() -> build.Library:
    """The runtime as it stands."""
    return build.library(toolchain())


# --- building -------------------------------------------------------------------------------------

_locks: dict[str, threading.Lock] = {}
_guard = threading.Lock()


def _lock(key: str) -> threading.Lock:
    with _guard:
        return _locks.setdefault(key, threading.Lock())


@lru_cache
def _front_end_key(compiler: str) -> str:
    """All that an object depends on beside its source: compiler, how it is called, headers."""
    modules = Path(sources.__file__).parent.glob("*.py")
    headers = [h for part in RUNTIME_HEADERS for h in (workbook.RUNTIME / part).rglob("*.h")]
    texts = [path.read_bytes() for path in sorted([*modules, *headers])]
    return digest_of(compiler_key(compiler), *texts)


def compiled(
    file: Path, flags: Sequence[str] = (), compiler: str = "clang"
) -> tuple[list[Compiled], list[Opaque]]:
    """The file's object, or the inline assembly that forbids to run it.

    Errors: sources.CompileError.
    """
    near = [path.read_bytes() for path in sorted(file.parent.glob("*.h"))]
    key = digest_of("explored", _front_end_key(compiler), file.read_bytes(), *near, *flags)
    cache = Cache(workbook.CACHE)
    with _lock(key):
        if path := cache.find("object", key):
            return [Compiled(path, key)], []
        with tempfile.TemporaryDirectory(dir=scratch()) as directory:
            flags = (*flags, "-w", f"-I{file.parent}")
            objects, opaque = sources.compile_all([file], compiler, flags, Path(directory))
            if opaque or not objects[0].object:
                return [], opaque
            return [Compiled(cache.keep_file("object", key, objects[0].object), key)], []


def built(file: Path, flags: Sequence[str] = (), compiler: str = "clang") -> Path | None:
    """The program, linked and laid out; None if its assembly forbids to run it."""
    objects, opaque = compiled(file, flags, compiler)
    if opaque:
        return None
    program = build.link(toolchain(), runtime(), objects)
    return lay_out(program.path, program.library)


def lay_out(program: Path, library: Path) -> Path:
    """The program beside a runtime; one directory a runtime, one file a program."""
    directory = scratch() / digest_of(library)[:16]
    with _lock(str(directory)):
        if not directory.is_dir():
            directory.mkdir()
            shutil.copy2(library, directory / build.LIBRARY_NAME)
        path = directory / digest_of(program)[:16]
        if not path.exists():
            shutil.copy2(program, path)
            path.chmod(0o755)
        return path


def built_programs(programs: Sequence[Program], compiler: str = "clang") -> Path:
    """One executable with all these programs; run() selects one by its index."""
    text = printer.c_source(programs) + SELECTION
    file = scratch() / digest_of(text)[:16] / "programs.c"
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, encoding="utf-8")
    path = built(file, (), compiler)
    assert path is not None
    return path


# --- running --------------------------------------------------------------------------------------


def run(
    program: Path, *arguments: object, environment: Mapping[str, str] | None = None, index: int = 0
) -> Run:
    """Explore; `index` selects a program of built_programs()."""
    with tempfile.TemporaryDirectory(dir=scratch()) as directory:
        results = Path(directory) / "results.json"
        done = subprocess.run(
            [str(program), *map(str, arguments), "--json", str(results)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env={**runner.ENVIRONMENT, printer.SELECTOR: str(index), **(environment or {})},
            timeout=SECONDS,
            check=False,
        )
        errors, output = (text.decode("utf-8", "replace") for text in (done.stderr, done.stdout))
        found = json.loads(results.read_text("utf-8", "replace")) if results.exists() else {}
        return Run(done.returncode, found, errors, output)


def each(work: Callable[[Item], Answer], items: Iterable[Item]) -> list[Answer]:
    """work(item) for all items, as many at a time as there are processors."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(work, items))
