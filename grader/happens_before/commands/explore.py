"""`explore`: every schedule of a C program with threads, and a fault as a story if there is one."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import click

from happens_before.core.errors import GraderFault

PIPE_WIDTH = 100
# What a replay must repeat: all that changes what an execution is.
REPEATED = tuple(
    "memory_model scenario unroll timeouts spurious weak looks lifo_heap no_leaks".split()
)
PASSED = (
    *("mode", "jobs", "max_executions", "time", "max_events", "stories", "seed", "samples"),
    *("print", "replay", *REPEATED),
)
DEFAULT_TIME_S = 60  # the program's own limit when --time is not given
GRACE_S = 30  # beyond which a program is held to ignore its limit
FAULT, BAD_INPUT, NOT_MODELLED = 1, 2, 4


@dataclass(frozen=True)
class Request:
    """What was asked for. options: by name, without those that were not given."""

    files: tuple[Path, ...]
    compiler: str
    flags: tuple[str, ...]
    options: dict[str, Any]

    def arguments(self, names: tuple[str, ...] = PASSED) -> list[str]:
        """The options of these names as the program takes them."""
        words = []
        for name in names:
            value = self.options.get(name)
            if value is None or value is False:
                continue
            words.append(f"--{name.replace('_', '-')}")
            words += [] if value is True else [str(value)]
        return words

    def replay(self, token: str) -> str:
        """The command that runs exactly one execution again."""
        words = ["grader/grade", "explore", *map(str, self.files)]
        words += ["--compiler", self.compiler] if self.compiler != "clang" else []
        words += [*self.arguments(REPEATED), "--replay", token]
        return shlex.join(words + (["--", *self.flags] if self.flags else []))


class WithFlags(click.Command):
    """A command behind whose `--` stand the compiler's flags."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        at = args.index("--") if "--" in args else len(args)
        ctx.meta["flags"] = tuple(args[at + 1 :])
        return super().parse_args(ctx, args[:at])


@click.command(cls=WithFlags, options_metavar="[OPTIONS]", epilog="Flags after `--` go to clang.")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="FILE.c...")
@click.option("--unit", metavar="NAME", help="Your files of this unit, with its scenarios.")
@click.option("--attempt", metavar="NAME", help="Of this unit an attempt, and not your files.")
@click.option(
    "--mode",
    type=click.Choice(["exhaustive", "sample", "progress", "adversary"]),
    help="All, some by chance, or what threads that stop do to the others; a unit's as it is judged.",
)
@click.option("--memory-model", type=click.Choice(["rc11", "sc", "tso"]), help="Default: rc11 (C).")
@click.option("--scenario", metavar="NAME", help="Run this scenario instead of main.")
@click.option("--list", "list_", is_flag=True, help="List the program's scenarios.")
@click.option("--jobs", type=click.IntRange(min=1), help="Processes at work.")
@click.option("--unroll", type=click.IntRange(min=1), help="Rounds of a loop before it is cut.")
@click.option("--max-executions", type=click.IntRange(min=1), help="Stop after so many.")
@click.option("--time", type=click.FloatRange(min=0), help="Stop after SECONDS; 0: never.")
@click.option("--max-events", type=click.IntRange(min=1), help="Events in one execution.")
@click.option("--timeouts", type=click.IntRange(min=0), help="Waits that may run out, a thread.")
@click.option("--spurious", type=click.IntRange(min=0), help="Wakeups for nothing, a thread.")
@click.option("--weak", is_flag=True, help="A weak compare-exchange may fail for nothing.")
@click.option("--looks", type=click.IntRange(min=0), help="Of a bounded spin, how many count.")
@click.option("--stories", type=click.IntRange(min=0), help="Executions to shorten the story in.")
@click.option("--seed", type=click.IntRange(min=0), help="Of the sampling.")
@click.option("--samples", type=click.IntRange(min=1), help="How many executions to sample.")
@click.option("--lifo-heap", is_flag=True, help="Freed memory comes back at once (for ABA).")
@click.option("--no-leaks", is_flag=True, help="Memory still there at the end is no fault.")
@click.option("--print", "print_", is_flag=True, help="Let the program's own output through.")
@click.option("--replay", metavar="TOKEN", help="Run the one execution of this token again.")
@click.option(
    "--json",
    "json_file",
    type=click.Path(path_type=Path, allow_dash=True),
    help="Write the result; -: to stdout.",
)
@click.option("--gdb", is_flag=True, help="Replay the fault under gdb, up to the faulty step.")
@click.option("--adversary", is_flag=True, help="You are the scheduler: JSON lines both ways.")
@click.option("--compiler", type=click.Choice(["clang", "gcc"]), default="clang", help="Front end.")
@click.option("--plain", is_flag=True, help="No colours.")
@click.pass_context
def explore(context: click.Context, files: tuple[Path, ...], **options: Any) -> int:
    """Explore a C program that uses threads: every schedule, and every value that a load may read.

    The program is built and run with your rights, without a sandbox: only for code that you trust.

    Exit status: 0 no fault and complete, 1 fault found, 2 usage or build error, 3 bounded without
    a fault, 4 not modelled.
    """
    given = {name.rstrip("_"): value for name, value in options.items()}
    from happens_before.explore.sources import CompileError, shortly
    from happens_before.explore.unit_program import as_judged, of_unit
    from happens_before.sandbox import owner

    flags = context.meta["flags"]
    try:
        if given["unit"]:
            own, includes = of_unit(given["unit"], given["attempt"])
            files, flags = (*own, *files), (*includes, *flags)
            judged = as_judged(given["unit"], given["scenario"] or "")
            given |= {key: value for key, value in judged.items() if given[key] is None}
        if given["attempt"] and not given["unit"]:
            raise click.UsageError("--attempt NAME is one of a unit's: --unit NAME.")
        if not files:
            raise click.UsageError("Missing argument 'FILE.c...', or --unit NAME.")
        request = Request(files, given["compiler"], flags, given)
        with tempfile.TemporaryDirectory(prefix=owner.prefix()) as directory:
            return _explore(request, Path(directory))
    except CompileError as error:
        click.echo(str(error), err=True)
        return BAD_INPUT
    except GraderFault as fault:
        click.echo(f"explorer: {shortly(fault)}", err=True)
        return NOT_MODELLED


