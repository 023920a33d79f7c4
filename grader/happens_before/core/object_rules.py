"""The rules for a unit's objects: what they define, what they need, which sections they carry."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from happens_before.core.elf import Object, Section
from happens_before.core.report import Evidence, Place

# What compilers call by themselves for plain C.
COMPILER_CALLS = {
    "memcpy",
    "memmove",
    "memset",
    "memcmp",
    "bcmp",
    "__stack_chk_fail",
    "_GLOBAL_OFFSET_TABLE_",
    "__assert_fail",
    "abort",
    "__x86_indirect_thunk_r11",
    "fence_stack_items",
    "fence_copied",
}
TSAN_CALLS = re.compile(
    r"__tsan_(init|func_entry|func_exit|(unaligned_)?(read|write)(1|2|4|8|16)(_pc)?"
    r"|(read|write)_range|volatile_(read|write)\d+|mem(cpy|move|set)|vptr_(read|update)"
    r"|atomic(8|16|32|64|128)_\w+|atomic_(thread|signal)_fence)$"
)
SECTIONS = re.compile(
    r"\.(text(\.(unlikely|startup|exit|hot|cold|split|tsan\.module_ctor)\S*)?|data(\.rel\.ro|\.rel)?"
    r"(\.local)?|bss|rodata(\.str\d+\.\d+|\.cst\d+)?|tdata|tbss|eh_frame|note\.gnu\.property)$"
)
MAX_STATIC_BYTES = 16 << 20
EXECUTABLE, EXECUTABLE_STACK = 4, ".note.GNU-stack"
# What compilers and headers turn calls into: the reader looks for the name that they wrote.
WRITTEN_AS = {
    "putchar": "printf",
    "puts": "printf",
    "fwrite": "fprintf",
    "fputc": "fprintf",
    "__sysv_signal": "signal",
    "__isoc99_scanf": "scanf",
    "__isoc99_sscanf": "sscanf",
    "_setjmp": "setjmp",
    "__sigsetjmp": "sigsetjmp",
}
TSAN_START = {"tsan.module_ctor", ".text.tsan.module_ctor"}


@dataclass(frozen=True)
class Contract:
    """What a unit's objects may be: the functions of its headers, and what they may call."""

    headers: str
    promised: frozenset[str]
    may_call: frozenset[str]


# Finds where a name is used in the submission; None when it cannot be told.
Finder = Callable[[str], Place | None]


def broken_rules(
    objects: Sequence[tuple[str, Object]], contract: Contract, find: Finder
) -> Iterator[Evidence]:
    """Each broken rule as a sentence. objects: all submitted files of one build, by name."""
    defined: dict[str, str] = {}
    for name, item in objects:
        yield from _sections(name, item)
        for symbol in item.symbols:
            if symbol.is_indirect or symbol.binding not in ("local", "global"):
                kind = "indirect" if symbol.is_indirect else symbol.binding
                yield _named(
                    f"`{symbol.name}` is {kind}; a unit's symbols are plain.", symbol.name, find
                )
            if symbol.is_defined and symbol.binding != "local":
                if symbol.name in defined:
                    both = f"{defined[symbol.name]} and {name}"
                    yield _named(f"`{symbol.name}` is defined in both {both}.", symbol.name, find)
                defined[symbol.name] = name
    for missing in sorted(contract.promised - set(defined)):
        yield Evidence(f"`{missing}` is promised by {contract.headers} but not defined.")
    for odd in sorted(set(defined) - contract.promised):
        sentence = f"`{odd}` is not in the contract ({contract.headers}); make it static."
        yield _named(sentence, odd, find)
    yield from _needs(objects, set(defined), contract, find)


def _needs(
    objects: Sequence[tuple[str, Object]], defined: set[str], contract: Contract, find: Finder
) -> Iterator[Evidence]:
    allowed = defined | contract.may_call | COMPILER_CALLS
    needed = {s.name for _, o in objects for s in o.symbols if s.name and not s.is_defined}
    for symbol in sorted(needed - allowed):
        if not TSAN_CALLS.match(symbol):
            calls = ", ".join(sorted(contract.may_call)) or "nothing"
            name = symbol
            if not find(symbol) and find(WRITTEN_AS.get(symbol, symbol)):
                name = WRITTEN_AS[symbol]
            sentence = f"`{name}` may not be used here; this unit may call {calls}."
            yield _named(sentence, name, find)


def _named(sentence: str, symbol: str, find: Finder) -> Evidence:
    place = find(symbol)
    return Evidence(sentence, [place] if place else [])


def _sections(name: str, item: Object) -> Iterator[Evidence]:
    total = 0
    for section in item.sections:
        if section.name == EXECUTABLE_STACK and section.flags & EXECUTABLE:
            yield Evidence(f"{name} needs a stack that can be executed (a function in a function).")
        if not section.takes_memory:
            continue
        total += section.size
        if not SECTIONS.match(section.name) and not _is_tsans(item, section):
            yield Evidence(
                f"{name} puts something into the section '{section.name}'; "
                "a unit's code has no constructors, no tests and no sections of its own."
            )
    if total > MAX_STATIC_BYTES:
        yield Evidence(
            f"{name} takes {total >> 20} MiB of static memory; "
            f"a unit may take {MAX_STATIC_BYTES >> 20} MiB."
        )


def _is_tsans(item: Object, section: Section) -> bool:
    """Is it the one entry by which an instrumented object starts ThreadSanitizer?"""
    if not section.name.startswith(".init_array") or section.size != 8:
        return False
    return set(item.relocated_to(section)) <= TSAN_START
