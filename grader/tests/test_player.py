"""The trace player in a real browser: it shows what the story says, to every reader, on every page."""

from __future__ import annotations

import json
from dataclasses import replace
from collections.abc import Callable
from pathlib import Path
from typing import Any

import axe
import html_pages
import pytest
from browser import Browser, browser
from happens_before.commands import run
from happens_before.core.errors import InputError
from happens_before.core import workbook
from happens_before.core.report import CheckResult, JudgeReport, Status, UnitReport
from happens_before.core.unit import Check
from happens_before.explore import story_json
from happens_before.explore.story import Story
from happens_before.learn import failure as learnt
from happens_before.web import explain, player
from happens_before.teach import intake
from happens_before.teach.handins.people import Student
from happens_before.teach.marks import marks_of
from happens_before.teach.pages import feedback
from made_class import Answer, failed, make_class
from selenium.webdriver.common.keys import Keys
from stories import DEADLOCK, GONE, STALE, STORE_BUFFERING, attempt, longer, of

CHECK = Check("scenario__x", "explore", 2, 2.0, "a reader sees what was written", False)
UNIT = UnitReport("lessons/04-mutex", "A mutex", "0" * 64, [])
STORIES: dict[str, Callable[[], dict[str, Any]]] = {
    "race": lambda: attempt("01-memory-ordering", "relaxed", "publishes"),
    "wakeup": lambda: attempt("04-mutex", "lost_wakeup", "serves_three"),
    "deadlock": lambda: of(DEADLOCK),
    "buffers": lambda: of(STORE_BUFFERING, "assert(seen_x + seen_y);", "--memory-model", "tso"),
    "freed": lambda: of(GONE % "relaxed"),
    "long": lambda: longer(2000),
}
SIDEWAYS = "const root = document.documentElement; return root.scrollWidth - root.clientWidth"
SETTLED = "return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


def story_of(name: str) -> Story:
    story = Story.from_findings(STORIES[name](), unit="lessons/x", promise="it works")
    assert story
    return story


def failure(story: dict[str, Any]) -> CheckResult:
    return CheckResult(CHECK, Status.FAIL, "race", "It did not.", story=story)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("pages")
    for name in STORIES:
        story = story_json.to_json(story_of(name))
        explain.write(UNIT, failure(story), directory / f"{name}.html")
    return directory


@pytest.fixture
def played(browser: Browser, pages: Path) -> Callable[..., Story]:
    """Opens a page, as it is on the first look."""

    def open_(name: str, width: int = 1280) -> Story:
        browser.resize(width, 900)
        browser.prefer(color_scheme="light")
        browser.open(pages / f"{name}.html")
        browser.wait(lambda: browser.all(".hb-live"), "the player")
        browser.run(SETTLED)
        return story_of(name)

    return open_


def position(browser: Browser) -> int:
    return int(browser.one(".hb-slider").get_attribute("value") or "")


def idle(browser: Browser, button: str) -> bool:
    """Has the button nothing to do here? It can still be reached."""
    return browser.one(f".hb-bar .hb-{button}").get_attribute("aria-disabled") == "true"


def present(browser: Browser) -> str:
    """The row that is now, as its text."""
    return browser.one(".hb-now").text


# --- stepping --------------------------------------------------------------------------------------


def test_the_buttons_step(browser: Browser, played: Callable[..., Story]) -> None:
    story = played("wakeup")
    last = len(story.steps)
    assert position(browser) == 0 and not browser.all(".hb-now")
    every = story.steps[-1].number
    assert f"{every} steps, of which {last} are shown" in browser.one(".hb-say").text
    assert idle(browser, "back") and not idle(browser, "next")
    browser.one(".hb-next").click()
    assert position(browser) == 1
    assert story.steps[0].text.split(" [")[0] in present(browser)
    browser.one(".hb-turn").click()
    k = position(browser)
    assert story.steps[k - 1].thread != story.steps[k].thread
    assert len({step.thread for step in story.steps[:k]}) == 1
    browser.one(".hb-bar .hb-fault").click()
    assert position(browser) == last and idle(browser, "next")
    end = story.steps[-1].number
    assert browser.one(".hb-count").text == f"{end} / {end}"
    browser.one(".hb-back").click()
    assert position(browser) == last - 1
    assert browser.one(".hb-count").text == f"{story.steps[-2].number} / {end}"
    browser.one(".hb-first").click()
    assert position(browser) == 0
    browser.is_clean()


