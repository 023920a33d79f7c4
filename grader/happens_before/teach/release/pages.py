"""What the students' edition says: pages, Makefile and lists, without what it has not.

Marks in Markdown, which readers of the page do not see:
    <!-- instructors -->TEXT<!-- /instructors -->   is left out
    <!-- students: TEXT -->                         becomes TEXT
A row of a table that is empty then goes, too. What an edition has not needs no mark: in shell
blocks the lines go that name such a unit (U=) or target of make, in tables the rows that begin with
such a folder. In the Makefile, whole sections go, by their headings; in grader/packages.txt, every
package that not everybody needs.
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
SHELL = re.compile(r"^```sh\n.*?^```$", re.M | re.S)
FOLDER_ROW = re.compile(r"^\| `([\w./-]+)/` \|.*\n", re.M)
SECTIONS = ("Self-study readers", "Instructors", "Maintainers")  # of the Makefile
TARGET = re.compile(r"^([a-z][a-z-]*):", re.M)
FOR_US = """
# What a students' edition has not.
.PHONY: {targets}
{targets}:
	@echo 'make $@: not in a students'\\'' edition; it needs the solutions.' >&2; exit 2
"""


def adjust(edition: Edition) -> None:
    """Change the edition's texts. Errors: InputError for a mark or a heading that is not there."""
    rules = edition.files["Makefile"].content.decode()
    for name, text in edition.texts(".md"):
        shown = _without_commands(edition, page(text, name), targets(rules))
        edition.put(name, _linked(edition, name, _without_folders(edition, name, shown)))
    edition.put("Makefile", makefile(rules))
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
    parts = _sections(text)
    if sum(map(_is_ours, parts)) != len(SECTIONS):
        raise InputError(f"has not each of the sections {', '.join(SECTIONS)}.", "Makefile")
    kept = "".join(part for part in parts if not _is_ours(part)).rstrip() + "\n"
    return kept + FOR_US.format(targets=" ".join(targets(text)))


def targets(text: str) -> list[str]:
    """The targets of our sections of a Makefile."""
    return [name for part in _sections(text) if _is_ours(part) for name in TARGET.findall(part)]


def _sections(text: str) -> list[str]:
    return re.split(r"^(?=## )", text, flags=re.M)


def _is_ours(section: str) -> bool:
    return section[3:].partition("\n")[0] in SECTIONS


def dangling(edition: Edition) -> Iterator[str]:
    """Each link of a page to a file that the edition has not, as "page: target"."""
    for name, text in edition.texts(".md"):
        for _, target in LINK.findall(CODE.sub("", text)):
            place = _place(name, target)
            if place and not _there(edition, place):
                yield f"{name}: {target}"


def _without_commands(edition: Edition, text: str, gone: list[str]) -> str:
    """The text without the commands of its shell blocks that the edition cannot run."""
    units = "|".join(posixpath.basename(path) for path in edition.left_out) or "(?!)"
    asked = rf"make [^#\n]*(?:U=(?:{units})|(?<= )(?:{'|'.join(gone)}))(?![\w-])"
    command = re.compile(rf"^{asked}.*\n", re.M)
    return SHELL.sub(lambda block: command.sub("", block[0]), text)


def _without_folders(edition: Edition, name: str, text: str) -> str:
    """The text without the rows of its tables that tell of a folder which is not there."""
    return FOLDER_ROW.sub(lambda row: row[0] if _there(edition, _place(name, row[1])) else "", text)


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
