"""The four programs that are built from a submission (grader/runtime/README.md has the map)."""

from __future__ import annotations

from pathlib import Path

from happens_before.core import workbook
from happens_before.core.toolchain import INSTRUMENTED, PLAIN, RUNTIME, Compiled, Flavour
from happens_before.judges.base import Job

PARTS = ("runner", "lab", "history")  # of the runtime, in every program


def tests_program(job: Job) -> Path:
    """Plain objects, the unit's tests and scenarios."""
    objects = _unit_objects(job, PLAIN, with_tests=True) + _runtime(job, *PARTS)
    return job.toolchain.binary(objects, "gcc", ("-pie", "-pthread", "-lcriterion"))


def tsan_program(job: Job) -> Path:
    """Instrumented objects, the unit's tests and scenarios, on libtsan."""
    objects = _unit_objects(job, INSTRUMENTED, with_tests=True) + _runtime(job, *PARTS, "tsan")
    flags = ("-fsanitize=thread", "-pthread", "-lcriterion")
    return job.toolchain.binary(objects, "clang", flags)


def helgrind_program(job: Job) -> Path:
    """Instrumented objects and the scenarios, on the Helgrind runtime."""
    objects = _unit_objects(job, INSTRUMENTED, with_tests=False)
    objects += _runtime(job, *PARTS, "helgrind")
    return job.toolchain.binary(objects, "gcc", ("-pie", "-pthread"))


def memcheck_program(job: Job) -> Path:
    """Plain objects and the scenarios."""
    objects = _unit_objects(job, PLAIN, with_tests=False) + _runtime(job, *PARTS)
    return job.toolchain.binary(objects, "gcc", ("-pie", "-pthread"))


def _unit_objects(job: Job, flavour: Flavour, with_tests: bool) -> list[Compiled]:
    unit = job.unit
    sources = [unit.directory / "scenarios.c"]
    if with_tests:
        sources += [unit.directory / "tests.c", unit.solution / "hidden_tests.c"]
    own = job.own((source for source in sources if source.is_file()), flavour)
    return job.submitted(flavour) + job.foundations(flavour) + own


def _runtime(job: Job, *parts: str) -> list[Compiled]:
    includes = [workbook.RUNTIME / part for part in PARTS]
    return [
        job.toolchain.own_object(source, RUNTIME, includes)
        for part in parts
        for source in sorted((workbook.RUNTIME / part).glob("*.c"))
    ]
