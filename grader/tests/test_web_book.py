"""The book: every page is valid and leads somewhere, and asks for nothing from outside."""

from __future__ import annotations

import json
import posixpath
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import html5lib
import pytest
from happens_before.core import workbook
from happens_before.core.errors import GraderFault, InputError
from happens_before.learn import quiz
from happens_before.web import assets, book, highlight, markdown, shelf, stories
from happens_before.web.book import Book

FIRST_PAGE_BYTES = 100_000


def pages(place: Path) -> Iterator[tuple[str, str]]:
    """Every page's place and text."""
    for file in sorted(place.rglob("*.html")):
        yield file.relative_to(place).as_posix(), file.read_text(encoding="utf-8")


def test_every_page_is_valid_and_well_ordered(written: Path) -> None:
    for number, (url, page) in enumerate(pages(written)):
        if not url.startswith("source/") or number % 20 == 0:  # those are made alike, and long
            html5lib.HTMLParser(strict=True).parse(page)
        levels = [int(level) for level in re.findall(r"<h([1-6])\b", page.partition("<main")[2])]
        assert levels[0] == 1 and levels.count(1) == 1, url
        ids = re.findall(r'\sid="([^"]*)"', page)
        assert len(ids) == len(set(ids)), url
        assert not re.search(r"\son[a-z]+=|\sstyle=|javascript:", page), url


def test_every_link_leads_somewhere_and_nothing_is_loaded_from_outside(written: Path) -> None:
    texts = dict(pages(written))
    anchors = {url: set(re.findall(r'\sid="([^"]*)"', page)) for url, page in texts.items()}
    for url, page in texts.items():
        for element, target in re.findall(r'<(\w+)[^>]*?\s(?:src|href)="([^"]*)"', page):
            if re.match(r"https?:", target):
                assert element == "a", f"{url} loads {target}"
                continue
            path, _, fragment = target.partition("#")
            to = posixpath.normpath(posixpath.join(posixpath.dirname(url), path)) if path else url
            assert (written / to).is_file(), f"{url}: {target}"
            assert not fragment or unquote(fragment) in anchors[to], f"{url}: {target}"


def test_no_sheet_and_no_script_of_ours_names_another_host(written: Path) -> None:
    for file in (written / "static").iterdir():
        if file.name not in ("search-index.js", "lunr.min.js"):
            text = file.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
            forbidden = r"https?:|//[a-z0-9-]+\.[a-z]|@import" + (
                r"|url\(" if ".css" in file.name else ""
            )
            assert not re.search(forbidden, text), file.name


def test_the_first_page_is_small(written: Path) -> None:
    page = (written / "index.html").read_text(encoding="utf-8")
    loaded = re.findall(r'<(?:link|script)[^>]*?\s(?:src|href)="([^"]*)"', page)
    assert len(loaded) >= 3
    size = len(page.encode()) + sum((written / name).stat().st_size for name in loaded)
    assert size <= FIRST_PAGE_BYTES


def test_every_chapter_is_there_with_its_neighbours_and_its_questions(written: Path) -> None:
    chapters = shelf.chapters()
    days = [chapter.unit.day for chapter in chapters if chapter.unit]
    assert days == sorted(days) and len(set(days)) > 1, "a day's exercises come before the next day"
    for before, chapter in zip(chapters, chapters[1:]):
        page = (written / chapter.url).read_text(encoding="utf-8")
        assert f'rel="prev" href="{shelf.link(chapter.url, before.url)}"' in page
        if chapter.unit:
            for question in quiz.load(chapter.unit):
                assert f'id="quiz-{question.id}"' in page


def test_anchors_are_those_of_github(written: Path) -> None:
    for chapter in shelf.chapters():
        if chapter.unit:
            page = (written / chapter.url).read_text(encoding="utf-8")
            ids = set(re.findall(r'<h[1-6] id="([^"]*)"', page))
            assert {question.section for question in quiz.load(chapter.unit)} <= ids
    taken = set[str]()
    titles = ["What `C` does", "What C does", "Why, and *how*?", "x_y - z"]
    found = [markdown.anchor(title.replace("*", "").replace("`", ""), taken) for title in titles]
    assert found == ["what-c-does", "what-c-does-1", "why-and-how", "x_y---z"]


