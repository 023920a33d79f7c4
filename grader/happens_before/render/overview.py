"""The map of the course, as bare `make` shows it: the days, the progress, and the one next step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.text import Text

from happens_before.learn.progress import Change, Standing, current

BAR = 12


def show(console: Console, standings: list[Standing], changes: Sequence[Change] = ()) -> None:
    """Print the map. changes: since the last look."""
    console.print(Text("Happens-Before", style="bold"))
    for day in sorted({standing.unit.day for standing in standings}):
        console.print(Text(f"\nday {day}", style="cyan"))
        for standing in standings:
            if standing.unit.day == day:
                console.print(unit_line(standing))
    console.print()
    if any(standing.unit.withheld.checks for standing in standings):
        console.print(Text("(+N): points of hidden checks, which your instructor runs.\n", "dim"))
    for line in (*_news(changes), *next_step(standings)):
        console.print(line)


def unit_line(standing: Standing) -> Text:
    """One unit: its name, a bar, points, and where it stands."""
    share = standing.points / standing.max_points if standing.max_points else 0
    full = int(share * BAR)
    line = Text(f"  {standing.unit.name:<24} ")
    line.append("#" * full, "green")
    line.append("." * (BAR - full), "dim")
    line.append(f" {standing.points:>5g} of {standing.max_points:g}")
    if standing.unit.withheld.checks:
        line.append(f" (+{standing.unit.withheld.points:g})", "dim")
    if standing.next_step == 0:
        line.append("  done", "green")
    elif standing.begun:
        line.append(f"  step {standing.next_step} of {len(standing.unit.steps)}")
    return line


def _news(changes: Sequence[Change]) -> Iterator[Text]:
    for item in changes:
        line = Text.assemble(
            ("Since last time: ", "bold"), f"{item.unit.name} {item.points:+g} points"
        )
        if item.passed:
            line.append(f", {item.passed} more check{'s' * (item.passed != 1)} passed")
        if item.broken:
            others = len(item.broken) - 1
            lost = f"and {others} more no longer pass" if others else "no longer passes"
            line.append(f", {item.broken[0]} {lost}", "red")
        yield line
    if changes:
        yield Text()


def next_step(standings: list[Standing]) -> list[Text]:
    """The one thing to do now, with its commands."""
    now = current(standings)
    if now is None:
        return [Text("Every unit here is done.", style="green")]
    unit, step = now.unit, now.next_step
    lines = [
        Text.assemble(
            ("Next: ", "bold"),
            f"STEP {step} of {len(unit.steps)} of {unit.name}: {unit.steps[step - 1]}.",
        )
    ]
    if not now.begun:
        lines.append(Text(f"  read   {unit.path}/README.md"))
    lines.append(Text(f"  edit   {unit.path}/{unit.editable[0]}"))
    lines.append(Text(f"  run    make check U={unit.name} STEP={step}"))
    if now.failing:
        lines.append(Text(f"  why    make explain U={unit.name}"))
        lines.append(Text(f"  stuck  make hint U={unit.name}"))
    return lines
