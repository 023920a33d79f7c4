"""The four programs that are built from a submission (grader/runtime/README.md has the map)."""

from __future__ import annotations

from pathlib import Path

from happens_before.core import workbook
from happens_before.core.toolchain import INSTRUMENTED, PLAIN, RUNTIME, Compiled, Flavour
from happens_before.judges.base import Job


def tests_program(job: Job) -> Path:
    """Plain objects, the unit's tests and scenarios, under Criterion."""
    objects = _unit_objects(job, PLAIN, with_tests=True) + _runtime(job, "lab", "criterion")
    return job.toolchain.binary(objects, "gcc", ("-pie", "-pthread", "-lcriterion"))


def tsan_program(job: Job) -> Path:
    """Instrumented objects, the unit's tests and scenarios, under Criterion and libtsan."""
    objects = _unit_objects(job, INSTRUMENTED, with_tests=True)
    objects += _runtime(job, "lab", "criterion", "tsan")
    flags = ("-fsanitize=thread", "-pthread", "-lcriterion")
    return job.toolchain.binary(objects, "clang", flags)


def helgrind_program(job: Job) -> Path:
    """Instrumented objects and the scenarios, on the Helgrind runtime."""
    objects = _unit_objects(job, INSTRUMENTED, with_tests=False)
    objects += _runtime(job, "lab", "fork", "helgrind")
    return job.toolchain.binary(objects, "gcc", ("-pie", "-pthread"))


def memcheck_program(job: Job) -> Path:
    """Plain objects and the scenarios."""
    objects = _unit_objects(job, PLAIN, with_tests=False) + _runtime(job, "lab", "fork")
    return job.toolchain.binary(objects, "gcc", ("-pie", "-pthread"))


def _unit_objects(job: Job, flavour: Flavour, with_tests: bool) -> list[Compiled]:
    unit = job.unit
    sources = [unit.directory / "scenarios.c"]
    if with_tests:
        sources.append(unit.directory / "tests.c")
        hidden = unit.solution / "hidden_tests.c"
        sources += [hidden] if hidden.is_file() else []
    own = [
        job.toolchain.own_object(source, flavour, [unit.directory])
        for source in sources
        if source.is_file()
    ]
    return job.submitted(flavour) + own


def _runtime(job: Job, *parts: str) -> list[Compiled]:
    return [
        job.toolchain.own_object(workbook.RUNTIME / source, RUNTIME)
        for part in parts
        for source in PARTS[part]
    ]


PARTS: dict[str, tuple[str, ...]] = {}
