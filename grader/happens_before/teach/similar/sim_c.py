"""sim_c, called: which runs of tokens some C files share."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from happens_before.core.errors import GraderFault
from happens_before.learn.packages import PATH

JOBS = os.cpu_count() or 1
SHORTEST = 24  # tokens of a run; sim_c's own default
LIMIT_S = 300.0
MAX_BYTES = 60_000  # of one file: twice our longest; what repeats itself takes quadratic time
SIZE = re.compile(r"^File (?P<file>\S+): (?P<tokens>\d+) tokens", re.M)
RUN = re.compile(
    r"^(?P<one>\S+): line (?P<first>\d+)-(?P<last>\d+) +"
    r"\|(?P<two>\S+): line (?P<two_first>\d+)-(?P<two_last>\d+) *\[(?P<tokens>\d+)\]",
    re.M,
)


@dataclass(frozen=True)
class Run:
    """Tokens that follow each other in both of two files; lines count from 1."""

    one: str
    first: int
    last: int
    two: str
    two_first: int
    two_last: int
    tokens: int


def against(directory: Path, file: str, known: Sequence[str]) -> tuple[dict[str, int], list[Run]]:
    """How many tokens each file has, and the runs that one shares with each of the known ones.

    Names are of files in `directory`, plain. Errors: GraderFault when sim_c fails or is not there.
    """
    return _called(directory, ["-e", "-S"], [file, "/", *known])


def among(directory: Path, files: Sequence[str]) -> tuple[dict[str, int], list[Run]]:
    """The same for each two of the files: each pair once, in their order."""
    return _called(directory, ["-e", "-s"], files) if files else ({}, [])


def _called(
    directory: Path, options: Sequence[str], files: Sequence[str]
) -> tuple[dict[str, int], list[Run]]:
    program = shutil.which("sim_c", path=PATH)
    if not program:
        raise GraderFault("sim_c is not installed: `make setup` does it (similarity-tester).")
    command = [program, *options, "-n", "-w", "200", "-r", str(SHORTEST), "-i"]
    try:
        done = subprocess.run(
            command,
            input="\n".join(files) + "\n",
            cwd=directory,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise GraderFault(f"sim_c was stopped after {LIMIT_S:g} s.") from None
    if done.returncode != 0:
        raise GraderFault(f"sim_c failed: {done.stderr.strip() or done.returncode}")
    sizes = {match["file"]: int(match["tokens"]) for match in SIZE.finditer(done.stdout)}
    return sizes, [_run(match) for match in RUN.finditer(done.stdout)]


def _run(match: re.Match[str]) -> Run:
    lines = [int(match[name]) for name in ("first", "last", "two_first", "two_last", "tokens")]
    return Run(match["one"], lines[0], lines[1], match["two"], *lines[2:])
