"""The end of a batch: what is written for the class, and what is said of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from happens_before.core.archive import shown
from happens_before.core.cache import write_atomically
from happens_before.teach.pages import class_report, feedback
from happens_before.teach.pages.class_numbers import numbers_of
from happens_before.teach.formats import table
from happens_before.teach.intake import FILE, Taken
from happens_before.teach.marks import course_of, marks_of
from happens_before.teach.results import Results
from happens_before.teach.similar.similarity import similar_in

TOLD = 10  # of each kind of thing


def write_all(results: Results) -> list[str]:
    """Write the class's marks, the students' pages and the class's.

    Returns what could not be made, each as a sentence: a page that fails takes nothing with it, and
    its own command makes it again. Errors: InputError when the marks cannot be written.
    """
    marks = marks_of(results)
    write_atomically(results.directory / table.FILE, table.to_json(marks))
    write_atomically(results.directory / "marks.csv", table.to_csv(marks))
    missing = []
    for command, make in (("feedback", _feedback), ("report", _report)):
        try:
            make(results)
        except Exception as error:  # whatever it is, the class is graded
            again = f"grader/grade teach {command} {results.directory}"
            missing.append(f"no {command} yet ({type(error).__name__}: {error}). Then: {again}")
    return missing


def _feedback(results: Results) -> None:
    settings = feedback.settings_of(course_of(results), results.units())
    for _ in feedback.write_all(results, settings):
        pass


def _report(results: Results) -> None:
    course = course_of(results)
    numbers = numbers_of(results, course)
    class_report.write(results, numbers, similar_in(results), course.title)


def lines(results: Results, taken: Sequence[Taken], faults: Counter[str]) -> Iterator[str]:
    """What an instructor must know in the morning, most urgent first."""
    for fault, times in faults.most_common(3):
        yield f"ungraded, {times} times: {fault}"
    kept = results.read_json(FILE) or {}
    problems = [f"{shown(str(each.student))}: {each.problem}" for each in taken if each.problem]
    nobodys = [f"{path}: {why}" for path, why in kept.get("unmatched", ())]
    absent = [shown(str(each.student)) for each in taken if not each.handed_in]
    yield from _listed("could not be read", problems)
    yield from _listed("nobody's", nobodys)
    yield from _listed("handed in nothing", absent)
    handed_in = sum(each.handed_in for each in taken)
    yield f"{results.directory}: {handed_in} hand-ins. marks.csv: the marks;"
    yield "    report.html: the class; feedback/: a page for each student."


def _listed(title: str, items: Sequence[str]) -> Iterator[str]:
    if not items:
        return
    yield f"{title}: {len(items)}"
    yield from (f"    {item}" for item in items[:TOLD])
    if len(items) > TOLD:
        yield f"    and {len(items) - TOLD} more, in {FILE}"