def test_the_keyboard_is_enough(browser: Browser, played: Callable[..., Story]) -> None:
    story = played("wakeup")
    for _ in range(20):
        browser.press(Keys.TAB)
        if "hb-next" in str(browser.driver.switch_to.active_element.get_attribute("class")):
            break
    browser.press(Keys.ENTER, Keys.ENTER, Keys.ARROW_RIGHT)
    assert position(browser) == 3
    browser.press(Keys.ARROW_LEFT)
    assert position(browser) == 2
    browser.press(Keys.END)
    assert position(browser) == len(story.steps)
    browser.press(Keys.HOME)
    assert position(browser) == 0
    browser.press("n")
    assert story.steps[position(browser)].thread != story.steps[0].thread
    browser.press("f")
    assert position(browser) == len(story.steps)
    browser.is_clean()


def test_it_plays_and_pauses(browser: Browser, played: Callable[..., Story]) -> None:
    played("race")
    browser.one(".hb-scroll").click()
    browser.press(Keys.HOME, Keys.SPACE)
    assert browser.one(".hb-play").text == "pause"
    browser.wait(lambda: position(browser) >= 2, "two steps")
    browser.press(Keys.SPACE)
    assert browser.one(".hb-play").text == "play"


def test_a_click_on_a_step_goes_there(browser: Browser, played: Callable[..., Story]) -> None:
    played("race")
    browser.all(".hb-step")[3].click()
    assert position(browser) == 4


def test_each_step_is_told_in_words(browser: Browser, played: Callable[..., Story]) -> None:
    story = played("race")
    say = browser.one(".hb-say")
    assert say.get_attribute("aria-live") == "polite"
    for step in story.steps:
        browser.one(".hb-next").click()
        told = say.text
        assert f"Step {step.number}, {story.name(step.thread)}" in told and step.text in told
        for edge in story.edges:
            if edge.end == step.number and edge.kind == "orders":
                assert f"after step {edge.start}: {edge.label}" in told
    assert story.fault and story.fault.text[1:] in say.text


def test_a_second_player_in_one_place_takes_over_from_the_first(
    browser: Browser, tmp_path: Path
) -> None:
    page = tmp_path / "page.html"
    text = [str(player.data(story_json.to_json(story_of(name)))) for name in ("wakeup", "race")]
    code = player._static("player.js")
    page.write_text(
        f"<!doctype html><title>x</title><style>{player._static('player.css')}</style><div></div>"
        f"<script>{code}</script><script>const place = document.querySelector('div');"
        f"const first = HB.player(place, {text[0]}); HB.player(place, {text[1]}, {{at: 2}});</script>"
    )
    browser.open(page)
    assert position(browser) == 2
    browser.one(".hb-scroll").send_keys(Keys.ARROW_RIGHT)
    assert position(browser) == 3
    assert browser.run("return first.at()") == 0
    assert browser.run("return place.className.match(/hb-n[0-9]+/g).join()") == "hb-n3"
    browser.is_clean()


# --- what it shows ------------------------------------------------------------------------------------

BOARD = """
const cells = (row) => [...row.cells].map((cell) => cell.textContent);
const tables = [...document.querySelectorAll('.hb-side table')];
return [tables.map((table) => [table.caption.textContent, [...table.tBodies[0].rows].map(cells)]),
  [...document.querySelectorAll('.hb-state')].map((state) => state.textContent)];
"""


def listed(values: list[str]) -> str:
    """Values as a cell has them: of many, two of the oldest and four of the newest."""
    more = len(values) - 6
    shown = [*values[:2], f"… {more} more …", *values[-4:]] if more > 0 else values
    return ", ".join(shown)


