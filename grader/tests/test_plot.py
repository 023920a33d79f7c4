"""`make plot`: a picture from real runs, and a clear word where there can be none."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from happens_before.core import unit as units
from happens_before.core import workbook
from happens_before.core.errors import GraderFault, InputError
from happens_before.learn import plot

UNIT = "06-backpressure"
TITLES = ("Queue: values accepted", "Rate: values offered", "Latency of the value")
FEW = 40  # events: a run of a moment
ROWS = """
#include <stdio.h>
#include "cell.h"
int main(int arguments, char **argument) {
    cell_set(7);
    for (int ms = 10; ms <= 30; ms += 10) printf("%d %d 100 500 0\\n", ms, cell_get());
    fprintf(stderr, "%s of %d: %d\\n", argument[2], arguments, cell_get());
}
"""
SCRIPT = """
set terminal svg
set output 'plot.svg'
set title 'A cell'
plot for [mode in 'none credits rate'] mode.'.dat' using 1:2 with lines title mode
"""


@pytest.fixture
def cell(tiny: units.Unit) -> units.Unit:
    """The made-up unit, with a plot."""
    for name, text in ((plot.PROGRAM, ROWS), (plot.SCRIPT, SCRIPT), (plot.EVENTS, "t_us\n")):
        (tiny.directory / name).write_text(text)
    return tiny


@pytest.fixture
def short(tmp_path: Path) -> units.Unit:
    """The real unit, with the first of its events."""
    for kind in ("lessons", "solutions"):
        (tmp_path / kind).symlink_to(workbook.ROOT / kind)
    place = tmp_path / "exercises" / UNIT
    place.mkdir(parents=True)
    for file in (workbook.ROOT / "exercises" / UNIT).iterdir():
        if file.is_file():
            (place / file.name).write_bytes(file.read_bytes())
    events = (place / plot.EVENTS).read_text().splitlines(keepends=True)
    (place / plot.EVENTS).write_text("".join(events[: FEW + 1]))
    return units.load(place)


def test_the_reference_gives_a_picture_with_three_panels(short: units.Unit, tmp_path: Path) -> None:
    drawn = plot.draw(short, solution=True, to=tmp_path / "plots")
    assert drawn.file == tmp_path / "plots" / f"{UNIT}.svg"
    picture = drawn.file.read_text()
    assert all(title in picture for title in TITLES)
    assert [said.split()[0] for said in drawn.summaries] == list(plot.MODES)
    assert all(f"{FEW} finished" in said for said in drawn.summaries)


def test_each_mode_is_run_and_drawn(cell: units.Unit, tmp_path: Path) -> None:
    drawn = plot.draw(cell, solution=False, to=tmp_path)
    assert drawn.summaries == tuple(f"{mode} of 3: 7" for mode in plot.MODES)
    picture = drawn.file.read_text()
    assert "<svg" in picture and all(mode in picture for mode in plot.MODES)


def test_a_unit_without_a_plot_is_told_which_have_one(cell: units.Unit, tmp_path: Path) -> None:
    other = tmp_path / "workbook" / "lessons" / "91-none"
    other.mkdir()
    for name in ("unit.toml", "cell.h", "cell.c"):
        (other / name).write_bytes((cell.directory / name).read_bytes())
    with pytest.raises(InputError, match=r"91-none has no plot\.c.*have one: 90-cell\."):
        plot.draw(units.load(other), solution=False, to=tmp_path)
    grade = [sys.executable, str(workbook.ROOT / "grader" / "grade"), "plot", "04-mutex"]
    done = subprocess.run(grade, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "04-mutex has no plot.c" in done.stderr
    assert UNIT in done.stderr


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("int cell_get(void) { return missing; }\n", r"cell\.c:1: .*missing"),
        ("void cell_set(int value) { (void)value; }\n", "cell_get"),
    ],
    ids=["compiler", "linker"],
)
def test_code_that_does_not_compile_is_told_why(
    cell: units.Unit, tmp_path: Path, code: str, words: str
) -> None:
    (cell.directory / "cell.c").write_text(code)
    with pytest.raises(InputError, match=f"(?s)does not compile:.*{words}"):
        plot.draw(cell, solution=False, to=tmp_path)
    assert not (tmp_path / "90-cell.svg").exists()


@pytest.mark.parametrize(
    ("body", "limit_s", "words"),
    [
        ("for (;;) ;", 0.5, "hangs in the mode 'none': stopped after 0.5 s"),
        ("__builtin_trap();", 30.0, r"fails in the mode 'none' \(signal \d+\)"),
    ],
    ids=["hangs", "crashes"],
)
def test_a_program_that_does_not_end_well_is_told(
    cell: units.Unit, tmp_path: Path, body: str, limit_s: float, words: str
) -> None:
    (cell.directory / plot.PROGRAM).write_text(f"int main(void) {{ {body} }}\n")
    with pytest.raises(InputError, match=words):
        plot.draw(cell, solution=False, to=tmp_path, limit_s=limit_s)


def test_without_gnuplot_it_says_what_to_do(
    cell: units.Unit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plot, "PATH", "/nonexistent")
    with pytest.raises(GraderFault, match="make setup.*gnuplot-nox"):
        plot.draw(cell, solution=False, to=tmp_path)
