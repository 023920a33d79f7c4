"""`teach package` and `teach export`: what other systems read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from happens_before.core.errors import InputError

if TYPE_CHECKING:
    from happens_before.core.unit import Unit
    from happens_before.render.students import Hidden
    from happens_before.teach.marks import StudentMark
    from happens_before.teach.results import Results

FOR_STUDENTS = ("gradescope", "classroom50", "autolab", "exercism")
EACH_STUDENT = ("junit", *FOR_STUDENTS)
OF_FORMATS = {
    **dict.fromkeys(("gradebook", "column", "unit", "scale"), ("canvas",)),
    "classroom": ("classroom50",),
    "hidden": FOR_STUDENTS,
}

_hidden = click.option(
    "--hidden",
    type=click.Choice(["score", "name", "nothing", "everything"]),
    help="What students see of hidden checks. Default: what course.toml says, or score.",
)


@click.command()
@click.argument("platform", type=click.Choice(["gradescope", "autolab", "classroom50", "exercism"]))
@click.option("--units", required=True, help="The units to grade, with commas: 04-mutex,05-locks.")
@click.option(
    "--out",
    "file",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="The .zip to write.",
)
@_hidden
@click.option(
    "--course",
    type=click.Path(path_type=Path),
    help="A course.toml: what students see of hidden checks. Lateness is counted by `batch`.",
)
@click.option(
    "--seconds",
    type=click.IntRange(min=10),
    help="The time that the platform gives one submission. Default: the platform's own.",
)
def package(
    platform: str,
    units: str,
    file: Path,
    hidden: str | None,
    course: Path | None,
    seconds: int | None,
) -> int:
    """Make what a platform needs to grade by itself.

    What it grades by itself knows no deadlines: grace days belong to a whole course. Lateness is
    counted when the class is graded here, with `teach batch --course`.

    Example: grader/grade teach package gradescope --units 04-mutex --out autograder.zip
    """
    from happens_before.commands.check import chosen_units
    from happens_before.core import packing
    from happens_before.core.cache import write_atomically
    from happens_before.render.students import Hidden
    from happens_before.teach.packages.build import PLATFORMS, Order

    packing.check_ending(file, packing.ZIP)
    chosen = chosen_units([name for name in units.split(",") if name])
    chosen_platform = PLATFORMS[platform]
    shown_of_hidden = Hidden(hidden) if hidden else _of_course(course, chosen)
    order = Order(chosen, shown_of_hidden, seconds or chosen_platform.seconds)
    write_atomically(file, chosen_platform.build(order))
    points = {unit.name: unit.max_points for unit in chosen}
    problems = ", ".join(f"{name} ({most:g} points)" for name, most in points.items())
    click.echo(f"{file}: grades {', '.join(points)}.")
    if shown := chosen_platform.answers(chosen):
        click.echo(f"Students can read it. Reference answers in it: {', '.join(shown)}.")
    click.echo(chosen_platform.next.format(points=sum(points.values()), problems=problems))
    return 0


def _of_course(file: Path | None, chosen: Sequence[Unit]) -> Hidden:
    """What a course says of the units' hidden checks. Errors: InputError when it differs."""
    from happens_before.render.students import Hidden
    from happens_before.teach.marks import checked_course

    if file is None:
        return Hidden.SCORE
    rules = checked_course(file, None)[0].units
    said = {unit.name: rules[unit.name].hidden for unit in chosen}
    if len(set(said.values())) == 1:
        return said[chosen[0].name]
    told = ", ".join(f"{name}: {hidden}" for name, hidden in said.items())
    raise InputError(
        f"says of hidden checks {told}.", file, "Make a package for each, or give --hidden."
    )


