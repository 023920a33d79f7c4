"""The commands that talk with a reader, at a real pseudo-terminal, in a pipe, and without colours."""

from __future__ import annotations

import json
import queue
import signal
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import html_pages
import pytest
from desk import COLOUR, PATIENCE_S, Desk
from happens_before.core.cache import Cache
from happens_before.core.errors import InputError
from happens_before.core.pipeline import Grader
from happens_before.core.unit import Unit
from happens_before.learn import own, progress
from happens_before.learn.watching import Event, Session
from happens_before.render.keys import ENTER, LEAVE
from happens_before.sandbox import find_sandbox

RIGHT, LEFT, END = "\x1b[C", "\x1b[D", "\x1b[F"


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """One desk for all tests: its commands leave nothing behind but progress."""
    return Desk(tmp_path_factory.mktemp("desk"))


@pytest.fixture
def desk(table: Desk) -> Iterator[Desk]:
    """The desk with the wrong answer on it."""
    table.write("missing_release")
    yield table
    for copy in table.unit.directory.glob("*.kept"):
        copy.unlink()


def test_watch_goes_from_red_to_green_and_gives_the_terminal_back(desk: Desk) -> None:
    with desk.terminal("watch", "01-thing", NO_COLOR="1") as terminal:
        terminal.until("2 of 3 points   FAIL", "explore +FAIL")
        terminal.press("h")
        terminal.until("1. What makes the")
        terminal.press("h")
        terminal.until("2. A release by who")
        terminal.press("n")
        terminal.until("make check U=01-thing STEP=1")
        terminal.press("l")
        terminal.until("01-thing  +#")
        terminal.press("e")
        terminal.until("step 1 of")
        terminal.press(RIGHT)
        terminal.until("step 2 of")
        terminal.press("q")
        desk.write("clean")
        terminal.until("3 of 3 points   pass")
        terminal.press("q")
        assert terminal.ended() == 0
        assert terminal.restored and terminal.widest <= 80
        assert not COLOUR.search(terminal.seen)


def test_watch_gives_the_terminal_back_when_it_is_ended_by_force(desk: Desk) -> None:
    with desk.terminal("watch", "01-thing") as terminal:
        terminal.until("q quit")
        terminal.child.kill(signal.SIGTERM)
        assert terminal.ended() == 130
        assert terminal.restored


def test_watch_says_that_a_file_does_not_compile_and_goes_on(desk: Desk) -> None:
    with desk.terminal("watch", "01-thing") as terminal:
        terminal.until("q quit")
        desk.file.write_text("int broken = ;\n")
        terminal.until("compile: the compiler reports")
        (desk.unit.directory / "unit.toml").rename(desk.root / "away.toml")
        terminal.until("could not be checked")
        (desk.root / "away.toml").rename(desk.unit.directory / "unit.toml")
        terminal.until("compile: the compiler reports")
        terminal.press("q")
        assert terminal.ended() == 0


@pytest.mark.parametrize("words", [(), ("--plain",)])
def test_watch_in_a_pipe_is_lines(words: tuple[str, ...], desk: Desk) -> None:
    with desk.terminal(
        "watch", "01-thing", *words, TERM="dumb" if not words else "xterm"
    ) as terminal:
        terminal.until("01-thing: build pass, 1 of 1 checks", "01-thing: 2 of 3 points")
        terminal.until("explore/scenario__runs failed. race: ")
        terminal.press("h")
        terminal.until("1. What makes the")
        terminal.press("q")
        assert terminal.ended() == 0
        assert "\x1b" not in terminal.seen and terminal.restored


def test_explain_steps_through_the_story(desk: Desk) -> None:
    with desk.terminal("explain", "01-thing") as terminal:
        terminal.until("step 1 of")
        for key, count in ((RIGHT, 2), (" ", 3), (LEFT, 2)):
            terminal.press(key)
            terminal.until(f"step {count} of")
        terminal.press(END)
        terminal.until("data race")
        terminal.press("x" + "q")
        assert terminal.ended() == 0
        assert terminal.restored and terminal.widest <= 80


