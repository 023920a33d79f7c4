"""The commands behind `grader/grade`, a module for each face: check, learn, maintain, teach."""

from __future__ import annotations

import signal
import sys

import click

from happens_before import VERSION
from happens_before.commands import check, explore, learn, litmus, maintain, teach
from happens_before.core.errors import GraderFault, InputError
from happens_before.core.report import EXIT_STATUS, Status

BAD_INPUT, INTERRUPTED = 2, 130


def run(arguments: list[str]) -> int:
    """Run one command and turn every way of failing into a message and an exit status."""
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        status = commands.main(arguments, prog_name="grader/grade", standalone_mode=False)
        return status if isinstance(status, int) else 0
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return BAD_INPUT
    except GraderFault as fault:
        print(f"ungraded: {fault}", file=sys.stderr)
        return EXIT_STATUS[Status.UNGRADED]
    except click.ClickException as error:
        error.show()
        return BAD_INPUT
    except (KeyboardInterrupt, click.Abort):
        print(
            "\ninterrupted: what was finished is kept; the same command does the rest.",
            file=sys.stderr,
        )
        return INTERRUPTED


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="Happens-Before")
def commands() -> None:
    """Happens-Before: grade a submission, or see where you stand."""


for command in (
    *check.COMMANDS,
    *explore.COMMANDS,
    *learn.COMMANDS,
    *litmus.COMMANDS,
    maintain.maintain,
    teach.teach,
):
    commands.add_command(command)
