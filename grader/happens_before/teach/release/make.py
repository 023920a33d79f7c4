"""Making a students' edition, from the working tree to the disk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from happens_before.core import tree, workbook
from happens_before.core.errors import InputError
from happens_before.core.packing import ZIP
from happens_before.core.unit import Unit
from happens_before.teach.release import choose, foundations, leaks, pack, pages
from happens_before.teach.release.edition import Edition

WITHHELD = """\
# What only your instructor's edition has: hidden checks, and what they are worth.
checks = {checks}
points = {points:g}
"""
SHOWN = 5  # files that git does not track
TO_DO = "put it between <!-- instructors --> and <!-- /instructors -->."


@dataclass(frozen=True)
class Order:
    """What is asked for. units: their names, none for all; zip, tar: archives to write besides."""

    place: Path
    units: tuple[str, ...] = ()
    form: str = foundations.OBJECT
    zip: Path | None = None
    tar: Path | None = None
    root: Path = workbook.ROOT


@dataclass(frozen=True)
class Released:
    """What was made. built_on: the units with a folder foundation/.

    untracked: files of ours that git does not know, and that are not in it for that reason.
    """

    edition: Edition
    built_on: list[str]
    near_answers: list[leaks.Leak]
    untracked: list[str]


def release(order: Order) -> Released:
    """Make the edition and write it: a folder, and the archives asked for; all of it or nothing.

    Errors: InputError for a place that is not free, a full disk, and all that would be wrong with
    the edition: a link that leads nowhere, a part of a solution. GraderFault when a reference does
    not compile.
    """
    pack.check_place(order.place, order.root)
    for archive, endings in ((order.zip, ZIP), (order.tar, pack.TAR)):
        if archive:
            pack.check_file(archive, endings)
    try:
        released = compose(order.root, order.units, order.form)
        archives = {}
        if order.zip:
            archives[order.zip] = pack.as_zip(released.edition)
        if order.tar:
            compress = order.tar.name.lower().endswith(pack.COMPRESSED)
            archives[order.tar] = pack.as_tar(released.edition, compress)
        pack.write(released.edition, order.place.resolve(), archives)
    except OSError as error:
        to_do = "Nothing was left behind. Make room, or name another place."
        where = error.filename or order.place
        raise InputError(f"cannot be made ({error.strerror}).", where, to_do) from None
    return released


def compose(root: Path, names: tuple[str, ...], form: str) -> Released:
    """The edition, not written yet. Errors: as for release()."""
    edition = choose.read(root, choose.chosen(root, names))
    for unit in edition.units:
        _withhold(edition, unit)
    pages.adjust(edition)
    built_on = foundations.add(edition, root, form)
    found = leaks.look(edition, root)
    wrong = [f"{leak} would be given away." for leak in found.leaks]
    wrong += [f"{link} would lead nowhere: {TO_DO}" for link in pages.dangling(edition)]
    if wrong:
        raise InputError("\n  ".join(["the edition would not be fit for students:", *wrong]), root)
    untracked = sorted(set(tree.names(root)) - set(tree.names(root, tracked=True)))
    return Released(edition, built_on, found.near_answers, untracked)


def told(order: Order, released: Released) -> Iterator[str]:
    """What an instructor should know of it, a line each."""
    edition = released.edition
    units = "1 unit" if len(edition.units) == 1 else f"{len(edition.units)} units"
    yield f"{order.place}: {len(edition.files)} files, {units}."
    if released.built_on:
        yield f"As {order.form}, for those that build on it: {', '.join(released.built_on)}."
        if order.form == foundations.SOURCE:
            yield "Students can read these references. With --units you release week by week, and"
            yield "each comes only beside a unit that is built on it."
    if names := released.untracked:
        more = f", and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        yield f"note: git does not track it, so it is not there: {', '.join(names[:SHOWN])}{more}"
    for near in released.near_answers:
        yield f"note: an attempt is near an answer: {near}"


def _withhold(edition: Edition, unit: Unit) -> None:
    """Say in withheld.toml what the hidden checks are worth; the attempts' verdicts name them no more."""
    hidden = [check for check in unit.checks if check.hidden]
    if not hidden:
        return
    told = WITHHELD.format(checks=len(hidden), points=sum(check.points for check in hidden))
    edition.put(f"{unit.path}/withheld.toml", told)
    name = f"{unit.path}/attempts/verdicts.toml"
    if name in edition.files:
        lines = edition.files[name].content.decode().splitlines(keepends=True)
        gone = tuple(f'"{check.name}"' for check in hidden)
        edition.put(name, "".join(line for line in lines if not line.startswith(gone)))
