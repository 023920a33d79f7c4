"""A made-up class, to try the instructor's commands on, and to measure them by.

Its answers are what the workbook has: the skeletons, references, mutants, alternates and attempts
of the units, drawn with a fixed seed.
"""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from happens_before.core.cache import write_atomically
from happens_before.core.errors import InputError
from happens_before.core.unit import Unit
from happens_before.learn import attempts
from happens_before.maintain import variants

SEED = 20260101
FIRST = (
    "Ada Barbara Cem Dilek Edsger Fatima Grace Hiro Ines Jörg Kofi Leslie Mina Niklaus Olga".split()
)
LAST = "Abara Brandt Chen Duarte Eriksen Fischer Gupta Haddad Ito Jansen Kaya Lund Moreau".split()

Answer = Mapping[str, bytes]
COURSE = """# What the course makes of points: grader/schema/course.schema.json describes every key.
title = "Advanced concurrency: a made-up class"
time_zone = "Europe/Berlin"

[late]
grace_days = 2        # that each student may spend over the course
per_cent_a_day = 10
cut_off_days = 7
"""


def write(directory: Path, size: int, units: Sequence[Unit]) -> None:
    """Write `size` submissions, roster.csv and course.toml below a new directory.

    Errors: InputError when the directory is not empty, or cannot be written.
    """
    if directory.exists() and any(directory.iterdir()):
        raise InputError("is not empty.", directory, "Name a new one.")
    pools = {unit.path: list(answers(unit)) for unit in units}
    people = [_person(number) for number in range(size)]
    make_class(directory / "submissions", [login for login, _ in people], pools, shared=False)
    rows = [("id", "name", "email", "login", "section")]
    for number, (login, name) in enumerate(people):
        rows.append((login, name, f"{login}@example.org", login, "AB"[number % 2]))
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    write_atomically(directory / "roster.csv", text.getvalue())
    write_atomically(directory / "course.toml", COURSE)


def _person(number: int) -> tuple[str, str]:
    """The login and the name of a student; the first 195 have names of their own."""
    first, last = FIRST[number % len(FIRST)], LAST[number % len(LAST)]
    return f"s{number:04}", f"{first} {last}"


def answers(unit: Unit) -> Iterator[Answer]:
    """What a class may hand in for a unit: from nothing done to all right."""
    yield {name: (unit.directory / name).read_bytes() for name in unit.editable}
    yield variants.reference(unit).files
    yield from (mutant.files.files for mutant in variants.mutants(unit))
    yield from (files.files for files in variants.alternates(unit).values())
    for attempt in attempts.load(unit).values():
        entries = attempts.as_submission(unit, attempt).entries
        yield {Path(place).name: entry.content for place, entry in entries.items()}


def make_class(
    folder: Path, names: Sequence[str], pools: Mapping[str, Sequence[Answer]], shared: bool
) -> None:
    """Write a submission for each name, each with one answer of every unit.

    pools: unit path -> its answers. Each file is signed with its student's name in a comment, so
    that no two are equal; shared: they are not signed.
    """
    chance = random.Random(SEED)
    for name in names:
        for path, pool in pools.items():
            place = folder / name / path
            place.mkdir(parents=True)
            for file, content in chance.choice(pool).items():
                signed = content if shared else content + f"/* {name} */\n".encode()
                (place / file).write_bytes(signed)