def _explore(request: Request, directory: Path) -> int:
    from happens_before.explore import adversary, debugger, findings, runner, sources, words
    from happens_before.explore.symbols import Symbols

    files, compiler, flags = request.files, request.compiler, request.flags
    built, opaque = sources.program_of(files, compiler, flags, directory)
    if built is None:
        mode, model = request.options["mode"], request.options["memory_model"]
        _show(request, findings.opaque(opaque, mode or "exhaustive", model or "rc11"))
        return NOT_MODELLED
    program = runner.lay_out(built, directory)
    if request.options["list"]:
        return runner.list_scenarios(program)
    symbols = Symbols(program)
    if request.options["adversary"] or request.options["mode"] == "adversary":
        names = tuple(name for name in PASSED if name != "mode")
        return adversary.play(program, request.arguments(names), symbols)
    if request.options["gdb"] and request.options["replay"]:
        return debugger.debug(program, request.arguments())
    seconds = request.options["time"]
    patience = None if seconds == 0 else (seconds or DEFAULT_TIME_S) + GRACE_S
    raw = runner.explore(program, request.arguments(), _output(request), patience)
    data = findings.findings(raw, symbols)
    _show(request, data)
    if request.options["gdb"] and data["fault"] and data["fault"]["token"]:
        token = data["fault"]["token"]
        debugger.debug(program, [*request.arguments(REPEATED), "--replay", token])
    return words.EXIT_STATUS[data["verdict"]]


def _output(request: Request) -> int | TextIO:
    """Where what the program prints goes: not among our JSON."""
    if not request.options["print"]:
        return subprocess.DEVNULL
    return sys.stderr if str(request.options["json_file"]) == "-" else sys.stdout


def _show(request: Request, data: dict[str, Any]) -> None:
    """The table on the terminal, or the JSON in its place; the JSON in its file."""
    from happens_before.core.cache import write_atomically
    from happens_before.explore import table
    from rich.console import Console
    from rich.text import Text

    token = data["fault"]["token"] if data["fault"] else None
    data["replay"] = replay = request.replay(token) if token else None
    file = request.options["json_file"]
    text = json.dumps(data, indent=1, ensure_ascii=False) + "\n"
    if file is not None and str(file) != "-":
        write_atomically(file, text)
    elif file is not None:
        click.echo(text, nl=False)
        return
    console = Console(highlight=False, no_color=request.options["plain"] or None)
    plain = request.options["plain"] or not console.is_terminal
    width = console.width if console.is_terminal or "COLUMNS" in os.environ else PIPE_WIDTH
    for line, style in table.report(data, width, replay or ""):
        console.print(Text(line, "" if plain else style), soft_wrap=True)


COMMANDS = (explore,)