def expected(story: Story, k: int) -> tuple[dict[str, list[list[str]]], list[str]]:
    """The tables beside the columns, by what their caption begins with, as Python has them."""
    state = story.state_at(k)
    weak = [t for t in story.threads if t > 0 or len(story.threads) < 3]
    atomic = any(location.kind == "atomic" for location in story.locations)
    tables: dict[str, list[list[str]]] = {}
    for at, location in enumerate(story.locations):
        if location.kind == "lock":
            holders = ", ".join(f"thread {t}" for t in state.holders.get(at, ())) or "free"
            asked = [
                f"thread {t}"
                for t, (status, why) in state.threads.items()
                if status == "waits" and f"({location.name})" in why
            ]
            row = [location.name, holders, ", ".join(asked) or "·"]
            tables.setdefault("Locks", []).append(row)
            continue
        row = [location.name, state.values.get(at, "?")]
        for thread in weak if story.model == "rc11" and atomic else []:
            if location.kind != "atomic":
                row.append("")
            elif state.threads[thread][0] in ("not started", "ended"):
                row.append("·")
            else:
                row.append(listed([v or "?" for _, v in story.visible(k, thread, at)]))
        tables.setdefault("Memory", []).append(row)
    if story.model == "tso":
        text = {step.number: step.text.split(" [")[0] for step in story.steps}
        tables["Store buffers"] = [
            [
                story.name(t),
                ", ".join(f"{text[n]} step {n}" for n in state.buffers.get(t, ())) or "empty",
            ]
            for t in story.threads
        ]
    heads = [
        why if status == "waits" else status
        for status, why in (state.threads[t] for t in story.threads)
    ]
    return tables, heads


@pytest.mark.parametrize("name", ["race", "wakeup", "deadlock", "buffers"])
def test_the_board_is_the_storys_at_every_step(
    browser: Browser, played: Callable[..., Story], name: str
) -> None:
    story = played(name)
    browser.one(".hb-scroll").click()
    browser.press(Keys.HOME)
    for k in range(len(story.steps) + 1):
        assert position(browser) == k
        tables, heads = browser.run(BOARD)
        wanted, states = expected(story, k)
        assert {caption.split(",")[0]: rows for caption, rows in tables} == wanted
        assert heads == states
        browser.press(Keys.ARROW_RIGHT)


def test_the_missing_edge_is_drawn_and_said(browser: Browser, played: Callable[..., Story]) -> None:
    story = played("race")
    assert story.fault and story.fault.missing
    assert not browser.all(".hb-arrows g > .hb-fault")
    browser.one(".hb-bar .hb-fault").click()
    browser.wait(lambda: browser.all(".hb-arrows path.hb-fault.hb-strong"), "the arrow")
    labels = browser.drawn(".hb-arrows text.hb-fault")
    assert sorted(labels) == ["missing", "no edge"]
    assert "hb-shown" in str(browser.one(".hb-verdict").get_attribute("class"))
    assert story.fault.missing.text in browser.one(".hb-verdict").text
    assert browser.one(".hb-broken").text.endswith("✗ data race")
    browser.picture("player-race")


def test_where_memory_was_freed_is_drawn_and_said(
    browser: Browser, played: Callable[..., Story]
) -> None:
    story = played("freed")
    assert story.fault and story.fault.missing
    browser.one(".hb-bar .hb-fault").click()
    browser.wait(lambda: browser.all(".hb-arrows path.hb-fault.hb-strong"), "the arrow")
    assert browser.drawn(".hb-arrows text.hb-fault") == ["freed"]
    assert f"Freed here. {story.fault.missing.text}" in browser.one(".hb-verdict").text
    browser.picture("player-freed")


def test_edges_appear_with_the_step_that_acquires(
    browser: Browser, played: Callable[..., Story]
) -> None:
    story = played("wakeup")
    [edge] = [edge for edge in story.edges if edge.label == "release → acquire"]
    at = [step.number for step in story.steps].index(edge.end)
    row = browser.all(".hb-step")[at]
    browser.run("arguments[0].scrollIntoView({block: 'center'})", row)
    row.click()
    browser.wait(lambda: browser.all(".hb-arrows text.hb-orders"), "the edge")
    assert browser.drawn(".hb-arrows text.hb-orders") == [edge.label]
    browser.picture("player-edge")


