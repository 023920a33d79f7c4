"""The reports of a class, as a file for each student."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from happens_before.core.cache import write_atomically
from happens_before.core.errors import GraderFault
from happens_before.core.report import Report
from happens_before.render.counted import Counts, sentences
from happens_before.render.students import Hiding
from happens_before.teach import intake
from happens_before.teach.batch import report_of
from happens_before.teach.intake import Taken
from happens_before.teach.marks import counts_of, marks_of
from happens_before.teach.results import Results

Render = Callable[[Taken, Report, Counts], str]


def plainly(render: Callable[[Report, Hiding, Counts], str], hiding: Hiding) -> Render:
    """A format's own way, for those that need to know nothing else of the student."""
    return lambda _, report, counts: render(report, hiding, counts)


@dataclass
class Written:
    """files: how many. open: who has none for want of a verdict, and why. absent: how many handed
    in nothing. excused: who gets none for that.
    """

    files: int = 0
    open: list[str] = field(default_factory=list)
    absent: int = 0
    excused: list[str] = field(default_factory=list)


def write(results: Results, folder: Path, ending: str, render: Render) -> Written:
    """Write a file for each student with a verdict on all that they handed in.

    render: makes the file of a student. A file that an earlier export wrote for one who has no
    verdict now is removed. Errors: InputError.
    """
    written = Written()
    for taken, mark in zip(intake.read(results), marks_of(results), strict=True):
        file, text = folder / results.student_file(taken.student.id, ending=ending).name, None
        if mark.excused:
            written.excused.append(str(taken.student))
        elif not taken.handed_in:
            written.absent += 1
        else:
            try:
                text = _text(taken, report_of(results, taken), counts_of(mark), render)
            except GraderFault as fault:
                written.open.append(f"{taken.student}: {fault}")
        if text is None:
            file.unlink(missing_ok=True)
        else:
            write_atomically(file, text)
            written.files += 1
    return written


def _text(taken: Taken, report: Report, counts: Counts, render: Render) -> str:
    """Errors: GraderFault when there is a part that has no verdict."""
    if taken.problem:
        raise GraderFault(taken.problem)
    graded = {unit.unit for unit in report.units}
    if waiting := [unit for unit in taken.items if unit not in graded]:
        raise GraderFault(f"not graded yet: {', '.join(waiting)}.")
    report.notes += sentences(counts)
    return render(taken, report, counts)
