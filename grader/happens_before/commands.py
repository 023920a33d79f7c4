"""The commands behind `grader/grade`."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import click

from happens_before import VERSION
from happens_before.core import unit as units
from happens_before.core import workbook
from happens_before.core.errors import GraderFault, InputError
from happens_before.core.report import Report, Status

EXIT = {Status.PASS: 0, Status.FAIL: 1, Status.UNGRADED: 3}
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
        return EXIT[Status.UNGRADED]
    except click.ClickException as error:
        error.show()
        return BAD_INPUT
    except (KeyboardInterrupt, click.Abort):
        print("\ninterrupted: nothing was kept of what was not finished.", file=sys.stderr)
        return INTERRUPTED


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="Happens-Before")
def commands() -> None:
    """Happens-Before: grade a submission, or see where you stand."""


@commands.command()
@click.argument("names", nargs=-1, metavar="[UNIT]...")
@click.option(
    "--submission",
    type=click.Path(path_type=Path),
    help="A directory or an archive. Default: this workbook.",
)
@click.option("--step", type=click.IntRange(min=1), help="Only the checks of this step.")
@click.option(
    "--judge", "judges", multiple=True, help="Only this judge (may be given more than once)."
)
@click.option(
    "--json", "json_file", type=click.Path(path_type=Path), help="Write the report as JSON."
)
@click.option(
    "--junit", "junit_file", type=click.Path(path_type=Path), help="Write the report as JUnit XML."
)
@click.option("--all", "every", is_flag=True, help="Tell every failure at length.")
@click.option("--fresh", is_flag=True, help="Judge again what is already known.")
@click.option(
    "--no-sandbox", is_flag=True, help="Run without isolation. Only for code that you trust."
)
def check(
    names: tuple[str, ...],
    submission: Path | None,
    step: int | None,
    judges: tuple[str, ...],
    json_file: Path | None,
    junit_file: Path | None,
    every: bool,
    fresh: bool,
    no_sandbox: bool,
) -> int:
    """Grade units. Exit status: 0 all passed, 1 something failed, 2 bad input, 3 ungraded."""
    from happens_before.core.cache import write_atomically
    from happens_before.learn import progress
    from happens_before.render import json, junit

    chosen = _units(names)
    report = _grade(chosen, submission, step, judges, fresh, no_sandbox, every)
    if submission is None and not judges:
        progress.remember(report, whole=step is None)
    for file, render in ((json_file, json.render), (junit_file, junit.render)):
        if file:
            write_atomically(file, render(report))
    return EXIT[report.status]


def _units(names: tuple[str, ...]) -> list[units.Unit]:
    directories = [workbook.find_unit(name) for name in names] or workbook.unit_directories()
    if not directories:
        raise InputError("this workbook has no units yet.", workbook.ROOT)
    return [units.load(directory) for directory in dict.fromkeys(directories)]


def _grade(
    chosen: list[units.Unit],
    path: Path | None,
    step: int | None,
    judges: tuple[str, ...],
    fresh: bool,
    no_sandbox: bool,
    every: bool,
) -> Report:
    from happens_before.core.cache import Cache
    from happens_before.core.pipeline import Grader, Selection
    from happens_before.core.submission import open_submission
    from happens_before.render import terminal
    from happens_before.sandbox import SandboxError, find_sandbox
    from rich.console import Console

    _check_selection(chosen, step, judges)
    submission = open_submission(path or workbook.ROOT, chosen)
    try:
        sandbox = find_sandbox(allow_none=no_sandbox)
    except SandboxError as error:
        raise GraderFault(str(error)) from None
    console = Console(highlight=False, soft_wrap=False)
    grader = Grader(sandbox, Cache(workbook.CACHE), fresh=fresh)
    selection = Selection(step, frozenset(judges) or None)
    with terminal.Progress(console) as progress:
        report = grader.grade(submission, chosen, selection, progress.tell)
    if not report.units:
        looked = ", ".join(f"{unit.path}/{unit.editable[0]}" for unit in chosen[:3])
        raise InputError(
            "holds none of the files that were asked for.", path or "", f"Looked for {looked}."
        )
    terminal.show(console, report, every)
    return report


def _check_selection(chosen: list[units.Unit], step: int | None, judges: tuple[str, ...]) -> None:
    known = {check.judge for unit in chosen for check in unit.checks}
    if odd := sorted(set(judges) - known):
        raise InputError(f"no judge '{odd[0]}' here.", to_do=f"Judges: {', '.join(sorted(known))}.")
    for unit in chosen:
        if step and len(chosen) > 1:
            raise InputError("STEP needs one unit.", to_do="Say which: U=04-mutex STEP=1.")
        if step and step > len(unit.steps):
            raise InputError(f"{unit.name} has {len(unit.steps)} steps, not {step}.")


@commands.command()
def status() -> int:
    """The map of the course: your progress, and the one next step."""
    from happens_before.learn import progress
    from happens_before.render import overview
    from rich.console import Console

    known = progress.recall()
    standings = [progress.standing(unit, known) for unit in _units(())]
    overview.show(Console(highlight=False), standings)
    return 0


@commands.command()
@click.argument("name", metavar="UNIT")
@click.option("--tier", type=click.IntRange(1, 3), default=1, help="How much to tell: 1 to 3.")
def hint(name: str, tier: int) -> int:
    """A hint for the first check that failed last time."""
    from happens_before.learn import hints, progress

    unit = units.load(workbook.find_unit(name))
    standing = progress.standing(unit, progress.recall())
    if standing.next_step == 0:
        click.echo(f"{unit.name} is done: nothing is left to hint at.")
        return 0
    name, how = next(iter(standing.failing), ("/", ""))
    judge, _, check_id = name.partition("/")
    chosen = hints.choose(hints.load(unit), judge, check_id, how, standing.next_step)
    click.echo(
        f"STEP {standing.next_step} of {len(unit.steps)}: {unit.steps[standing.next_step - 1]}"
    )
    click.echo(f"{judge}/{check_id} {how}\n" if check_id else "not begun\n")
    for number, text in enumerate(chosen.tiers[:tier], 1):
        click.echo(f"{number}. {text.strip()}\n")
    if tier < len(chosen.tiers):
        click.echo(f"More: make hint U={unit.name} N={tier + 1}")
    return 0
