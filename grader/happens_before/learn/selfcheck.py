"""Does each tool work here? Each is shown a planted fault, and must find it at its line.

The programs are the files of grader/selfcheck: compiled once, kept in the cache, run in the sandbox.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from happens_before.core import workbook
from happens_before.core.cache import Cache, digest_of
from happens_before.core.errors import GraderFault
from happens_before.sandbox import Command, Limits, Outcome, Sandbox

SOURCES = Path(__file__).resolve().parents[2] / "selfcheck"
MARK = "/* the planted race */"
LIMITS = Limits(wall_s=20, cpu_s=20, memory_mb=1024, processes=64, output_kb=64)


@dataclass(frozen=True)
class Checked:
    """What came of one self-check. seconds: of running alone, without compiling."""

    tool: str
    works: bool
    text: str
    seconds: float


def check_all(sandbox: Sandbox) -> list[Checked]:
    """Run every self-check, side by side."""
    checks = (
        ("ThreadSanitizer", _tsan),
        ("Helgrind", _helgrind),
        ("Criterion", _criterion),
    )
    with ThreadPoolExecutor(len(checks)) as pool:
        begun = [pool.submit(_guarded, tool, check, sandbox) for tool, check in checks]
        return [future.result() for future in begun]


def _guarded(tool: str, check: Callable[[Sandbox], Checked], sandbox: Sandbox) -> Checked:
    try:
        return check(sandbox)
    except (GraderFault, OSError) as error:
        return Checked(tool, False, str(error), 0.0)


def _tsan(sandbox: Sandbox) -> Checked:
    program = _build("clang", ("-fsanitize=thread",), ("race.c",))
    return _race_found(
        "ThreadSanitizer", sandbox, program, (), "WARNING: ThreadSanitizer: data race"
    )


def _helgrind(sandbox: Sandbox) -> Checked:
    program = _build("gcc", (), ("race.c",))
    tool = ("/usr/bin/valgrind", "--tool=helgrind")
    return _race_found("Helgrind", sandbox, program, tool, "Possible data race")


def _race_found(
    tool: str, sandbox: Sandbox, program: Path, before: tuple[str, ...], words: str
) -> Checked:
    outcome, seconds = _run(sandbox, program, before)
    said = (outcome.stdout + outcome.stderr).decode("utf-8", "replace")
    place = f"race.c:{_marked_line()}"
    if words in said and place in said:
        return Checked(tool, True, f"finds a planted race at {place}", seconds)
    if words in said:
        return Checked(tool, False, f"finds the planted race, but not its line {place}", seconds)
    return Checked(tool, False, f"does not find the planted race: {_ending(outcome)}", seconds)


def _criterion(sandbox: Sandbox) -> Checked:
    flags = ("-fsanitize=thread", "-lcriterion")
    program = _build("clang", flags, ("runs.c", "arena.c"))
    outcome, seconds = _run(sandbox, program, ())
    said = (outcome.stdout + outcome.stderr).decode("utf-8", "replace")
    if outcome.exit_code == 0 and "Passing: 1" in said and not outcome.stopped_by:
        return Checked("Criterion", True, "runs a test under ThreadSanitizer", seconds)
    return Checked("Criterion", False, f"cannot run a test: {_ending(outcome)}", seconds)


def _run(sandbox: Sandbox, program: Path, before: tuple[str, ...]) -> tuple[Outcome, float]:
    command = Command(
        (*before, "/program"),
        LIMITS,
        read_only=((program, "/program"),),
        # Lines by addr2line, as the grader does: clang's symbolizer is another package.
        environment={
            "TSAN_OPTIONS": "exitcode=66:allow_addr2line=1:external_symbolizer_path=/usr/bin/addr2line",
            "LC_ALL": "C.UTF-8",
        },
        personality=True,
    )
    started = time.monotonic()
    outcome = sandbox.run(command)
    return outcome, time.monotonic() - started


def _ending(outcome: Outcome) -> str:
    how = outcome.stopped_by or f"exit code {outcome.exit_code}"
    words = outcome.stderr.decode("utf-8", "replace").strip().splitlines()
    return f"{how}; {words[-1] if words else 'no word'}"


def _marked_line() -> int:
    """The number of the line of race.c that carries the mark."""
    lines = (SOURCES / "race.c").read_text(encoding="utf-8").splitlines()
    return 1 + next(number for number, line in enumerate(lines) if MARK in line)


def _build(compiler: str, flags: tuple[str, ...], sources: tuple[str, ...]) -> Path:
    """The program, from the cache where it is there. Errors: GraderFault with the compiler's words."""
    path = Path("/usr/bin") / compiler
    if not path.exists():
        raise GraderFault(f"{compiler} is not installed: `make setup` installs it.")
    state = path.resolve().stat()
    texts = [(SOURCES / name).read_bytes() for name in sources]
    key = digest_of("selfcheck", compiler, state.st_mtime_ns, state.st_size, *flags, *texts)
    cache = Cache(workbook.CACHE)
    if found := cache.find("binary", key):
        return found
    with tempfile.TemporaryDirectory() as directory:
        out = Path(directory) / "program"
        command = [str(path), "-std=c17", "-g", "-O1", *sources, "-o", str(out), "-pthread", *flags]
        done = subprocess.run(command, cwd=SOURCES, capture_output=True, text=True, check=False)
        if done.returncode:
            words = (done.stderr.strip().splitlines() or ["no word"])[-1]
            raise GraderFault(f"{compiler} cannot build {sources[0]}: {words}")
        return _kept(cache, key, out)


def _kept(cache: Cache, key: str, program: Path) -> Path:
    """The program in the cache, or beside it when the cache cannot be written."""
    try:
        return cache.keep_file("binary", key, program)
    except OSError:
        handle, name = tempfile.mkstemp(prefix="happens-before-selfcheck-")
        with os.fdopen(handle, "wb") as stream:
            stream.write(program.read_bytes())
        os.chmod(name, 0o755)
        return Path(name)
