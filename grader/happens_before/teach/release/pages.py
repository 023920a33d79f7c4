"""What the students' edition says: pages, Makefile and lists, without what it has not.

Marks in Markdown, which readers of the page do not see:
    <!-- instructors -->TEXT<!-- /instructors -->   is left out
    <!-- students: TEXT -->                         becomes TEXT
A row of a table that is empty then goes, too. In the Makefile, whole sections go, by their headings;
in grader/packages.txt, every package that not everybody needs.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from happens_before.core.errors import InputError
from happens_before.teach.release.edition import Edition

OURS = re.compile(r"<!-- instructors -->.*?<!-- /instructors -->", re.S)
THEIRS = re.compile(r"<!-- students:\s*(.*?)\s*-->", re.S)
LEFT = re.compile(r"<!-- /?(?:instructors|students)\b")
LINK = re.compile(r"(?<!!)\[([^\]\n]*)\]\(([^)\s]+)\)")
CODE = re.compile(r"^(```|~~~).*?^\1", re.M | re.S)
SECTIONS = ("Instructors", "Maintainers")  # of the Makefile
TARGET = re.compile(r"^([a-z][a-z-]*):", re.M)
FOR_US = """
# What a students' edition has not.
.PHONY: {targets}
{targets}:
	@echo 'make $@: not in a students'\\'' edition; it needs the solutions.' >&2; exit 2
"""


def adjust(edition: Edition) -> None:
    """Change the edition's texts. Errors: InputError for a mark or a heading that is not there."""
    for name, text in edition.texts(".md"):
        edition.put(name, _linked(edition, name, page(text, name)))
    edition.put("Makefile", makefile(edition.files["Makefile"].content.decode()))
    packages = edition.files["grader/packages.txt"].content.decode()
    kept = [line for line in packages.splitlines() if "|" not in line or _for_everybody(line)]
    edition.put("grader/packages.txt", "\n".join(kept) + "\n")


def page(text: str, name: str) -> str:
    """A Markdown page as students get it. Errors: InputError for a mark without its partner."""
    cut = OURS.sub("\0", text)
    cut = re.sub(r"^\|[| ]*\0[| ]*\n", "", cut, flags=re.M)  # a row of a table
    cut = re.sub(r"\n{2,}\0\n{2,}", "\n\n", cut)  # a part of its own
    cut = re.sub(r" *\0$", "", cut, flags=re.M).replace("\0", "")
    cut = THEIRS.sub(lambda match: match[1], cut)
    if mark := LEFT.search(cut):
        near = " ".join(cut[mark.start() : mark.start() + 60].split())
        raise InputError(f"a mark without its partner: '{near}'.", name)
    return cut


def makefile(text: str) -> str:
    """The Makefile without our sections; their targets say that they are not there."""
    parts = re.split(r"^(?=## )", text, flags=re.M)
    ours = [part for part in parts if part[3:].partition("\n")[0] in SECTIONS]
    if len(ours) != len(SECTIONS):
        raise InputError(f"has not each of the sections {', '.join(SECTIONS)}.", "Makefile")
    targets = " ".join(name for part in ours for name in TARGET.findall(part))
    kept = "".join(part for part in parts if part not in ours).rstrip() + "\n"
    return kept + FOR_US.format(targets=targets)


def dangling(edition: Edition) -> Iterator[str]:
    """Each link of a page to a file that the edition has not, as "page: target"."""
    for name, text in edition.texts(".md"):
        for _, target in LINK.findall(CODE.sub("", text)):
            place = _place(name, target)
            if place and not _there(edition, place):
                yield f"{name}: {target}"


def _linked(edition: Edition, name: str, text: str) -> str:
    """Links to units that were left out become plain words."""

    def unlinked(match: re.Match[str]) -> str:
        place = _place(name, match[2]) + "/"
        return match[1] if place.startswith(tuple(f"{p}/" for p in edition.left_out)) else match[0]

    return LINK.sub(unlinked, text)


def _place(page_name: str, target: str) -> str:
    """The path in the workbook that a link leads to; "" for one that leads elsewhere."""
    path = target.partition("#")[0]
    if not path or re.match(r"[a-z]+:", path):
        return ""
    return posixpath.normpath(posixpath.join(posixpath.dirname(page_name), path))


def _there(edition: Edition, place: str) -> bool:
    return place in edition.files or any(name.startswith(f"{place}/") for name in edition.files)


def _for_everybody(line: str) -> bool:
    return line.startswith("#") or line.split("|")[1].strip() == "everybody"
