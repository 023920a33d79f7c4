"""The fence around a unit's objects, as the linker sees it (grader/runtime/fence/fence.h).

Borders stand in front of them, behind what is fenced, and behind all; a list says which functions
outside may be reached through a pointer.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from happens_before.core import workbook
from happens_before.core.compilers import RUNTIME
from happens_before.core.elf import Object
from happens_before.core.toolchain import Compiled, Toolchain
from happens_before.sandbox import owner

DIRECTORY = workbook.RUNTIME / "fence"
FIRST, MIDDLE, LAST = BORDERS = tuple(
    DIRECTORY / f"borders_{name}.c" for name in ("first", "fenced", "last")
)
THUNK = DIRECTORY / "thunk.c"


@dataclass(frozen=True)
class Fenced:
    """Objects whose accesses are looked at: a submission's, and of the units that it builds on.

    may_call: what the submission may call by its name.
    """

    submitted: Sequence[Compiled] = ()
    foundations: Sequence[Compiled] = ()
    may_call: Iterable[str] = ()

    @property
    def count(self) -> int:
        """How many objects."""
        return len(self.submitted) + len(self.foundations)


NOTHING = Fenced()


def enclose(toolchain: Toolchain, fenced: Fenced, own: Sequence[Compiled]) -> list[Compiled]:
    """The objects in the order in which they are linked, with the borders and the list between.

    own: the tests' objects, or those of a program in which nothing is fenced.
    """
    submitted, foundations = fenced.submitted, fenced.foundations
    given = set(fenced.may_call) & _taken(submitted) | _taken(foundations) | _taken(own)
    given -= _defined([*submitted, *foundations, *own])
    first, middle, last = (toolchain.own_object(source, RUNTIME) for source in BORDERS)
    return [
        first,
        *submitted,
        *foundations,
        middle,
        *own,
        last,
        _list(toolchain, sorted(given), bool(submitted)),
        toolchain.own_object(THUNK, RUNTIME),
    ]


def _objects(compiled: Iterable[Compiled]) -> list[Object]:
    return [Object(item.object) for item in compiled if item.object]


def _taken(compiled: Iterable[Compiled]) -> set[str]:
    return {name for item in _objects(compiled) for name in item.addresses_taken}


def _defined(compiled: Iterable[Compiled]) -> set[str]:
    return {
        symbol.name
        for item in _objects(compiled)
        for symbol in item.symbols
        if symbol.is_defined and symbol.binding != "local"
    }


def _list(toolchain: Toolchain, names: Sequence[str], is_up: bool) -> Compiled:
    """fence_given: the addresses of these functions, then -1; fence_is_up: is anything fenced?"""
    rows = "".join(f'        ".weak {name}\\n.quad {name}\\n"\n' for name in names)
    text = (
        "/* given.c - the functions outside whose addresses the unit takes (fence/thunk.c). */\n"
        f"const char fence_is_up = {int(is_up)};\n"
        '__asm__(".section .data.rel.ro,\\"aw\\"\\n.globl fence_given\\nfence_given:\\n"\n'
        f'{rows}        ".quad -1\\n.text\\n");\n'
    )
    with tempfile.TemporaryDirectory(prefix=owner.prefix()) as scratch:
        source = Path(scratch) / "given.c"
        source.write_text(text, encoding="utf-8")
        return toolchain.own_object(source, RUNTIME)
