"""The programs that are built from a submission (grader/runtime/README.md has the map).

All of them are linked from the same instrumented objects: only so can the lab let their threads
run by turns, and give the same verdict each time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from happens_before.core import fence, workbook
from happens_before.core.toolchain import INSTRUMENTED, RUNTIME, Compiled
from happens_before.judges.base import Job

PARTS = ("runner", "lab", "history", "fence")  # of the runtime, in every program
BOUND = "-Wl,-z,relro,-z,now"  # the table of the libraries' functions cannot be written
COPIES = ("memcpy", "memmove", "memset", "memcmp", "bcmp")
CONTEXTS = ("getcontext", "setcontext", "makecontext", "swapcontext")
FENCED = tuple(f"-Wl,--wrap={name}" for name in (*COPIES, *CONTEXTS))


def tests_program(job: Job) -> Path:
    """The unit's tests and scenarios."""
    return _tests_program(job, fenced(job))


def answer_program(job: Job, files: Iterable[Path]) -> Path:
    """The same, with an answer of ours in the submission's place."""
    answer = job.own(files, INSTRUMENTED)
    return _tests_program(job, replace(fenced(job), submitted=answer))


def _tests_program(job: Job, answer: fence.Fenced) -> Path:
    objects = _enclosed(job, answer, with_tests=True) + _runtime(job, *PARTS, "helgrind")
    flags = ("-pie", BOUND, "-pthread", "-lcriterion", *FENCED)
    return job.toolchain.binary(objects, "gcc", flags)


def tsan_program(job: Job) -> Path:
    """The unit's tests and scenarios, on libtsan."""
    objects = _enclosed(job, fenced(job), with_tests=True) + _runtime(job, *PARTS, "tsan")
    wraps = [f"-Wl,--wrap=__tsan_{name}" for name in (*atomic_operations(), *plain_accesses())]
    flags = ("-fsanitize=thread", BOUND, "-pthread", "-lcriterion", *FENCED, *wraps)
    return job.toolchain.binary(objects, "clang", flags)


def valgrind_program(job: Job) -> Path:
    """The scenarios alone, for a tool of Valgrind."""
    objects = _enclosed(job, fenced(job), with_tests=False) + _runtime(job, *PARTS, "helgrind")
    return job.toolchain.binary(objects, "gcc", ("-pie", BOUND, "-pthread", *FENCED))


def atomic_operations() -> list[str]:
    """What the runtime's tsan/turns.c stands in front of, without "__tsan_"."""
    updates = (
        "exchange",
        *(f"fetch_{name}" for name in ("add", "sub", "and", "or", "xor", "nand")),
    )
    compares = (f"compare_exchange_{name}" for name in ("strong", "weak", "val"))
    names = ("load", "store", *updates, *compares)
    sized = [f"atomic{bits}_{name}" for bits in (8, 16, 32, 64, 128) for name in names]
    return [*sized, "atomic_thread_fence", "atomic_signal_fence"]


def plain_accesses() -> list[str]:
    """What the runtime's tsan/accesses.c stands in front of, without "__tsan_"."""
    kinds = ("read", "write", "unaligned_read", "unaligned_write")
    sized = [f"{kind}{size}" for kind in kinds for size in (2, 4, 8, 16)]
    return ["read1", "write1", *sized, "func_entry", "func_exit"]


def _enclosed(job: Job, answer: fence.Fenced, with_tests: bool) -> list[Compiled]:
    """The answer and the unit's own objects, between the fence's borders."""
    unit = job.unit
    sources = [unit.directory / "scenarios.c"]
    if with_tests:
        sources += [unit.directory / "tests.c", unit.solution / "hidden_tests.c"]
    own = job.own((source for source in sources if source.is_file()), INSTRUMENTED)
    return fence.enclose(job.toolchain, answer, own)


def fenced(job: Job) -> fence.Fenced:
    """The submission, and the units that it builds on, behind the fence."""
    submitted, foundations = job.submitted(INSTRUMENTED), job.foundations(INSTRUMENTED)
    return fence.Fenced(submitted, foundations, job.unit.may_call)


def _runtime(job: Job, *parts: str) -> list[Compiled]:
    includes = [workbook.RUNTIME / part for part in PARTS]
    return [
        job.toolchain.own_object(source, RUNTIME, includes)
        for part in parts
        for source in sorted((workbook.RUNTIME / part).glob("*.c"))
        if source not in (*fence.BORDERS, fence.THUNK)
    ]