def test_no_solution_is_in_the_book(written: Path) -> None:
    assert not [url for url, _ in pages(written) if "solutions/" in url]
    for file in (written / stories.FOLDER).rglob("*.js"):
        assert '"solutions/' not in file.read_text().partition('"sources":')[2].partition("]")[0]


def told() -> list[stories.Wanted]:
    """Every interleaving that a chapter asks for."""
    whole = Book()
    return [story for chapter in whole.chapters for story in whole.stories(chapter)]


@pytest.mark.parametrize("story", told(), ids=lambda story: story.name)
def test_each_player_shows_the_fault_that_its_chapter_tells_of(story: stories.Wanted) -> None:
    shown = stories.told(story)
    assert shown["fault"]["kind"].replace(" ", "-") == story.kind
    assert shown["steps"] and shown["unit"] == story.unit.path


def test_every_chapter_with_attempts_has_a_player() -> None:
    assert {story.unit.path for story in told()} == {
        directory.relative_to(workbook.ROOT).as_posix() for directory in workbook.unit_directories()
    }


def test_a_player_with_another_fault_than_the_text_tells_is_refused() -> None:
    found = next(story for story in told() if story.program == "two_steps.c")
    other = stories.Wanted(found.unit, "deadlock", found.program)
    with pytest.raises(GraderFault, match="tells of deadlock, and it is assertion"):
        stories.told(other)


@pytest.mark.parametrize(
    "said",
    [{"kind": "race"}, {"attempt": "x"}, {"program": "x.c", "attempt": "x", "kind": "race"}]
    + [{"program": "x.c", "kind": "race", "colour": "red"}],
)
def test_an_odd_player_comment_is_told(said: dict[str, str]) -> None:
    unit = shelf.chapters()[0].unit
    with pytest.raises(InputError, match="player"):
        stories.wanted(unit, said, Path("README.md"))


def test_text_cannot_become_markup() -> None:
    text = "# <b>A</b>\n\n<script>alert(1)</script>\n\na<br>b <img src=x onerror=y> `<i>`\n\n```c\n<u>\n```\n"
    html = "".join(part.html for part in markdown.render(text, str).parts)
    assert "<script" not in html and "<img" not in html and "<b>" not in html and "<u>" not in html
    assert "<br>" in html and "&lt;i&gt;" in html


def test_comments_vanish_and_links_lead_on() -> None:
    seen: list[str] = []

    def resolve(href: str) -> str | None:
        seen.append(href)
        return None if href == "gone" else f"to/{href}"

    text = "a <!-- nobody --> [c](d) [e](gone)\n\n<!-- nobody -->\n"
    html = "".join(part.html for part in markdown.render(text, resolve).parts)
    assert seen == ["d", "gone"]
    assert '<a href="to/d">c</a> <span>e</span>' in html and "nobody" not in html


def test_a_link_that_leads_nowhere_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Book()
    whole.names.discard("lessons/04-mutex/mutex.h")
    chapter = next(c for c in whole.chapters if c.name.startswith("lessons/04-mutex"))
    with pytest.raises(InputError, match="mutex.h leads nowhere"):
        whole.page(chapter.url)


def test_a_directory_with_something_else_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("three years")
    with pytest.raises(InputError, match="holds something that is no book"):
        book.write(tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "three years"


def test_lines_of_source_have_their_numbers_and_tokens_end_with_them() -> None:
    shown = highlight.numbered("/* a\n b */\nint x;\n", "c")
    assert shown.count('<span class="line" id="L') == 3
    for line in shown.split('<span class="line"')[1:]:
        assert line.count("<span") + 1 == line.count("</span>")


def test_the_index_of_the_search_has_every_section(written: Path) -> None:
    text = (written / assets.SEARCH).read_text(encoding="utf-8")
    sections = json.loads(text.partition("HB.sections = ")[2].rstrip().rstrip(";"))
    assert ["lessons/04-mutex/index.html", "three-states"] in [s[:2] for s in sections]
    assert len(sections) > 100 and all(len(section) == 5 for section in sections)


def test_the_command_writes_it_again_in_no_time(written: Path, tmp_path: Path) -> None:
    started = time.monotonic()
    command = ["/usr/bin/python3", "grader/grade", "book", "--out", str(tmp_path / "b")]
    done = subprocess.run(command, cwd=workbook.ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "pages. Open " in done.stdout
    assert time.monotonic() - started < 60  # two seconds when nobody else is at work
