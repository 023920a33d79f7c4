"""Bombs inside a real lesson: each judge gives a verdict, and the same one again."""

from __future__ import annotations

import pytest

from happens_before.commands.check import make_grader
from happens_before.core import unit as units
from happens_before.core import workbook
from happens_before.core.pipeline import Selection
from happens_before.core.report import Status, UnitReport
from happens_before.core.submission import UnitFiles
from happens_before.maintain import variants

RUNNING = {"tests", "tsan", "helgrind", "memcheck", "explore"}
ON = "static volatile int on = 1;\n"
DEEP = ON + "static int deep(int n) { return on ? deep(n + 1) + n : n; }\n"
LOCK = "void mutex_lock(struct mutex *mutex) {\n"
# What stands before mutex_lock, what it begins with, and how each judge's checks may fail.
BOMBS = {
    "loop": (ON, "while (on) {}", {"endless-loop"}),
    "recursion": (DEEP, "on = deep(1);", {"crash", "stack-overflow"}),
    "stack": (
        "static volatile int at = 1 << 29;\n",
        "volatile char big[1 << 30]; big[at] = 1;",
        {"crash", "stack-overflow"},
    ),
    "memory": (
        "static char big[1L << 33];\n",
        "for (long n = 0; n < 1L << 33; n++) big[n] = 1;",
        {"not-run"},
    ),
    "spin": (
        "",
        "while (!take(mutex)) {} while (!take(mutex)) {}",
        {"endless-loop", "spinning", "livelock", "deadlock", "fail", "no-panic"},
    ),
}


def graded(files: UnitFiles) -> UnitReport:
    unit = units.load(workbook.find_unit("04-mutex"))
    return make_grader(fresh=True).grade_unit(unit, files, Selection(), lambda _: None)


@pytest.mark.long
@pytest.mark.parametrize("name", sorted(BOMBS))
def test_a_bomb_in_a_lock_gets_one_verdict_from_each_judge(name: str) -> None:
    before, does, ways = BOMBS[name]
    reference = variants.reference(units.load(workbook.find_unit("04-mutex"))).files["mutex.c"]
    text = reference.decode()
    assert text.count(LOCK) == 1
    files = UnitFiles({"mutex.c": text.replace(LOCK, f"{before}{LOCK}    {does}\n").encode()}, ())
    once, again = graded(files), graded(files)
    verdicts = [
        [(r.check.name, r.status, r.how) for r in report.results] for report in (once, again)
    ]
    assert verdicts[0] == verdicts[1]
    failed = {r.check.judge: set() for r in once.results}  # type: ignore[var-annotated]
    for result in once.results:
        assert result.status is not Status.UNGRADED, result.happened
        if result.status is Status.FAIL:
            failed[result.check.judge].add(result.how)
    for judge in RUNNING:
        assert failed[judge] and failed[judge] <= ways, (judge, failed[judge])
