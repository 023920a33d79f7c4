"""The workbook in a real browser: read, answered, played, mended, by mouse and by keyboard alone."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import axe
import pytest
from browser import Browser, browser
from happens_before.core import unit as units
from happens_before.core import workbook
from happens_before.core.cache import Cache
from happens_before.core.pipeline import Grader
from happens_before.learn import levels
from happens_before.learn.game import Game
from happens_before.learn.watching import Session
from happens_before.sandbox import find_sandbox
from happens_before.web.games import Play
from selenium.webdriver.common.keys import Keys
from test_game import follow, the_way
from web_server import TOKEN, Served, served

LESSON = "lessons/04-mutex"
LIVE = "return (document.querySelector('#live') || {}).innerText || ''"
GAME = "return document.querySelector('#game').innerText"
PAGES = ("index.html", f"{LESSON}/index.html", "litmus.html", f"source/{LESSON}/mutex.h.html")


@pytest.fixture(autouse=True)
def as_usual(browser: Browser) -> None:
    """Wide and light, whatever the test before has done."""
    browser.resize(1280)
    browser.prefer(color_scheme="light")


@pytest.mark.parametrize("page", PAGES)
def test_pages_work_from_a_disk_for_every_reader(
    browser: Browser, written: Path, page: str
) -> None:
    browser.open(written / page)
    for scheme in ("light", "dark"):
        browser.prefer(color_scheme=scheme)
        assert axe.violations(browser) == []
        browser.picture(f"{page.replace('/', '-')}-{scheme}", whole=False)
    browser.resize(360)
    assert browser.run("return document.documentElement.scrollWidth") <= 360
    browser.picture(f"{page.replace('/', '-')}-phone", whole=False)
    browser.is_clean()


def test_a_chapter_is_read_its_interleaving_played_and_its_question_answered(
    browser: Browser, written: Path
) -> None:
    browser.open(written / "index.html")
    next(link for link in browser.all("main h3 a") if "mutex from scratch" in link.text).click()
    browser.wait(lambda: browser.all("figure.player"), "the chapter")
    browser.one("figure.player[data-story$='two_steps'] button").click()
    browser.wait(lambda: browser.all(".hb-player .hb-count, .hb-live .hb-count"), "the player")
    browser.press(Keys.END)
    assert axe.violations(browser) == []
    question = browser.one("#quiz-two_steps")
    browser.run("arguments[0].closest('details').open = true", question)
    assert "quiz" not in browser.one("#quiz-two_steps .reply").text
    submit = browser.one("#quiz-two_steps [type=submit]")
    submit.click()
    assert browser.one("#quiz-two_steps .reply").text == "Choose one first."
    for choice in browser.all("#quiz-two_steps [type=radio]"):
        if browser.all("#quiz-two_steps .right"):
            break
        choice.click()
        browser.one("#quiz-two_steps [type=submit]").click()
        assert browser.one("#quiz-two_steps .reply").text[:3] in ("Yes", "No.")
    assert browser.all("#quiz-two_steps .right")
    browser.is_clean()


def test_a_question_about_schedules_is_answered_in_the_page(
    browser: Browser, written: Path
) -> None:
    browser.open(written / LESSON / "index.html")
    form = "#quiz-how_many_it_takes"
    browser.run("arguments[0].closest('details').open = true", browser.one(form))
    assert "some schedule breaks" in browser.one(f"{form} legend").text
    excludes, _, forgets, _ = browser.all(f"{form} [type=checkbox]")
    excludes.click()
    browser.one(f"{form} [type=submit]").click()
    said = browser.one(f"{form} .reply").text
    assert said.startswith("No. ") and "never overlap, in any schedule” is kept." in said
    assert "gets its turn, in every schedule” breaks." in said
    excludes.click()
    forgets.click()
    browser.one(f"{form} [type=submit]").click()
    assert browser.one(f"{form} .reply").text.startswith("Yes. Some schedule breaks “of three")
    browser.is_clean()


def test_the_search_finds_a_section_by_keyboard_alone(browser: Browser, written: Path) -> None:
    browser.open(written / "index.html")
    browser.press(Keys.TAB, Keys.ENTER)
    assert browser.run("return document.activeElement.id") == "text"
    browser.press("/", *"three stat")
    browser.wait(lambda: browser.all("dialog.search li a"), "a result")
    browser.press(Keys.ARROW_DOWN)
    browser.press(Keys.ENTER)
    browser.wait(lambda: "lessons/04-mutex" in browser.driver.current_url, "the section")
    assert browser.driver.current_url.endswith("#three-states")
    browser.is_clean()


def test_the_lab_asks_first_and_draws_every_outcome(browser: Browser, written: Path) -> None:
    browser.open(f"{(written / 'litmus.html').as_uri()}#SB/seq_cst")
    assert browser.all(".graphs svg") == []
    for box in browser.all(".predict input"):
        if box.get_attribute("value") != "a=0 b=0":
            box.click()
    browser.one(".predict [type=submit]").click()
    assert "You are right, in all of them." in browser.one(".verdict").text
    assert "C forbids it." in browser.one(".verdict").text
    assert len(browser.all(".graphs svg")) == 3
    assert axe.violations(browser) == []
    browser.is_clean()


@pytest.fixture(scope="module")
def live(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Served, Path]]:
    """A server with a session that watches a reader's copy of a lesson; and the file to edit."""
    root = tmp_path_factory.mktemp("reader")
    copy = Path(shutil.copytree(workbook.ROOT / LESSON, root / LESSON))
    shutil.copytree(workbook.ROOT / "solutions" / LESSON, root / "solutions" / LESSON)
    keep, sandbox = root / "progress.json", find_sandbox(allow_none=False)
    session: list[Session] = []
    with served(root, keep, lambda unit: session[0].check(root / unit)) as server:
        make = lambda: Grader(sandbox, Cache(workbook.CACHE))  # noqa: E731
        session.append(Session(lambda: [copy], make, server.board.tell, keep))
        with session[0]:
            yield server, copy / "mutex.c"