@pytest.mark.parametrize(
    ("words", "shown", "key", "then"),
    [
        (("watch", "01-thing"), "of [0-9]+ points", "n", "make check U=01-thing STEP=1"),
        pytest.param(("explain", "01-thing"), "step 1 of", RIGHT, "step 2 of"),
        (("play", "01-thing", "1"), "0 choices so far", "1", "1 choice so far"),
    ],
    ids=("watch", "explain", "play"),
)
def test_control_z_gives_the_terminal_back_and_fg_takes_it_again(
    words: tuple[str, ...], shown: str, key: str, then: str, desk: Desk
) -> None:
    with desk.shell(*words) as terminal:
        terminal.until(shown)
        assert terminal.takes_keys
        for _ in range(2):
            terminal.press("\x1a")
            terminal.until("Stopped", r"[#$] ")
            assert terminal.restored
            terminal.press("fg\r")
            terminal.until("fg", shown)
            assert terminal.takes_keys and terminal.seen.rfind(ENTER) > terminal.seen.rfind(LEAVE)
        terminal.press(key)
        terminal.until(then)
        terminal.press("q")
        terminal.until(r"[#$] ")
        assert terminal.restored


def test_a_check_that_was_stopped_half_way_is_begun_anew(tiny: Unit, tmp_path: Path) -> None:
    told: queue.Queue[str] = queue.Queue()
    stopped = threading.Event()

    def tell(event: Event) -> None:
        told.put(event.kind)
        if event.kind == "judging" and not stopped.is_set():
            stopped.set()
            session.begin_again()

    make = lambda: Grader(find_sandbox(allow_none=False), Cache(tmp_path / "cache"))  # noqa: E731
    session = Session(lambda: [tiny.directory], make, tell, tmp_path / "progress.json")
    with session:
        session.check(tiny.directory)
        seen = [told.get(timeout=PATIENCE_S)]
        while seen[-1] != "done":
            seen.append(told.get(timeout=PATIENCE_S))
    assert seen.count("begun") > seen.count("done") == 1 and "cancelled" in seen


def test_explain_in_a_pipe_is_the_whole_story(desk: Desk) -> None:
    told = desk.run("explain", "01-thing", "--plain")
    assert told.returncode == 0 and "\x1b" not in told.stdout
    for part in ("promised: it runs", "thread 1:", "thread 2:", "data race", "--replay"):
        assert part in told.stdout
    desk.write("clean")
    assert "nothing has failed" in desk.run("explain", "01-thing").stdout


def test_a_hint_fits_what_explain_has_found(desk: Desk) -> None:
    desk.write("clean")
    desk.run("check", "01-thing")
    assert "done" in desk.run("hint", "01-thing").stdout
    desk.write("missing_release")
    assert "data race" in desk.run("explain", "01-thing", "--plain").stdout
    assert "1. What makes the edge" in desk.run("hint", "01-thing").stdout
    assert desk.run("hint").stdout == desk.run("hint", "01-thing").stdout


def test_a_token_alone_brings_the_execution_back(desk: Desk) -> None:
    told = desk.run("check", "01-thing", "--json", "/dev/stderr")
    checks = json.loads(told.stderr)["units"][0]["judges"][-1]["checks"]
    token = checks[0]["story"]["fault"]["token"]
    again = desk.run("replay", token)
    assert again.returncode == 1 and "data race" in again.stdout
    desk.write("clean")
    lost = desk.run("replay", token)
    assert lost.returncode == 2 and "as they stand, has this token" in lost.stderr


def test_a_failure_is_stopped_at_in_gdb_which_gets_control_c(desk: Desk) -> None:
    told = desk.run("check", "01-thing", "--json", "/dev/stderr")
    [check] = json.loads(told.stderr)["units"][0]["judges"][-1]["checks"]
    line = f"{check['where']['line']}\t +message"
    token = check["story"]["fault"]["token"]
    with desk.terminal("make", "replay", f"TOKEN={token}", "GDB=1") as terminal:
        terminal.until(r"in thing_two .*thing\.c", line, r"\(gdb\) ")
        terminal.press("print message\r")
        terminal.until(r"\$1 = \d+", r"\(gdb\) ")
        terminal.press("\x03")
        terminal.until("Quit", r"\(gdb\) ")
        terminal.press("kill\r")
        terminal.until("y or n")
        terminal.press("y\r")
        terminal.until(r"\(gdb\) ")
        terminal.press("quit\r")
        terminal.ended()  # make, which had the Ctrl-C as well, ends by it, but not before gdb
        assert terminal.restored


