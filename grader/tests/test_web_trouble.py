"""The live page in a real browser when things go wrong: the server leaves, saves pour in, units break."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from browser import Browser, browser
from conftest import TINY_ANSWER, write_tiny
from happens_before.core.cache import Cache
from happens_before.core.pipeline import Grader
from happens_before.learn.watching import Session
from happens_before.sandbox import find_sandbox
from web_server import TOKEN, Served, served

LESSON = "lessons/04-mutex"  # a page that the book has; the unit behind it is the made-up one
LIVE = "return (document.querySelector('#live') || {}).innerText || ''"
CONNECTION = "return document.querySelector('#connection').textContent"
ASK = "return HB.ask('/check', {}).catch((error) => error.message)"
GREEN = "All promises are kept"
SAVES = 100
# What Chromium itself says of a stream that breaks off, and of each look for a server.
AWAY = ("net::ERR_INCOMPLETE_CHUNKED_ENCODING", "net::ERR_CONNECTION_REFUSED")

Serve = Callable[[int], AbstractContextManager[Served]]


@pytest.fixture
def cell(tmp_path: Path) -> Path:
    """The file to edit: the made-up unit's, at the place of a lesson."""
    place = tmp_path / LESSON
    write_tiny(tmp_path).rename(place)
    return place / "cell.c"


@pytest.fixture
def serve(cell: Path, kept: Path) -> Serve:
    """Serves the workbook of the made-up unit at a port, and checks what is saved."""
    unit = cell.parent
    root, sandbox = unit.parents[1], find_sandbox(allow_none=False)

    @contextmanager
    def start(port: int) -> Iterator[Served]:
        servers: list[Served] = []
        make, keep = lambda: Grader(sandbox, Cache(kept)), root / "progress.json"
        session = Session(lambda: [unit], make, lambda event: servers[0].board.tell(event), keep)
        with served(root, keep, lambda _: session.check(unit), port) as server:
            servers.append(server)
            with session:
                yield server

    return start


def look(browser: Browser, server: Served) -> None:
    """Open the lesson, as whoever has the printed address; its first verdict is green."""
    browser.open("about:blank")  # or the page before goes on looking for its server, and says so
    browser.open(f"{server.guard.origins[0]}/{LESSON}/?token={TOKEN}")
    shows(browser, GREEN)


def shows(browser: Browser, text: str) -> None:
    browser.wait(lambda: text in browser.run(LIVE), text)


def the_compilers_words(browser: Browser) -> list[str]:
    """They are of one save; the lines of source around them are those of the file as it is by now."""
    return [line for line in browser.run(LIVE).splitlines() if "undeclared" in line]


def test_a_server_that_goes_is_told_and_found_again_when_it_comes_back(
    browser: Browser, serve: Serve, cell: Path
) -> None:
    browser.resize(1280)
    with serve(0) as server:
        look(browser, server)
        assert browser.run(CONNECTION) == ""
        browser.is_clean()
    browser.wait(lambda: "make workbook" in browser.run(CONNECTION), "that nobody is there")
    assert GREEN in browser.run(LIVE)  # what was known stays readable
    assert "make workbook" in browser.run(ASK)  # what is asked for is answered so
    browser.picture("live-away", whole=False)
    cell.write_text("int saved_meanwhile\n")
    with serve(server.guard.port):
        browser.wait(lambda: browser.run(CONNECTION) == "", "that somebody is there again")
        shows(browser, "saved_meanwhile")
        cell.write_text(TINY_ANSWER)
        shows(browser, GREEN)
        assert not browser.all("#live .failure")
    assert [error for error in browser.errors if not error.endswith(AWAY)] == []
    assert browser.asked_outside == []


def test_of_a_hundred_saves_in_a_second_the_page_ends_on_the_last(
    browser: Browser, serve: Serve, cell: Path
) -> None:
    with serve(0) as server:
        look(browser, server)
        begun = time.monotonic()
        for number in range(1, SAVES + 1):
            cell.write_text(f"int never = save_{number};\n")
            while time.monotonic() < begun + number / SAVES:
                time.sleep(0.001)
        last = lambda line: f"save_{SAVES}" in line  # noqa: E731
        browser.wait(lambda: any(map(last, the_compilers_words(browser))), "the last verdict")
        browser.wait(lambda: browser.all("#live .now.done"), "the end of the check")
        assert all(map(last, the_compilers_words(browser)))
        assert server.board.unit(LESSON)["phase"] == "done"
        browser.is_clean()


def test_an_editor_may_save_by_renaming(browser: Browser, serve: Serve, cell: Path) -> None:
    with serve(0) as server:
        look(browser, server)
        for text, word in (("int renamed\n", "int renamed"), (TINY_ANSWER, GREEN)):
            beside = cell.with_name(".cell.c.swp")
            beside.write_text(text)
            os.replace(beside, cell)
            shows(browser, word)
        browser.is_clean()


def test_a_unit_that_breaks_while_it_is_watched_is_told_and_mended(
    browser: Browser, serve: Serve, cell: Path
) -> None:
    description = cell.parent / "unit.toml"
    right = description.read_text()
    with serve(0) as server:
        look(browser, server)
        description.write_text("schema = \n")
        browser.wait(lambda: browser.all("#live .trouble[role=alert]"), "what is in the way")
        assert "unit.toml" in browser.run(LIVE)
        description.write_text(right)
        shows(browser, GREEN)
        cell.unlink()
        browser.wait(lambda: "cell.c" in browser.run(LIVE) and GREEN not in browser.run(LIVE))
        cell.write_text(TINY_ANSWER)
        shows(browser, GREEN)
        browser.is_clean()
