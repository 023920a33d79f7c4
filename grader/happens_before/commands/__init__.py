"""The commands behind `grader/grade`, a module for each face: check, learn, maintain, teach."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import click

from happens_before import VERSION
from happens_before.commands import check, explore, learn, litmus, live, own, player, practice, web
from happens_before.core.errors import GraderFault, InputError
from happens_before.core.report import EXIT_STATUS, Status

BAD_INPUT, INTERRUPTED = 2, 130
ANY_ARGUMENTS = {"ignore_unknown_options": True, "allow_extra_args": True}


def run(arguments: list[str]) -> int:
    """Run one command and turn every way of failing into a message and an exit status."""
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


def _group(name: str) -> click.Command:
    """`maintain` or `teach`; in a students' edition, which has neither, a command that says so."""
    if (Path(__file__).parent / f"{name}.py").is_file():
        group = getattr(importlib.import_module(f"happens_before.commands.{name}"), name)
        assert isinstance(group, click.Group)
        return group
    return click.Command(name, callback=_left_out, hidden=True, context_settings=ANY_ARGUMENTS)


def _left_out() -> None:
    name = click.get_current_context().info_name
    raise InputError(f"{name}: not in a students' edition; it needs the solutions.")


for command in (
    *check.COMMANDS,
    *explore.COMMANDS,
    *learn.COMMANDS,
    *litmus.COMMANDS,
    *live.COMMANDS,
    *own.COMMANDS,
    *practice.COMMANDS,
    *player.COMMANDS,
    *web.COMMANDS,
    _group("maintain"),
    _group("teach"),
):
    commands.add_command(command)