def test_explain_as_a_page_says_where_it_is(desk: Desk) -> None:
    told = desk.run("make", "explain", "U=01-thing", "WEB=1", DISPLAY="", WAYLAND_DISPLAY="")
    page = Path(told.stdout.strip())
    assert told.returncode == 0 and page.parent == desk.cache / "explain"
    html_pages.check(page.read_text())
    assert "data race" in page.read_text()


def test_quiz_takes_odd_answers_and_tells_the_reason_that_fits(desk: Desk) -> None:
    words = ("quiz", "01-memory-ordering", "--question", "message_and_flag")
    with desk.terminal(*words) as terminal:
        terminal.until("x.rel = 1", "'all' or 'none'")
        terminal.press("often\r")
        terminal.until("'often' is no answer. .*from 1 to 4")
        terminal.press("all\r")
        terminal.until(
            "Not so", "The explorer ran every execution", "a=1 b=0 is not allowed. The load"
        )
        terminal.press("1 2 4\r")
        terminal.until("Right", "Run it now")
        terminal.press("\r")
        terminal.until("0 of 1 right at once")
        assert terminal.ended() == 0
        assert terminal.widest <= 120  # a terminal wraps; no line of ours needs it but an error
    piped = desk.run("quiz", "01-memory-ordering", typed="1\n\nq\n")
    assert piped.returncode == 0 and "Right." in piped.stdout and "1 of 1 right" in piped.stdout


def test_a_level_is_played_to_its_end_and_the_record_kept(desk: Desk) -> None:
    """Thread 1 writes and tells; thread 2 is told without an edge, and reads."""
    with desk.terminal("play", "01-thing", "1") as terminal:
        terminal.until("Who runs next")
        terminal.press("9x1")
        terminal.until("1 choice so far")
        terminal.press("u")
        terminal.until("0 choices so far")
        key = "1"
        for _ in range(40):  # thread 1 to its end, then thread 2, which reads what it stored
            terminal.press(key)
            seen = terminal.until(r"(?s)so far\)(.*?)\n> |A promise is broken")
            if seen[1] is None:
                break
            key = next((k for k in "12" if f"  {k}  thread {k}" in seen[1]), "0")
        terminal.press("\r")
        terminal.until("the first win")
        assert terminal.ended() == 0
        assert terminal.restored
    records = progress.records(desk.unit.path, desk.cache / "progress.json")
    assert records["unpublished"] > 0
    assert f"won in {records['unpublished']}" in desk.run("play", "01-thing").stdout
    lines = desk.run("play", "01-thing", "1", typed="1\n1\n1\n1\nq\n").stdout.splitlines()
    assert len(lines) > 8 and max(map(len, lines)) <= 80


def test_the_map_tells_what_changed_since_the_last_look(desk: Desk) -> None:
    desk.run("check", "01-thing")
    desk.run("status")
    assert "Since last time" not in desk.run("status").stdout
    desk.write("clean")
    desk.run("check", "01-thing")
    assert "Since last time: 01-thing +1 points, 1 more check passed" in desk.run("status").stdout
    assert "Since last time" not in desk.run("status").stdout


def test_reset_keeps_a_copy_and_diff_tells_the_difference(desk: Desk) -> None:
    assert desk.run("diff", "01-thing").stdout == "nothing: the files are the skeleton's.\n"
    desk.write("clean")
    clean = desk.file.read_bytes()
    told = desk.run("diff", "01-thing").stdout
    assert told.startswith("--- lessons/01-thing/thing.c (skeleton)") and "\n+" in told
    for number in (1, 2):
        assert (
            f"kept as lessons/01-thing/thing.c.{number}.kept"
            in desk.run("reset", "01-thing").stdout
        )
        assert desk.file.with_name(f"thing.c.{number}.kept").read_bytes() == clean
        desk.write("clean")
    desk.file.unlink()
    assert "gone or empty" in desk.run("reset", "01-thing").stdout
    assert "nothing to do" in desk.run("reset", "01-thing").stdout


