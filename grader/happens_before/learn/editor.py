"""compile_commands.json: how each C file is compiled, for editors (clangd and others)."""

from __future__ import annotations

import json

from happens_before.core import workbook
from happens_before.core.cache import write_atomically
from happens_before.core.tree import sources

FILE = workbook.ROOT / "compile_commands.json"


def write() -> int:
    """Write the file; returns how many C files it names."""
    entries = [
        {
            "directory": str(workbook.ROOT),
            "file": str(source.file.relative_to(workbook.ROOT)),
            "arguments": [
                "clang",
                "-std=c17",
                "-Wall",
                "-Wextra",
                "-pthread",
                *source.flags,
                "-c",
                str(source.file.relative_to(workbook.ROOT)),
            ],
        }
        for source in sources()
    ]
    write_atomically(FILE, json.dumps(entries, indent=1) + "\n")
    return len(entries)
