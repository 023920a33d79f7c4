"""A unit's plot: its plot.c replays events.csv in each mode, and its plot.gp draws the curves."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from happens_before.core import foundation, workbook
from happens_before.core.compilers import PLAIN, parse
from happens_before.core.errors import GraderFault, InputError
from happens_before.core.unit import Unit
from happens_before.learn.benchmark import FLAGS
from happens_before.learn.packages import PATH

PROGRAM, EVENTS, SCRIPT, DRAWN = "plot.c", "events.csv", "plot.gp", "plot.svg"
MODES = ("none", "credits", "rate")  # of every plot.c; plot.gp reads none.dat, and so on
PLOTS = workbook.ROOT / "build" / "plots"
LIMIT_S = 30.0  # for one mode; it takes as long as the events, some seconds
ERRORS = 5  # of the compiler, that are told


@dataclass(frozen=True)
class Drawn:
    """The picture, and what the program said of each mode."""

    file: Path
    summaries: tuple[str, ...]


def draw(unit: Unit, solution: bool, to: Path = PLOTS, limit_s: float = LIMIT_S) -> Drawn:
    """Build, run each mode, and draw `to`/UNIT.svg.

    solution: with the reference, instead of the files that stand in the unit's directory.
    Errors: InputError when the unit has no plot, or its code does not compile, fails or hangs;
            GraderFault without gnuplot.
    """
    _check_unit(unit)
    gnuplot = shutil.which("gnuplot", path=PATH)
    if not gnuplot:
        raise GraderFault("gnuplot is not installed: `make setup` does it (package gnuplot-nox).")
    with tempfile.TemporaryDirectory(prefix="happens-before-") as directory:
        place = Path(directory)
        _build(unit, _own_sources(unit, solution), place / "plot")
        summaries = tuple(_run(unit, place, mode, limit_s) for mode in MODES)
        _draw(gnuplot, unit.directory / SCRIPT, place)
        to.mkdir(parents=True, exist_ok=True)
        file = to / f"{unit.name}.svg"
        shutil.copyfile(place / DRAWN, file)
    return Drawn(file, summaries)


def _check_unit(unit: Unit) -> None:
    if not (unit.directory / PROGRAM).is_file():
        root = unit.directory.parents[1]
        having = [d.name for d in workbook.unit_directories(root) if (d / PROGRAM).is_file()]
        raise InputError(
            f"{unit.name} has no {PROGRAM}: there is nothing to plot.",
            to_do=f"Units that have one: {', '.join(having) or 'none'}.",
        )
    for name in (EVENTS, SCRIPT):
        if not (unit.directory / name).is_file():
            raise InputError("is not there.", unit.directory / name)


def _own_sources(unit: Unit, solution: bool) -> Sequence[Path]:
    """The unit's editable files: the reader's, or the reference's."""
    files = unit.reference if solution else [unit.directory / name for name in unit.editable]
    for file in files:
        if not file.is_file():
            to_do = "A students' edition has no references." if solution else ""
            raise InputError("is not there.", file, to_do)
    return files


def _build(unit: Unit, own: Sequence[Path], program: Path) -> None:
    """As for a benchmark: the foundations' references, and Linux itself behind the runtime's names."""
    sources = [*own, *(f for each in unit.foundations for f in foundation.files(each, PLAIN))]
    sources += [unit.directory / PROGRAM, *sorted((workbook.RUNTIME / "system").glob("*.c"))]
    includes = [f"-I{path}" for path in (workbook.RUNTIME / "include", *unit.includes)]
    command = ["gcc", *FLAGS, *includes, *map(str, sources), "-o", str(program)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise InputError(f"does not compile:\n{_first_errors(done.stderr)}", own[0].parent)


def _first_errors(said: str) -> str:
    """The first errors of the compiler; what the linker said when there is none."""
    errors = [message for message in parse("gcc", said) if message.severity == "error"]
    told = [f"  {e.file}:{e.line}: {e.text}" for e in errors] or said.strip().splitlines()
    return "\n".join(told[:ERRORS])


def _run(unit: Unit, place: Path, mode: str, limit_s: float) -> str:
    """Run one mode into MODE.dat; returns the summary. Errors: InputError."""
    command = [str(place / "plot"), str(unit.directory / EVENTS), mode]
    with (place / f"{mode}.dat").open("wb") as rows:
        try:
            done = subprocess.run(
                command, stdout=rows, stderr=subprocess.PIPE, timeout=limit_s, check=False
            )
        except subprocess.TimeoutExpired:
            raise InputError(
                f"the plot of {unit.name} hangs in the mode '{mode}': stopped after {limit_s:g} s.",
                to_do=f"A value was lost, or nobody was woken: make check U={unit.name}.",
            ) from None
    said = done.stderr.decode(errors="replace").strip()
    if done.returncode != 0:
        how = f"signal {-done.returncode}" if done.returncode < 0 else f"status {done.returncode}"
        raise InputError(f"the plot of {unit.name} fails in the mode '{mode}' ({how}):\n{said}")
    return said


def _draw(gnuplot: str, script: Path, place: Path) -> None:
    done = subprocess.run(
        [gnuplot, str(script)], cwd=place, capture_output=True, text=True, check=False
    )
    if done.returncode != 0 or not (place / DRAWN).is_file():
        raise GraderFault(f"gnuplot cannot draw {script.name}:\n{done.stderr.strip()}")