def test_the_solution_is_not_shown_early(desk: Desk) -> None:
    none = desk.run("solution", "01-thing", "--yes")
    assert none.returncode == 2 and "not in this edition" in none.stderr
    place = desk.root / "solutions" / "lessons" / "01-thing"
    place.mkdir(parents=True)
    (place / "thing.c").write_text("/* the answer */\n")
    (desk.cache / "progress.json").unlink(missing_ok=True)
    try:
        early = desk.run("solution", "01-thing")
        assert early.returncode == 2 and "YES=1" in early.stderr and "answer */" not in early.stdout
        with desk.terminal("solution", "01-thing") as terminal:
            terminal.until("yes, show me")
            terminal.press("yes, show me\r")
            terminal.until("the answer")
        assert "/* the answer */" in desk.run("solution", "01-thing", "--yes").stdout
    finally:
        (place / "thing.c").unlink()


def test_a_handin_is_exactly_the_editable_files_and_can_be_graded(
    desk: Desk, tmp_path: Path
) -> None:
    first, second = tmp_path / "one.zip", tmp_path / "two.zip"
    told = desk.run("handin", "01-thing", "--out", str(first))
    assert told.returncode == 0 and "It scores 2 of 3 points here." in told.stdout
    with zipfile.ZipFile(first) as archive:
        assert archive.namelist() == ["lessons/01-thing/thing.c"]
    desk.run("handin", "01-thing", "--out", str(second))
    assert first.read_bytes() == second.read_bytes()
    graded = desk.run("check", "01-thing", "--submission", str(first))
    assert graded.returncode == 1 and "2 of 3 points" in graded.stdout
    desk.file.unlink()
    empty = desk.run("handin", "01-thing", "--out", str(first))
    assert empty.returncode == 2 and "nothing to hand in" in empty.stderr


def test_a_reset_that_can_keep_no_copy_changes_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.write("clean")

    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as refused, pytest.raises(InputError, match="Nothing was changed"):
        refused.setattr(own.os, "open", refuse)
        own.reset(desk.unit)
    assert "/* clean.c" in desk.file.read_text()


BAD = [
    (("replay", ""), "TOKEN=HB1"),
    (("watch", "99-none"), "there is no unit '99-none'"),
    (("explain", "01-thing", "--check", "none"), "there is no check 'none' here"),
    (("replay", "HB1nonsense", "--scenario", "runs"), "a scenario needs its unit"),
    (("replay", "HB1nonsense"), "has this token"),
    (("replay", "HB1nonsense", "--unit", "01-thing", "--scenario", "runs"), "token"),
    (("quiz", "01-thing"), "quiz.toml"),
    (("quiz", "01-memory-ordering", "--question", "none"), "has no question 'none'"),
    (("play", "01-thing", "none"), "has no level 'none'. Levels: 1 unpublished."),
    (("handin", "01-thing", "--out", "/proc/none/x.zip"), "cannot be written"),
    (("handin", "01-thing", "--out", "mine.tar.gz"), "Let its name end in .zip."),
]


@pytest.mark.parametrize(("words", "told"), BAD, ids=[" ".join(words) for words, _ in BAD])
def test_bad_input_is_told(words: tuple[str, ...], told: str, desk: Desk) -> None:
    done = desk.run(*words)
    assert done.returncode == 2, done.stderr
    assert told in done.stderr and "Traceback" not in done.stderr


def test_a_damaged_progress_file_stops_nothing(desk: Desk) -> None:
    file = desk.cache / "progress.json"
    file.write_text(
        '{"version": 1, "units": {}, "looked": 3, "records": {"a": {"b": "c"}, "d": 4}}'
    )
    assert desk.run("status").returncode == 0
    assert desk.run("play", "01-thing").returncode == 0
    assert json.loads(file.read_text())["records"] == {"a": {}}
