"""The command line: `grader/grade COMMAND`; the Makefile calls nothing else."""

from __future__ import annotations

import signal
import sys

UNGRADED = 3


def main(arguments: list[str]) -> int:
    """Run one command.

    Returns the exit status: 0 all passed, 1 a check failed, 2 bad input, 3 ungraded, 130
    interrupted.
    """
    if arguments[:1] == ["doctor"]:  # must work before anything is installed
        from happens_before.learn.doctor import main as doctor

        return doctor(arguments[1:])
    try:
        from happens_before.commands import run
    except ModuleNotFoundError as missing:
        print(
            f"Python's module '{missing.name}' is missing: `make setup` installs it.",
            file=sys.stderr,
        )
        return UNGRADED
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    return run(arguments)