def test_from_a_save_to_the_interleaving_and_to_green(
    browser: Browser, live: tuple[Served, Path]
) -> None:
    server, file = live
    shutil.copy(file.parent / "attempts" / "lost_wakeup.c", file)
    browser.open(f"{server.guard.origins[0]}/?token={TOKEN}")
    assert TOKEN not in browser.driver.current_url
    browser.open(f"{server.guard.origins[0]}/{LESSON}/")
    watch = "#live .failure.fail"
    browser.wait(lambda: browser.all(f"{watch} .how"), "a failure")
    done = lambda: browser.all("#live .now.done")  # noqa: E731
    wait_long(browser, done, "the explorer's verdict")
    for summary in browser.all("#live details:not([open]) > summary"):
        if "serves three" in summary.text:
            summary.click()
    browser.wait(lambda: browser.all("#live button.watch"), "the interleaving's button")
    browser.all("#live button.watch")[0].click()
    browser.wait(lambda: browser.all("dialog.stage .hb-count"), "the player")
    assert "lost wakeup" in browser.one("dialog.stage").text
    browser.press(Keys.ARROW_RIGHT)
    assert not browser.one("dialog.stage .hb-count").text.startswith(
        "0 /"
    ), "the keys are the player's"
    assert axe.violations(browser) == []
    browser.picture("live-player", whole=False)
    browser.press(Keys.ESCAPE)
    browser.wait(lambda: not browser.all("dialog.stage"), "the page again")
    hint = "#live .hints button"
    browser.all(hint)[0].click()
    browser.wait(lambda: browser.all("#live .hint"), "a hint")
    assert len(browser.all("#live .hint")) == 1
    browser.all("#live button.watch")[0].click()
    browser.wait(lambda: browser.all("dialog.stage .hb-count"), "the player")
    shutil.copy(workbook.ROOT / "solutions" / LESSON / "mutex.c", file)
    older = lambda: "You have saved since" in browser.one("dialog.stage").text  # noqa: E731
    browser.wait(older, "that the trace is of the code before")
    browser.press(Keys.ESCAPE)
    green = lambda: "All promises are kept" in browser.run(LIVE)  # noqa: E731
    wait_long(browser, green, "green")
    assert not browser.all("#live .failure")
    assert axe.violations(browser) == []
    browser.is_clean()


def test_what_does_not_compile_is_told_with_its_line(
    browser: Browser, live: tuple[Served, Path]
) -> None:
    server, file = live
    browser.open(f"{server.guard.origins[0]}/?token={TOKEN}")
    browser.open(f"{server.guard.origins[0]}/{LESSON}/")
    browser.wait(lambda: browser.all("#live .phase"), "the state")
    started = time.monotonic()
    file.write_text("int broken(\n")
    browser.wait(lambda: "the compiler reports" in browser.run(LIVE), "what the compiler says")
    print(f"from a save to the compiler's word on the page: {time.monotonic() - started:.2f} s")
    browser.wait(lambda: "were not run" in browser.run(LIVE), "the rest")
    assert "int broken(" in browser.run(LIVE)
    browser.is_clean()


def wait_long(browser: Browser, condition: object, what: str) -> None:
    """The slow judges take longer than a page does."""
    ends = time.monotonic() + 90
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < ends, f"waited in vain: {what}"
        time.sleep(0.05)


def the_answers() -> list[int]:
    """Those that break the first level of the lesson."""
    level = levels.choose(levels.load(units.load(workbook.ROOT / LESSON), False), "1")
    with Game(level) as game:
        assert follow(game, the_way(level)).won
        return list(game._answers)


def test_a_level_is_played_to_its_end_by_keyboard_alone(
    browser: Browser, live: tuple[Served, Path]
) -> None:
    server, _ = live
    answers = the_answers()
    browser.open(f"{server.guard.origins[0]}/?token={TOKEN}")
    browser.open(f"{server.guard.origins[0]}/play.html#{LESSON}/1")
    wait_long(browser, lambda: browser.all(".game .option"), "the first move")
    assert axe.violations(browser) == []
    for count, answer in enumerate(answers, 1):
        browser.press(str(answer))
        told = f"{count} choice"
        browser.wait(lambda: told in browser.run(GAME), f"move {count}")
    assert f"Broken in {len(answers)} choices" in browser.one(".game .said").text
    browser.picture("live-game-won", whole=False)
    browser.press("u")
    browser.wait(lambda: browser.all(".game .option"), "the move before")
    next(b for b in browser.all(".game .moves button") if b.text == "Another level").click()
    record = f"broken in {len(answers)} choices"
    browser.wait(lambda: record in browser.one(".game .levels").text, "the record in the list")
    assert not browser.one(".game .moves").is_displayed()
    browser.all(".game .levels li button")[0].click()
    browser.wait(lambda: "0 choices" in browser.run(GAME), "the level from its beginning")
    browser.is_clean()
    browser.open("about:blank")
    browser.wait(lambda: not Play.playing, "the game's end")