@click.command()
@click.argument("directory", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "json", "canvas", *EACH_STUDENT]),
    required=True,
    help="The last five write a file for each student; JUnit's tell all of hidden checks, and are "
    "not for students.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    help="The file to write; a folder for files of each student.",
)
@click.option("--gradebook", type=click.Path(path_type=Path), help="canvas: its export.")
@click.option("--column", default="", help="canvas: the assignment: its name, or its number.")
@click.option("--unit", default="", help="canvas: the marks of this unit. Default: the sum.")
@click.option("--scale", is_flag=True, help="canvas: fit the marks to the column's points.")
@click.option("--classroom", default="", help="classroom50: ORGANIZATION/CLASSROOM/ASSIGNMENT.")
@_hidden
def export(
    directory: Path,
    form: str,
    out: Path,
    gradebook: Path | None,
    column: str,
    unit: str,
    scale: bool,
    classroom: str,
    hidden: str | None,
) -> int:
    """Write the marks or the reports of a results folder for another system.

    The scores are the marks, by the rules of the batch's course.toml. (JUnit and Exercism have
    none, but passed and failed.)

    Example: grader/grade teach export results --format canvas --gradebook grades.csv --column Mutex
    --out import.csv. Exit status 3: something is ungraded, and was left out.
    """
    from happens_before.core.cache import write_atomically
    from happens_before.teach.formats import table
    from happens_before.teach.marks import marks_of
    from happens_before.teach.results import Results

    _belonging(form)
    results = Results.open(directory)
    if form in EACH_STUDENT:
        return _each_student(results, form, out, hidden, classroom)
    marks = marks_of(results)
    if form == "canvas":
        _canvas(marks, gradebook, column, unit, scale, out)
    else:
        write_atomically(out, table.to_csv(marks) if form == "csv" else table.to_json(marks))
    open_marks = [mark for mark in marks if mark.final is None and not mark.excused]
    for mark in open_marks:
        click.echo(f"no mark: {mark.student}  {mark.note}".rstrip())
    marked = sum(mark.final is not None for mark in marks)
    click.echo(f"{out}: {marked} of {len(marks)} students have marks.")
    return 3 if open_marks else 0


def _belonging(form: str) -> None:
    """Errors: InputError for an option that the format has no use for."""
    given = click.get_current_context().get_parameter_source
    for option, forms in OF_FORMATS.items():
        if form not in forms and given(option) is ParameterSource.COMMANDLINE:
            raise InputError(
                f"the format {form} has no use for --{option}.",
                to_do=f"It is for {', '.join(forms)}.",
            )


def _canvas(
    marks: list[StudentMark],
    gradebook: Path | None,
    column: str,
    unit: str,
    scale: bool,
    out: Path,
) -> None:
    from happens_before.core.cache import write_atomically
    from happens_before.teach.formats import canvas

    if gradebook is None or not column:
        raise InputError("canvas needs --gradebook and --column.", to_do=canvas.HINT)
    try:
        content = gradebook.read_bytes()
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror}).", gradebook) from None
    if out.is_file() and out.samefile(gradebook):
        to_do = "Name another file with --out, and import that one in Canvas."
        raise InputError("is the gradebook itself, and would be written over.", out, to_do)
    filled = canvas.fill(content, column, marks, unit, scale)
    write_atomically(out, filled.content.decode("utf-8"))
    for note in filled.notes:
        click.echo(f"note: {note}")
    click.echo(f"{out}: {filled.filled} of {filled.rows} cells filled; import it in Canvas.")


def _each_student(
    results: Results, form: str, out: Path, hidden: str | None, classroom: str
) -> int:
    """A file for each student with a report; those that must not be scored are named."""
    from happens_before.render.formats import FORMATS
    from happens_before.render.students import Hidden, Hiding
    from happens_before.teach.formats import each, of_classroom50
    from happens_before.teach.marks import hiding_of

    hiding: Hiding = Hidden(hidden) if hidden else hiding_of(results)
    if form == "classroom50":
        render = of_classroom50.renderer(classroom, hiding)
    else:
        render = each.plainly(FORMATS[form].render, hiding)
    written = each.write(results, out, Path(FORMATS[form].file).suffix, render)
    for line in (*(f"{who} is excused." for who in written.excused), *written.open):
        click.echo(line)
    click.echo(
        f"{out}: {written.files} files written, {len(written.open)} left out; "
        f"{written.absent} handed in nothing."
    )
    return 3 if written.open else 0