IN_SIGHT = """
const scroller = document.querySelector('.hb-scroll'), out = [];
const box = (name) => document.querySelector(name).getBoundingClientRect();
const press = (key) => scroller.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true}));
press('Home');
for (let k = 1; k <= arguments[0]; k++) {
  press('ArrowRight');
  const cell = box('.hb-now .hb-cell'), number = box('.hb-now .hb-n'), all = box('.hb-scroll');
  const inside = cell.left >= number.right && cell.right <= all.left + scroller.clientWidth &&
    cell.top >= box('.hb-heads').bottom - 1 && cell.top < all.bottom && number.left >= all.left;
  out.push([inside, cell.width]);
}
return [out, scroller.scrollWidth > scroller.clientWidth];
"""


@pytest.mark.parametrize(("width", "scrolls"), [(1280, False), (760, True)])
def test_a_column_stays_wide_enough_to_read_and_in_sight(
    browser: Browser, played: Callable[..., Story], width: int, scrolls: bool
) -> None:
    """Of four threads, on a whole page and in a chapter's column."""
    story = played("wakeup", width=width)
    assert len(story.threads) == 4
    steps, scrolled = browser.run(IN_SIGHT, len(story.steps))
    assert [k for k, (inside, _) in enumerate(steps, 1) if not inside] == []
    assert min(wide for _, wide in steps) >= 200
    assert scrolled == scrolls
    assert browser.run(SIDEWAYS) == 0
    browser.picture(f"player-four-{width}")


# --- long, foreign, hostile ------------------------------------------------------------------------------


def test_two_thousand_steps_are_made_as_they_are_looked_at(
    browser: Browser, played: Callable[..., Story]
) -> None:
    story = played("long")
    assert len(story.steps) > 2000
    assert len(browser.all(".hb-step")) <= 150
    browser.one(".hb-bar .hb-fault").click()
    browser.run(SETTLED)
    assert position(browser) > 2000 or story.fault
    browser.one(".hb-scroll").click()
    browser.press(Keys.END)
    browser.run(SETTLED)
    assert story.steps[-1].text.split(" [")[0] in present(browser)
    assert browser.one(".hb-now").is_displayed()
    assert len(browser.all(".hb-step")) <= 400
    tables, _ = browser.run(BOARD)
    assert tables[0][1] == expected(story, len(story.steps))[0]["Memory"]
    browser.run("window.dispatchEvent(new Event('beforeprint'))")
    assert len(browser.all(".hb-step")) == len(story.steps) + 1
    browser.is_clean()


@pytest.mark.long
def test_a_step_of_a_long_trace_fits_into_a_frame(
    browser: Browser, played: Callable[..., Story]
) -> None:
    played("long")
    browser.tell("Performance.enable", timeDomain="threadTicks")
    browser.driver.set_script_timeout(120)

    def busy() -> float:
        metrics = browser.tell("Performance.getMetrics")["metrics"]
        return float(next(each["value"] for each in metrics if each["name"] == "TaskDuration"))

    steps = """
    const slider = document.querySelector('.hb-slider');
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    return (async () => {
      for (let k = arguments[0]; k < arguments[1]; k++) {
        slider.value = k;
        slider.dispatchEvent(new Event('input'));
        await frame();
      }
    })();"""
    for first in (1, 1800):
        before = busy()
        browser.run(steps, first, first + 200)
        cost_ms = (busy() - before) * 1000 / 200
        print(f"from step {first}: {cost_ms:.1f} ms of the page's processor time a step")
        assert cost_ms < 50  # 16 is a frame; on a slow machine without a graphics card it is more


def test_a_story_of_another_version_is_told_as_such(browser: Browser, tmp_path: Path) -> None:
    written = story_json.to_json(story_of("race")) | {"schema": "happens-before/story/9"}
    assert "A story of version 9; this workbook tells version 1" in player.html(written)
    script = f"HB.player(document.querySelector('div'), {json.dumps(written)})"
    for source, told in ((script, "version 9"), ("HB.player(document.body, [])", "no trace")):
        page = tmp_path / "page.html"
        code = player._static("player.js")
        page.write_text(
            f"<!doctype html><div></div><script>{code}</script><script>{source}</script>"
        )
        browser.open(page)
        assert told in browser.one("[role=alert]").text
        browser.is_clean()


