"""`watch`, `explain`, `replay`: a failure as it happens, at length, and once again."""

from __future__ import annotations

import queue

import click

from happens_before.commands.check import chosen_units, make_grader, unit_or_working
from happens_before.core import unit as units
from happens_before.core import workbook
from happens_before.core.errors import GraderFault, InputError
from happens_before.core.report import Report


@click.command()
@click.argument("names", nargs=-1, metavar="[UNIT]...")
@click.option("--plain", is_flag=True, help="Lines instead of a page that is redrawn; no colours.")
def watch(names: tuple[str, ...], plain: bool) -> int:
    """Check on every save: build and tests first, then the slower judges.

    Without a unit: all are watched, and the one you work at is checked first.
    """
    from happens_before.core.cache import Cache
    from happens_before.core.pipeline import Grader
    from happens_before.learn import failure, progress, watching
    from happens_before.render import watch as face
    from happens_before.render.keys import Keys, can_move
    from happens_before.sandbox import SandboxError, find_sandbox
    from rich.console import Console

    chosen = chosen_units(names)
    first = chosen[0] if names else failure.working_unit(chosen, progress.recall())
    try:
        sandbox, cache = find_sandbox(allow_none=False), Cache(workbook.CACHE)
    except SandboxError as error:
        raise GraderFault(str(error)) from None
    console = Console(highlight=False, no_color=plain or None)
    events: queue.Queue[watching.Event] = queue.Queue()
    page = face.Page({unit.path: unit for unit in chosen}, first)

    def tell(event: watching.Event) -> None:
        events.put(event)
        keys.wake()

    session = watching.Session(watching.watched(names), lambda: Grader(sandbox, cache), tell)
    with Keys(session.begin_again) as keys, session:
        session.check(first.directory)
        if can_move(console) and not plain:
            face.live(page, events, keys, console)
        else:
            click.echo(f"watching {', '.join(names) or 'every unit'}; q ends it.")
            face.in_lines(page, events, keys, click.echo)
    if page.report:
        report = page.report
        click.echo(f"{report.unit}: {report.points:g} of {report.max_points:g} points")
    return 0


@click.command()
@click.argument("name", metavar="[UNIT]", required=False)
@click.option("--check", metavar="NAME", default="", help="This check, not the first that failed.")
@click.option("--plain", is_flag=True, help="The whole story as text, without steps and colours.")
@click.option("--web", is_flag=True, help="Write it as a page for a browser, and say where.")
def explain(name: str | None, check: str, plain: bool, web: bool) -> int:
    """The last failure at length, with its interleaving, step by step with the arrow keys.

    It is found by checking the files as they stand; what is unchanged costs nothing. With --web it
    becomes a page, whose place is printed, and which a browser opens if there is a screen.
    """
    from happens_before.learn import failure, progress
    from happens_before.render import explain as face
    from happens_before.render.keys import can_move
    from rich.console import Console

    unit = unit_or_working(name)
    report = failure.recheck(unit, make_grader())
    progress.remember(Report("", [report]), units=[unit])
    failed = failure.first(report, check, with_story=web and not check)
    if failed is None:
        click.echo(f"{check or unit.name}: nothing has failed.")
        return 0
    if web:
        from happens_before.web import explain as pages

        place = workbook.CACHE / "explain" / f"{unit.name}-{failed.check.id}.html"
        click.echo(pages.write(report, failed, place))
        pages.open_in_browser(place)
        return 0
    console = Console(highlight=False, no_color=plain or None)
    face.show(failed, console, can_move(console) and not plain)
    return 0


@click.command()
@click.argument("token")
@click.option("--unit", "name", metavar="UNIT", help="The unit that the token is from.")
@click.option("--scenario", metavar="NAME", help="With --unit: the scenario that it is from.")
@click.option("--gdb", is_flag=True, help="Stop at the fault, in gdb.")
def replay(token: str, name: str | None, scenario: str | None, gdb: bool) -> int:
    """Run one failing execution again, by its token.

    The token is looked for among the failures of the files as they stand. After an edit it belongs
    to another program; with a unit and a scenario it is tried all the same.
    """
    from happens_before.commands.explore import explore
    from happens_before.learn import failure, progress

    if not token.strip():
        raise InputError("no token.", to_do="A failure tells its own: make replay TOKEN=HB1...")
    if scenario and not name:
        raise InputError("a scenario needs its unit.", to_do="Say which: U=04-mutex S=excludes.")
    chosen = chosen_units([name] if name else [])
    if name and scenario:
        unit = chosen[0]
    else:
        found = failure.unit_of_token(token, chosen, progress.recall(), make_grader())
        if found is None:
            raise InputError(
                "no failure of your files, as they stand, has this token.",
                token[:60],
                "Check the unit again for a new token, or say where it is from: "
                "U=04-mutex S=scenario.",
            )
        unit, result = found
        assert result.story
        scenario = str(result.story["scenario"])
    words = ["--unit", unit.name, "--scenario", scenario, "--replay", token]
    status = explore.main(words + ["--gdb"] * gdb, standalone_mode=False)
    return status if isinstance(status, int) else 0


COMMANDS = (watch, explain, replay)
