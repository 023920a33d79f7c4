"""Running a built program on the explorer, and believing only its JSON."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from happens_before.core.errors import GraderFault, InputError
from happens_before.explore.build import LIBRARY_NAME, Program
from happens_before.explore.words import EXIT_STATUS

PROGRAM_NAME = "program"
USAGE, NOT_MODELLED = 2, 4
# All of its environment: what a program reads from it must be the same in every exploration.
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/"}
WORDS_KEPT = 2000  # characters of what a failed run printed


def lay_out(program: Program, directory: Path) -> Path:
    """Put program and runtime beside each other, where they find each other. Returns the program."""
    path = directory / PROGRAM_NAME
    shutil.copy2(program.path, path)
    shutil.copy2(program.library, directory / LIBRARY_NAME)
    path.chmod(0o755)
    directory.chmod(0o755)
    return path


def explore(
    program: Path,
    arguments: Sequence[str],
    output: int | TextIO = subprocess.DEVNULL,
    patience_s: float | None = None,
) -> dict[str, Any]:
    """Explore; returns the raw JSON.

    output: where the program's own output goes. patience_s: end it by force after so long.
    Errors: InputError for options that the program refuses; GraderFault when the explorer fails.
    """
    results = program.parent / "results.json"
    results.unlink(missing_ok=True)
    command = [str(program), *arguments, "--json", str(results)]
    with _started(command, output) as process:
        try:
            _, errors = process.communicate(timeout=patience_s)
        except subprocess.TimeoutExpired:
            told = f"the exploration did not end by itself within {patience_s:g} s."
            raise GraderFault(f"{told} Is there a loop that calls and shares nothing?") from None
    text = errors.decode("utf-8", "replace")
    if process.returncode in EXIT_STATUS.values():
        sys.stderr.write(text)
    return read_results(results, process.returncode, text)


def read_results(file: Path, exit_code: int, errors: str) -> dict[str, Any]:
    """The raw JSON of a run that ended so. Errors: as explore()."""
    said = errors.strip()[-WORDS_KEPT:]
    if exit_code == USAGE:
        raise InputError(said.removeprefix("explorer: ") or "the program refuses its options.")
    if exit_code < 0:
        name = signal.Signals(-exit_code).name
        raise GraderFault(f"the explorer itself died of {name}. {said}".strip())
    try:
        raw = json.loads(file.read_text("utf-8", "replace"))
    except FileNotFoundError:
        raise GraderFault(f"the explorer ended without a result. {said}".strip()) from None
    except ValueError as error:
        raise GraderFault(f"the explorer's results break off ({error}). {said}".strip()) from None
    expected = EXIT_STATUS.get(str(raw.get("verdict"))) if isinstance(raw, dict) else None
    if expected is None or expected != exit_code:
        raise GraderFault(f"the explorer's results and its exit status {exit_code} disagree.")
    return dict(raw)


def list_scenarios(program: Path) -> int:
    """Print the program's scenarios. Returns the exit status."""
    return subprocess.run([str(program), "--list"], env=ENVIRONMENT, check=False).returncode


@contextmanager
def _started(command: list[str], output: int | TextIO) -> Iterator[subprocess.Popen[bytes]]:
    """The process; gone when the block is left, however it is left."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.PIPE,
        env=ENVIRONMENT,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(timeout=1)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
