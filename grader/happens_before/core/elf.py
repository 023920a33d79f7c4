"""What an object file says of itself: its sections, its symbols, its relocations.

Read from the bytes, for 64-bit little-endian ELF (System V ABI, chapters 4 and 5): quicker than
asking nm and objdump, and names with odd characters stay whole.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from happens_before.core.errors import GraderFault

HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
SECTION = struct.Struct("<IIQQQQIIQQ")
SYMBOL = struct.Struct("<IBBHQQ")
RELOCATION = struct.Struct("<QQq")
SYMTAB, RELA, NOBITS = 2, 4, 8
ALLOC = 2
# R_X86_64_64, _PC32, _GOTPCREL, _32, _32S, _GOTPCRELX, _REX_GOTPCRELX: an address becomes a value
# (_PLT32 is a call).
ADDRESSES = {1, 2, 9, 10, 11, 41, 42}
DEBUG = ".rela.debug"
BINDINGS = {0: "local", 1: "global", 2: "weak", 10: "unique"}
INDIRECT = 10


@dataclass(frozen=True)
class Section:
    """One section; `link` and `info` mean what the section's type makes of them."""

    name: str
    type: int
    flags: int
    offset: int
    size: int
    link: int
    info: int

    @property
    def takes_memory(self) -> bool:
        """Does it become part of the running program?"""
        return bool(self.flags & ALLOC)


@dataclass(frozen=True)
class Symbol:
    """One symbol. section: the index of its section, 0 if it is needed from elsewhere."""

    name: str
    binding: str  # local, global, weak, unique, or other
    is_indirect: bool  # resolved by code that runs before main (GNU ifunc)
    section: int

    @property
    def is_defined(self) -> bool:
        """Does this object define it?"""
        return self.section != 0


class Object:
    """An object file. Errors: GraderFault when it is not one, or is damaged."""

    def __init__(self, path: Path) -> None:
        self._path, self._data = path, path.read_bytes()

    @cached_property
    def sections(self) -> tuple[Section, ...]:
        """Every section, by its index."""
        try:
            header = HEADER.unpack_from(self._data)
            if header[0][:6] != b"\x7fELF\x02\x01":
                raise ValueError("not a 64-bit little-endian ELF file")
            start, entry, count, names = header[6], header[11], header[12], header[13]
            rows = [SECTION.unpack_from(self._data, start + entry * i) for i in range(count)]
            text = self._bytes(rows[names][4], rows[names][5])
        except (struct.error, ValueError, IndexError) as error:
            raise GraderFault(f"{self._path}: not an object that can be read ({error})") from None
        return tuple(Section(_text(text, r[0]), r[1], r[2], r[4], r[5], r[6], r[7]) for r in rows)

    @cached_property
    def symbols(self) -> tuple[Symbol, ...]:
        """Every symbol, by its index."""
        table = next((s for s in self.sections if s.type == SYMTAB), None)
        if table is None:
            return ()
        names = self.content(self.sections[table.link])
        return tuple(
            Symbol(
                _text(names, row[0]),
                BINDINGS.get(row[1] >> 4, "other"),
                row[1] & 15 == INDIRECT,
                row[3],
            )
            for row in self._rows(SYMBOL, table)
        )

    def relocated_to(self, target: Section) -> list[str]:
        """The names of the symbols whose addresses are filled into a section.

        A section's own symbol has no name; it stands for the section's.
        """
        index = self.sections.index(target)
        found = []
        for section in self.sections:
            if section.type == RELA and section.info == index:
                for _, info, _ in self._rows(RELOCATION, section):
                    symbol = self.symbols[info >> 32]
                    found.append(symbol.name or self.sections[symbol.section].name)
        return found

    @property
    def addresses_taken(self) -> frozenset[str]:
        """The names from elsewhere that are not only called: their addresses are values here."""
        taken = set()
        for section in self.sections:
            if section.type != RELA or section.name.startswith(DEBUG):
                continue
            for _, info, _ in self._rows(RELOCATION, section):
                symbol = self.symbols[info >> 32]
                if info & 0xFFFFFFFF in ADDRESSES and symbol.name and not symbol.is_defined:
                    taken.add(symbol.name)
        return frozenset(taken)

    def content(self, section: Section) -> bytes:
        """The section's bytes in the file."""
        return b"" if section.type == NOBITS else self._bytes(section.offset, section.size)

    def _rows(self, form: struct.Struct, section: Section) -> Iterator[tuple[int, ...]]:
        data = self.content(section)
        return form.iter_unpack(data[: len(data) - len(data) % form.size])

    def _bytes(self, offset: int, size: int) -> bytes:
        if offset + size > len(self._data):
            raise GraderFault(f"{self._path}: a section lies outside the file")
        return self._data[offset : offset + size]


def _text(names: bytes, start: int) -> str:
    return names[start : names.find(b"\0", start)].decode("utf-8", "replace")