def test_code_in_a_story_is_quoted_and_never_run(browser: Browser, tmp_path: Path) -> None:
    evil = "</script><img src=http://example.com/x onerror=alert(1)><b>{{7*7}}</b>\u202e"
    written = json.loads(json.dumps(story_json.to_json(story_of("race"))))
    for step in written["steps"]:
        step["text"], step["function"] = evil, evil
    for lines in written["sources"].values():
        lines.update({line: evil for line in lines})
    for location in written["locations"]:
        location["name"] = evil
    written |= {"title": evil, "promise": evil, "replay": evil}
    written["fault"] |= {"kind": evil, "text": evil, "history": [evil], "function": evil}
    for arrow in written["fault"]["arrows"]:
        arrow["text"] = evil
    file = explain.write(UNIT, failure(written), tmp_path / "evil.html")
    for script in (True, False):
        browser.without_script(not script)
        browser.open(file)
        if script:
            browser.wait(lambda: browser.all(".hb-live"))
            browser.one(".hb-bar .hb-fault").click()
        assert not browser.all("img") and not browser.all(".hb-player b b")
        assert "<img src=http://example.com/x" in browser.one("main").text
        assert "<U+202E>" in browser.one("main").text
        browser.without_script(False)
        browser.is_clean()


def test_a_page_is_valid_and_needs_nothing_beside_it(tmp_path: Path) -> None:
    page = explain.page(UNIT, failure(story_json.to_json(story_of("race"))))
    html_pages.check(page)
    with pytest.raises(InputError, match="no execution to step through"):
        explain.write(UNIT, CheckResult(CHECK, Status.FAIL), tmp_path / "page.html")
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        story = story_json.to_json(story_of("race"))
        explain.write(UNIT, failure(story), tmp_path / "file" / "page.html")


def test_a_trace_in_a_file_becomes_a_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trace = tmp_path / "trace.json"
    for data in (STORIES["race"](), story_json.to_json(story_of("race"))):
        trace.write_text(json.dumps(data))
        assert run(["player", str(trace)]) == 0
        page = tmp_path / "trace.html"
        assert capsys.readouterr().out.strip() == str(page)
        html_pages.check(page.read_text())
        page.unlink()
    old = {**STORIES["race"](), "trace": [{"n": 1}]}
    nothing = {**STORIES["race"](), "trace": []}
    for text, told in (
        (json.dumps(old), "an exploration of another version"),
        (json.dumps({"schema": "happens-before/story/7"}), "a story of version 7"),
        (json.dumps(nothing), "nothing went wrong there"),
        ("[", "is no JSON"),
    ):
        trace.write_text(text)
        assert run(["player", str(trace)]) == 2
        assert told in capsys.readouterr().err
    assert run(["player", str(tmp_path / "none.json")]) == 2
    assert "cannot be read" in capsys.readouterr().err


