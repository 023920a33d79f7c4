"""The line protocol of adversary mode: one JSON object a line, both ways.

The program says what can be done; the reader, or a front end, says what to do. On the way out every
program counter becomes a place in the source.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from happens_before.explore.findings import with_places
from happens_before.explore.runner import ENVIRONMENT
from happens_before.explore.symbols import Symbols


def play(
    program: Path, arguments: Sequence[str], symbols: Symbols, out: TextIO = sys.stdout
) -> int:
    """Pass the protocol through until the program ends. Returns its exit status."""
    command = [str(program), "--mode", "adversary", *arguments]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT, errors="replace"
    ) as process:
        assert process.stdout
        for line in process.stdout:
            out.write(translated(line, symbols))
            out.flush()
    return process.returncode


def translated(line: str, symbols: Symbols) -> str:
    """A line of the program's with places; what is no JSON object passes as it is."""
    try:
        message = json.loads(line)
    except ValueError:
        return line
    return json.dumps(with_places(message, symbols), ensure_ascii=False) + "\n"
