"""The audit of a submission's objects: what they define, what they call, which sections they carry.

It keeps the contract honest (a mutex that calls pthread_mutex_lock teaches nothing) and closes the
cheap ways of fooling a judge: replacing a function of the test library, running code before main,
adding tests of one's own.
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from happens_before.core.errors import GraderFault
from happens_before.core.report import Evidence
from happens_before.core.toolchain import PLAIN

if TYPE_CHECKING:
    from happens_before.judges.base import Job

# What compilers call on their own for plain C.
COMPILER_CALLS = {
    "memcpy",
    "memmove",
    "memset",
    "memcmp",
    "__stack_chk_fail",
    "_GLOBAL_OFFSET_TABLE_",
    "__assert_fail",
    "abort",
}
SECTIONS = (
    ".text",
    ".data",
    ".bss",
    ".rodata",
    ".tdata",
    ".tbss",
    ".comment",
    ".note",
    ".eh_frame",
    ".debug",
    ".rel",
    ".symtab",
    ".strtab",
    ".shstrtab",
    ".group",
)


def audit(job: Job) -> list[Evidence]:
    """The rules that the submission's objects break, each as a sentence;

    empty when it keeps all.
    """
    unit = job.unit
    skeletons = [
        job.toolchain.own_object(unit.directory / name, PLAIN, [unit.directory])
        for name in unit.editable
    ]
    contract = {name for item in skeletons for name in _symbols(item.object)[0]}
    defined: set[str] = set()
    needed: set[str] = set()
    broken: list[Evidence] = []
    for name, item in zip(unit.editable, job.submitted(PLAIN)):
        here, there = _symbols(item.object)
        defined |= here
        needed |= there
        for section in _sections(item.object):
            if not section.startswith(SECTIONS):
                broken.append(
                    Evidence(
                        f"{name} puts something into the section '{section}'; "
                        "a unit's code has no constructors, no tests and no sections of its own."
                    )
                )
    for symbol in sorted(contract - defined):
        broken.append(Evidence(f"`{symbol}` is promised by {unit.headers[0]} but not defined."))
    for symbol in sorted(defined - contract):
        broken.append(
            Evidence(
                f"`{symbol}` is not in the contract ({', '.join(unit.headers)}); make it static."
            )
        )
    for symbol in sorted(needed - defined - set(unit.may_call) - COMPILER_CALLS):
        broken.append(
            Evidence(
                f"`{symbol}` may not be used here; this unit may call {', '.join(unit.may_call)}."
            )
        )
    return broken


def _symbols(path: Path | None) -> tuple[set[str], set[str]]:
    """Names that the object defines for others, and names that it needs from others."""
    defined, needed = set(), set()
    for line in _run(["nm", "-P", "-g", str(path)]).splitlines():
        name, kind = line.split()[:2]
        (needed if kind in "Uwv" else defined).add(name)
    return defined, needed


def _sections(path: Path | None) -> list[str]:
    lines = _run(["objdump", "-h", "-w", str(path)]).splitlines()
    return [parts[1] for parts in map(str.split, lines) if len(parts) > 6 and parts[0].isdigit()]


def _run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    if done.returncode != 0:
        raise GraderFault(f"{' '.join(command)}: {done.stderr.strip()}")
    return done.stdout
