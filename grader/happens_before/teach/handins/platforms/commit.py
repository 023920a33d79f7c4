"""What a repository's HEAD is, when it and those before it were committed, and what is not.

The repository is its owner's: its configuration can name programs that git would start, its objects
can inflate without end. So git runs in the sandbox: with the repository alone, read-only, without a
network and within limits; and what it prints is only believed if it has the form of a name and a
time.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from os import cpu_count
from pathlib import Path

from happens_before.core.errors import GraderFault
from happens_before.sandbox import Command, Limits, Outcome, Sandbox, find_sandbox

GIT = "/usr/bin/git"
INSIDE = "/repository"
MOST = 100  # commits before HEAD's that are looked at
CHANGED = b"changed:"
# Root's sandbox runs as another user, whose repository it is not: only the command line may allow it.
SCRIPT = f"""
git() {{ {GIT} -c 'safe.directory=*' -c core.fsmonitor=false --no-pager -C {INSIDE} "$@"; }}
git log -{MOST + 1} --first-parent --no-show-signature --format='%H %cI' HEAD -- &&
echo {CHANGED.decode()} && git status --porcelain --untracked-files=no | head -n 1
"""
LIMITS = Limits(wall_s=20, cpu_s=10, memory_mb=512, processes=8, output_kb=16)
COMMIT = re.compile(
    rb"([0-9a-f]{40}|[0-9a-f]{64}) (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d))"
)


@dataclass(frozen=True)
class Commit:
    """HEAD's commit: its time, and its name; or None, and why it is not known, as a sentence.

    earlier: the times of up to MOST commits before it, oldest first. changed: files that git knows
    are not as they were committed.
    """

    time: datetime | None
    problem: str = ""
    name: str = ""
    earlier: tuple[datetime, ...] = ()
    changed: bool = False


def read_all(repositories: Sequence[Path], sandbox: Sandbox | None = None) -> list[Commit]:
    """The time of each repository, in their order.

    sandbox: where git runs; default: this machine's. Errors: GraderFault without git or a sandbox.
    """
    if not repositories:
        return []
    if not Path(GIT).exists():
        raise GraderFault(f"{GIT} is not there: `make setup` installs it.")
    chosen = sandbox or find_sandbox(allow_none=False)
    with ThreadPoolExecutor(cpu_count() or 1) as pool:
        return list(pool.map(lambda repository: read(repository, chosen), repositories))


def read(repository: Path, sandbox: Sandbox) -> Commit:
    """The time of one repository. Errors: SandboxError."""
    command = Command(
        ("/bin/sh", "-c", SCRIPT),
        limits=LIMITS,
        read_only=((repository.resolve(), INSIDE),),
        environment={"GIT_CONFIG_NOSYSTEM": "1", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C.UTF-8"},
    )
    outcome = sandbox.run(command)
    log, told, status = outcome.stdout.partition(CHANGED + b"\n")  # told: the log came to its end
    found = [COMMIT.fullmatch(line) for line in log.splitlines()] or [None]
    if not told or not found[0]:
        return Commit(None, f"the time of its commit is not known: {_why(outcome)}.")
    times = [_time(each[2].decode()) for each in found if each]
    if not times[0]:
        return Commit(None, "the time of its commit is none that a calendar has.")
    earlier = tuple(sorted(time for time in times[1:] if time and time <= times[0]))
    return Commit(times[0], "", found[0][1].decode(), earlier, bool(status))


def _time(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _why(outcome: Outcome) -> str:
    if outcome.stopped_by:
        return f"git was stopped ({outcome.stopped_by})"
    words = outcome.stderr.decode("utf-8", "replace")
    if "ermission denied" in words:
        return "its files cannot be read by everybody (chmod -R a+rX mends it)"
    first = "".join(c for c in words.partition("\n")[0] if c.isprintable())
    return f"git says '{first[:100]}'" if first else "git printed no time"