def test_explain_writes_the_failure_that_can_be_played(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    played = failure(story_json.to_json(story_of("race")))
    untold = CheckResult(Check("compiles", "build", 1, 1.0, "it compiles", False), Status.FAIL)
    report = replace(
        UNIT, judges=[JudgeReport("build", [untold]), JudgeReport("explore", [played])]
    )
    monkeypatch.setattr(learnt, "recheck", lambda *_: report)
    monkeypatch.setattr(workbook, "CACHE", tmp_path)
    for screen in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(screen, raising=False)
    assert run(["explain", "04-mutex", "--web"]) == 0
    page = Path(capsys.readouterr().out.strip())
    assert page == tmp_path / "explain" / "04-mutex-scenario__x.html"
    assert page.read_text() == explain.page(report, played)
    assert run(["explain", "04-mutex", "--web", "--check", "compiles"]) == 2
    assert "no execution to step through" in capsys.readouterr().err


def test_a_students_page_plays_what_failed(browser: Browser, tmp_path: Path) -> None:
    told = story_json.to_json(story_of("deadlock"))
    happened = "two threads wait for ever."
    lost = [
        failed(f"explore/scenario__{name}", "deadlock", happened, story=told)
        for name in ("excludes", "nests")
    ]
    answer = Answer(Student("ada"), {"mutex.c": b"int x;\n"}, lost)
    results = make_class(tmp_path / "class", [answer])
    [mark], [taken] = marks_of(results), intake.read(results)
    page = tmp_path / "ada.html"
    page.write_text(feedback.page(results, taken, mark, feedback.Settings()))
    browser.resize(1100)
    browser.open(page)
    browser.run("document.querySelector('.hb-player').scrollIntoView()")
    browser.wait(lambda: browser.all(".hb-live"), "the first player")
    browser.all(".hb-bar .hb-fault")[0].click()
    assert browser.all(".hb-verdict.hb-shown")
    browser.picture("feedback")
    assert axe.violations(browser) == []
    browser.is_clean()


# --- every reader ------------------------------------------------------------------------------------------


def test_without_a_script_every_step_can_be_read(browser: Browser, pages: Path) -> None:
    browser.without_script()
    try:
        browser.open(pages / "wakeup.html")
        story = story_of("wakeup")
        rows = browser.all("ol.hb-steps > li")
        assert len(rows) == len(story.steps) + 1
        for row, step in zip(rows, story.steps):
            assert row.is_displayed() and step.text in row.text
        assert "✗ lost wakeup" in rows[-1].text
        browser.is_clean()
    finally:
        browser.without_script(False)


@pytest.mark.parametrize("name", ["wakeup", "buffers"])
def test_a_phone_shows_it_without_scrolling_sideways(
    browser: Browser, played: Callable[..., Story], name: str
) -> None:
    played(name, width=360)
    browser.one(".hb-scroll").click()
    browser.press(Keys.END)
    assert browser.run(SIDEWAYS) == 0
    assert all(button.is_displayed() for button in browser.all(".hb-bar button"))
    assert browser.one(".hb-broken .hb-who").is_displayed()
    browser.picture(f"player-phone-{name}")


def test_paper_has_every_step_and_no_button(browser: Browser, played: Callable[..., Story]) -> None:
    story = played("wakeup", width=900)
    browser.on_paper()
    try:
        assert not any(button.is_displayed() for button in browser.all(".hb-bar button"))
        rows = browser.all(".hb-step")
        assert len(rows) == len(story.steps) + 1 and all(row.is_displayed() for row in rows)
        inside = "const box = document.querySelector('.hb-scroll');"
        assert browser.run(f"{inside} return box.scrollHeight - box.clientHeight") <= 1
        browser.picture("player-paper")
    finally:
        browser.on_paper(False)


def test_dark_and_light_follow_the_reader_and_the_page(
    browser: Browser, played: Callable[..., Story]
) -> None:
    played("race")
    paper = "return getComputedStyle(document.querySelector('.hb-player')).backgroundColor"
    light = browser.run(paper)
    browser.prefer(color_scheme="dark")
    dark = browser.run(paper)
    assert light != dark
    theme = "document.documentElement.dataset.theme = arguments[0];"
    assert browser.run(theme + paper, "light") == light
    browser.prefer(color_scheme="light")
    assert browser.run(theme + paper, "dark") == dark


def test_who_wants_no_motion_gets_none(browser: Browser, played: Callable[..., Story]) -> None:
    played("race")
    moving = """return [...document.querySelectorAll('.hb-player, .hb-player *')].filter((element) =>
      getComputedStyle(element).transitionDuration !== '0s' ||
      getComputedStyle(element).animationName !== 'none').length"""
    assert browser.run(moving) > 0
    browser.prefer(reduced_motion="reduce")
    assert browser.run(moving) == 0


@pytest.mark.parametrize(
    ("name", "scheme"),
    [("race", "light"), ("race", "dark"), ("deadlock", "light"), ("buffers", "dark")],
)
def test_it_is_fit_for_every_reader(
    browser: Browser, played: Callable[..., Story], name: str, scheme: str
) -> None:
    played(name)
    browser.prefer(color_scheme=scheme, reduced_motion="reduce")
    for key in (Keys.ARROW_RIGHT, Keys.END):
        browser.one(".hb-scroll").send_keys(key)
        assert axe.violations(browser) == []
    browser.resize(360)
    assert axe.violations(browser) == []
    browser.picture(f"player-{name}-{scheme}")
