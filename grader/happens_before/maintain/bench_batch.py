"""What a class costs: classes of several sizes, graded cold and warm, and what that used.

A class is made of what the workbook has (teach/example.py). Each hand-in carries its student's name
in a comment, so that no two of them are equal; `shared` leaves the name out, and then equal ones
are graded once, as in a class where everybody starts from the same skeleton.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from happens_before.core import workbook
from happens_before.core.errors import GraderFault
from happens_before.core.unit import Unit
from happens_before.teach import example
from happens_before.teach.results import Results


@dataclass(frozen=True)
class Cost:
    """What one batch used.

    items: how many were graded; wall_s: seconds by the clock; processor_s: seconds that all
    processors together worked meanwhile, for whomever: a quiet machine measures the batch;
    grader_s: of these, in the grader's own Python; largest_mb: the most memory of any one process,
    in MiB.
    """

    students: int
    items: int
    cache: str
    wall_s: float
    processor_s: float
    grader_s: float
    largest_mb: float

    def __str__(self) -> str:
        each = self.wall_s / max(self.students, 1)
        busy = self.processor_s / (self.wall_s * (os.cpu_count() or 1))
        return (
            f"{self.students:>4} submissions, {self.items:>5} items, {self.cache}: "
            f"{self.wall_s:7.1f} s, {each:6.2f} s a submission, processors {busy:4.0%} busy; "
            f"an item: {self.processor_s / max(self.items, 1):5.2f} s of processor, of these "
            f"{self.grader_s / max(self.items, 1):5.3f} s the grader's own; "
            f"largest process {self.largest_mb:.0f} MiB"
        )


def measure(
    units: Sequence[Unit], sizes: Sequence[int], options: Sequence[str] = (), shared: bool = False
) -> Iterator[Cost]:
    """Grade classes of these sizes, each cold (no cache at all) and warm (all verdicts known).

    options: of the batch command, such as --jobs 2. Errors: GraderFault when a batch leaves
    something ungraded.
    """
    pools = {unit.path: list(example.answers(unit)) for unit in units}
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="happens-before-bench-") as directory:
            place = Path(directory)
            names = [f"student-{number:03}" for number in range(size)]
            example.make_class(place / "class", names, pools, shared)
            for cache in ("cold", "warm"):
                yield _run(place, size, cache, [unit.name for unit in units], options)


def _run(place: Path, size: int, cache: str, units: Sequence[str], options: Sequence[str]) -> Cost:
    out = place / f"results-{cache}"
    command = [sys.executable, str(workbook.ROOT / "grader" / "grade"), "teach", "batch"]
    command += [str(place / "class"), "--out", str(out), "--units", ",".join(units), *options]
    environment = {**os.environ, workbook.CACHE_VARIABLE: str(place / "cache")}
    started, before = time.monotonic(), _worked_s()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    wall_s, processor_s = time.monotonic() - started, _worked_s() - before
    if done.returncode != 0:
        raise GraderFault(f"the batch ended with {done.returncode}:\n{done.stderr[-2000:]}")
    results = Results.open(out)
    keys = [file.parent.name for file in (out / "items").glob("*/result.json")]
    return Cost(
        size,
        len(keys),
        cache,
        wall_s,
        processor_s,
        sum(results.run(key).get("grader_s", 0.0) for key in keys),
        resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024,
    )


def _worked_s() -> float:
    """Seconds that all processors together have worked since the machine started.

    What the kernel adds up for a parent of its children, getrusage, lacks most of what ran in a
    sandbox: 2.3 of 9.2 s an item were left.
    """
    fields = Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()
    user, nice, system, _, _, irq, softirq = (int(field) for field in fields[1:8])
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")
