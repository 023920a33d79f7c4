"""The book: every page as HTML, made when it is asked for, the same for the disk and the server."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from happens_before.core import tree, workbook
from happens_before.core.errors import InputError
from happens_before.web import assets, highlight, markdown, quizzes, shelf, stories
from happens_before.web.shelf import Chapter
from happens_before.web.stories import Wanted

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).resolve().parent / "templates"
PLAY, LAB = "play.html", "litmus.html"
PICTURES = ".png"


class Book:
    """The pages of a workbook.

    live: they are served beside the reader's own code; without, they stand alone.
    """

    def __init__(self, root: Path = workbook.ROOT, live: bool = False) -> None:
        self.root, self.live = root, live
        self.chapters = shelf.chapters(root)
        self.names = set(tree.names(root))
        self.pictures: set[str] = set()
        self.wanted: dict[str, str] = {}  # pages that others lead to: url -> file or folder
        self._documents: dict[str, tuple[int, markdown.Document]] = {}

    def page(self, url: str) -> str:
        """A page's HTML. Errors: KeyError when there is no such page."""
        if url == shelf.FRONT:
            return self._fill("map.html.j2", url, "Happens-Before", days=self._days())
        if url == LAB:
            return self._fill("litmus.html.j2", url, "The litmus lab")
        if url == PLAY and self.live:
            return self._fill("play.html.j2", url, "Be the adversary")
        for chapter in self.chapters:
            if chapter.url == url:
                return self._reading(chapter)
        name, folder = self._behind(url)
        if folder:
            inside = sorted(n for n in self.names if n.startswith(f"{name}/"))
            links = [(n.removeprefix(f"{name}/"), self._to(url, n)) for n in inside]
            return self._fill("folder.html.j2", url, f"{name}/", links=links)
        if name.endswith(".md"):
            return self._reading(Chapter(name, url, self.document(name, url).title))
        return self._source(name, url)

    def document(self, name: str, url: str) -> markdown.Document:
        """A text of the workbook, rendered. Errors: InputError for a link that leads nowhere."""
        file = self.root / name
        stamp = file.stat().st_mtime_ns
        if name not in self._documents or self._documents[name][0] != stamp:
            text = file.read_text(encoding="utf-8")
            document = markdown.render(text, lambda href: self._resolved(name, url, href))
            self._documents[name] = (stamp, document)
        return self._documents[name][1]

    def write(self, directory: Path) -> int:
        """Write the whole book. Returns the number of pages. Errors: InputError."""
        for name, content in assets.every(self):
            file = directory / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        asked = [story for chapter in self.chapters for story in self.stories(chapter)]
        with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
            for story, text in zip(asked, pool.map(stories.script, asked)):
                file = directory / story.place
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, encoding="utf-8")
        made: set[str] = set()
        waiting = [shelf.FRONT, LAB, *(chapter.url for chapter in self.chapters)]
        while waiting:
            for url in waiting:
                file = directory / url
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(self.page(url), encoding="utf-8")
            made.update(waiting)
            waiting = sorted(set(self.wanted) - made)
        for name in self.pictures:
            (directory / name).parent.mkdir(parents=True, exist_ok=True)
            (directory / name).write_bytes(self.picture(name))
        return len(made)

    def picture(self, name: str) -> bytes:
        """A picture that stands in a text. Errors: KeyError when there is none such."""
        if not name.endswith(PICTURES) or name not in self.names:
            raise KeyError(name)
        return (self.root / name).read_bytes()

    def _reading(self, chapter: Chapter) -> str:
        document = self.document(chapter.name, chapter.url)
        at = self.chapters.index(chapter) if chapter in self.chapters else None
        unit = chapter.unit
        files = shelf.files_of(unit) if unit else []
        parts = [(part.heading, self._inside(chapter, part.html)) for part in document.parts]
        return self._fill(
            "chapter.html.j2",
            chapter.url,
            document.title or chapter.title,
            chapter=chapter,
            parts=parts,
            questions=quizzes.by_section(unit, document) if unit else {},
            toc=[h for h in document.headings if h.level in (2, 3)],
            before=self.chapters[at - 1] if at else None,
            after=self.chapters[at + 1] if at is not None and at + 1 < len(self.chapters) else None,
            files=[(n.rpartition("/")[2], self._to(chapter.url, n)) for n in files],
        )

    def stories(self, chapter: Chapter) -> list[Wanted]:
        """The interleavings that a chapter asks for. Errors: InputError for an odd comment."""
        where = self.root / chapter.name
        said = self.document(chapter.name, chapter.url).players
        return [stories.wanted(chapter.unit, item, where) for item in said]

    def story_at(self, place: str) -> Wanted | None:
        """The interleaving whose script stands there."""
        every = (story for chapter in self.chapters for story in self.stories(chapter))
        return next((story for story in every if story.place == place), None)

    def _inside(self, chapter: Chapter, html: str) -> str:
        """A part's HTML with its players."""
        for number, story in enumerate(self.stories(chapter)):
            if markdown.place(number) in html:
                source = shelf.link(chapter.url, story.place)
                filled = _environment().get_template("player.html.j2")
                figure = filled.render(story=story, source=source)
                html = html.replace(markdown.place(number), figure)
        return html

    def _source(self, name: str, url: str) -> str:
        try:
            text = (self.root / name).read_text(encoding="utf-8")
        except (OSError, UnicodeError):
            raise KeyError(url) from None
        language = name.rpartition(".")[2] if "." in name else ""
        home = next((c for c in self.chapters if c.unit and name.startswith(c.unit.path)), None)
        code = highlight.numbered(text, "make" if name.endswith("Makefile") else language)
        return self._fill("source.html.j2", url, name, code=code, home=home)

    def _behind(self, url: str) -> tuple[str, bool]:
        """The file behind a page, or the folder."""
        if url.startswith("source/") and url.endswith("/index.html"):
            folder = url.removeprefix("source/").removesuffix("/index.html")
            if any(name.startswith(f"{folder}/") for name in self.names):
                return folder, True
        for name in self.names:
            if shelf.url_of(name) == url:
                return name, False
        raise KeyError(url)

    def _resolved(self, name: str, url: str, href: str) -> str | None:
        target = shelf.target_of(name, href)
        if target is None:
            return href
        path, fragment = target
        if path.startswith(shelf.NOT_SHOWN):
            return None
        if path.endswith(PICTURES) and path in self.names:
            self.pictures.add(path)
            return shelf.link(url, path)
        if path not in self.names and not any(n.startswith(f"{path}/") for n in self.names):
            raise InputError(f"the link to {href} leads nowhere.", self.root / name)
        return self._to(url, path) + (f"#{fragment}" if fragment else "")

    def _to(self, url: str, name: str) -> str:
        """The link to a file's or folder's page, which is wanted from now on."""
        to = shelf.url_of(name, name not in self.names)
        self.wanted[to] = name
        return shelf.link(url, to)

    def _days(self) -> list[tuple[str, list[Chapter]]]:
        return list(shelf.groups(self.chapters))

    def _tools(self) -> list[tuple[str, str]]:
        """Pages that are no text: where, and what they are called."""
        return [(LAB, "The litmus lab")] + ([(PLAY, "Be the adversary")] if self.live else [])

    def _fill(self, template: str, url: str, title: str, **values: Any) -> str:
        return (
            _environment()
            .get_template(template)
            .render(
                url=url,
                title=title,
                top=shelf.link(url, "top").removesuffix("top"),
                groups=self._days(),
                tools=self._tools(),
                live=self.live,
                **values,
            )
        )


def notice(title: str, text: str) -> str:
    """A page that only says something; nothing that it shows needs the token."""
    return _environment().get_template("notice.html.j2").render(title=title, text=text)


def write(directory: Path, root: Path = workbook.ROOT) -> int:
    """Write the static edition in place of what an earlier one left there. Returns its pages.

    Errors: InputError when the directory holds something else, or cannot be written.
    """
    if directory.exists() and any(directory.iterdir()) and not (directory / shelf.FRONT).is_file():
        raise InputError("holds something that is no book.", directory, "Name another directory.")
    fresh = directory.with_name(directory.name + ".new")
    try:
        shutil.rmtree(fresh, ignore_errors=True)
        count = Book(root).write(fresh)
        shutil.rmtree(directory, ignore_errors=True)
        fresh.rename(directory)
    except OSError as error:
        to_do = "Make room, or name another directory."
        raise InputError(f"cannot be written ({error.strerror}).", directory, to_do) from None
    return count


@lru_cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["link"] = shelf.link
    environment.globals["code"] = highlight.coloured
    return environment
