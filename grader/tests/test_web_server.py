"""The workbook's server: whom it answers, what it tells of a save, and how it ends."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import html5lib
import pytest
from happens_before.core import workbook
from happens_before.core.cache import Cache
from happens_before.core.errors import InputError
from happens_before.core.pipeline import Grader
from happens_before.core.report import CheckResult, JudgeReport, Place, Status, UnitReport
from happens_before.core.unit import Unit
from happens_before.learn.watching import Event, Session
from happens_before.sandbox import find_sandbox
from happens_before.web import guard
from happens_before.web.guard import Guard
from web_server import PATIENCE_S, TOKEN, Served, served

HOSTILE = "</script><img src=x onerror=alert(1)> \" ' \u202e"


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    with served() as found:
        yield found


def test_without_the_cookie_nothing_is_told(server: Served) -> None:
    for path in ("/", "/events", "/hint", "/story", "/static/book.css", "/nowhere"):
        status, _, text = server.request(path, allowed=False)
        assert status == 403 and "make workbook" in text, path
        assert TOKEN not in text


def test_a_second_server_knows_the_first_and_tells_a_stranger_nothing(server: Served) -> None:
    status, _, text = server.request("/alive?question=abc", allowed=False)
    assert status == 200 and json.loads(text) == {"proof": server.guard.proof("abc")}
    assert TOKEN not in text and server.guard.proof("abc") != server.guard.proof("abd")
    assert guard.Guard(server.guard.port, TOKEN + "x").proof("abc") not in text


def test_the_printed_address_lets_a_browser_in_and_keeps_the_token_out_of_it(
    server: Served,
) -> None:
    status, headers, _ = server.request(f"/?token={TOKEN}", allowed=False)
    assert status == 302 and headers["Location"] == "/"
    cookie = headers["Set-Cookie"]
    assert f"{server.guard.cookie}={TOKEN}" in cookie
    assert "HttpOnly" in cookie and "SameSite=Strict" in cookie
    assert server.request(f"/?token={TOKEN}x", allowed=False)[0] == 403


def test_what_others_can_see_lets_in_once(server: Served) -> None:
    path = server.guard.url_once().partition(str(server.guard.port))[2]
    assert TOKEN not in path
    assert server.request(path, allowed=False)[0] == 302
    assert server.request(path, allowed=False)[0] == 403


@pytest.mark.parametrize("host", ["evil.example", "evil.example:{port}", "127.0.0.1:1", ""])
def test_another_host_s_name_is_refused(server: Served, host: str) -> None:
    named = {"Host": host.format(port=server.guard.port)}
    assert server.request("/", headers=named)[0] in (400, 403)
    assert server.request(f"/?token={TOKEN}", headers=named, allowed=False)[0] in (400, 403)


@pytest.mark.parametrize("origin", [None, "null", "http://evil.example", "http://127.0.0.1:1"])
def test_another_site_s_page_can_start_nothing(server: Served, origin: str | None) -> None:
    sent = {} if origin is None else {"Origin": origin}
    asked = {"unit": "lessons/04-mutex"}
    assert server.request("/check", "POST", sent, asked)[0] == 403
    assert server.asked == []


def test_a_page_of_ours_can(server: Served) -> None:
    sent = {"Origin": server.guard.origins[0]}
    assert server.request("/check", "POST", sent, {"unit": "lessons/04-mutex"})[0] == 200
    assert server.asked == ["lessons/04-mutex"]
    server.asked.clear()
    assert server.request("/check", "POST", sent, {"unit": "../etc"})[0] == 404
    assert server.request("/check", "POST", sent, ["what"])[0] == 400


def test_every_answer_says_that_nothing_else_may_be_loaded(server: Served) -> None:
    for path in ("/", "/static/book.js", "/nowhere", "/lessons/04-mutex/"):
        _, headers, _ = server.request(path)
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "script-src 'self';" in policy
        assert "unsafe" not in policy and headers["X-Content-Type-Options"] == "nosniff"


def test_pages_are_the_book_s_and_live(server: Served) -> None:
    status, _, page = server.request("/lessons/04-mutex/")
    assert status == 200 and "data-live" in page and 'id="live"' in page
    html5lib.HTMLParser(strict=True).parse(page)
    for name in set(re.findall(r'(?:src|href)="[./]*(static/[^"]*)"', page)):
        assert server.request(f"/{name}")[0] == 200, name


@pytest.mark.parametrize(
    "path",
    ["/static/../book.py", "/static/..%2fbook.py", "/../../etc/passwd", "/source/../x.html", "/x"]
    + ["/source//etc/passwd.html", "/stories/x.js", "/static/none.css", "/source/.git/config.html"],
)
def test_no_path_leads_out_of_the_book(server: Served, path: str) -> None:
    status, _, text = server.request(path, headers={"Accept": "text/html"})
    assert status == 404 and "root:" not in text
    html5lib.HTMLParser(strict=True).parse(text)


def test_an_interleaving_of_a_chapter_is_told(server: Served) -> None:
    status, headers, text = server.request("/stories/lessons/04-mutex/two_steps.js")
    assert status == 200 and headers["Content-Type"].startswith("text/javascript")
    assert 'HB.stories["lessons/04-mutex/two_steps"] = {' in text


def test_hints_come_tier_by_tier(server: Served) -> None:
    check = "tests/mutex__starts_unlocked"
    for tier, count in (("1", 1), ("2", 2), ("9", 3), ("x", 1)):
        status, _, text = server.request(f"/hint?unit=lessons/04-mutex&check={check}&tier={tier}")
        assert status == 200 and text.count('", "') + 1 >= count
    assert server.request("/hint?unit=lessons/04-mutex&check=tests/none")[0] == 404
    assert server.request("/hint?unit=nowhere&check=x")[0] == 404


def verdict(unit: Unit, said: str) -> Event:
    """A judge's report of a failure, with text that a submission chose."""
    check = unit.checks[0]
    place = Place(unit.editable[0], 2, said, said)
    result = CheckResult(check, Status.FAIL, "fail", said, place)
    report = UnitReport(unit.path, unit.title, "", [JudgeReport(check.judge, [result], said)])
    return Event("judged", unit.path, "quick", check.judge, report)


def test_a_late_page_gets_the_whole_state_and_a_slow_one_only_the_newest(
    tiny: Unit,
) -> None:
    root = tiny.directory.parents[1]
    with served(root) as server:
        server.board.tell(Event("begun", tiny.path, "quick"))
        for number in range(200):
            server.board.tell(verdict(tiny, f"failure {number}"))
        with server.events(tiny.path) as events:
            kind, message = next(events)
            assert (kind, message["checks"][0]["happened"]) == ("unit", "failure 199")
            assert message["checks"][0]["excerpt"][0][0] == 1
            assert next(events)[0] == "course"
            server.board.tell(Event("begun", tiny.path, "quick"))
            _, message = next(events)
            assert message["checks"][0]["old"]


def test_a_unit_that_was_never_checked_is_checked_when_its_page_opens(tiny: Unit) -> None:
    with served(tiny.directory.parents[1]) as server:
        with server.events(tiny.path) as events:
            next(events)
        assert server.asked == [tiny.path]


def test_a_unit_that_breaks_while_it_is_watched_is_told(tiny: Unit) -> None:
    with served(tiny.directory.parents[1]) as server:
        server.board.tell(verdict(tiny, "before"))
        (tiny.directory / "unit.toml").write_text("schema = ")
        server.board.tell(Event("broken", tiny.path, text="unit.toml: says nothing"))
        with server.events(tiny.path) as events:
            _, message = next(events)
        assert message["phase"] == "broken" and "unit.toml" in message["trouble"]


def test_pages_that_go_leave_nothing_behind(tiny: Unit) -> None:
    with served(tiny.directory.parents[1]) as server:
        for _ in range(5):
            with server.events(tiny.path) as events:
                next(events)
        ends = time.monotonic() + PATIENCE_S
        while server.hub.listeners:
            server.board.tell(Event("begun", tiny.path, "quick"))
            assert time.monotonic() < ends, "a listener stays for ever"


def test_a_real_save_becomes_a_verdict_on_the_page(tiny: Unit, kept: Path, tmp_path: Path) -> None:
    sandbox, root = find_sandbox(allow_none=False), tiny.directory.parents[1]
    told: list[Event] = []
    with served(root, tmp_path / "progress.json") as server:

        def tell(event: Event) -> None:
            told.append(event)
            server.board.tell(event)

        make = lambda: Grader(sandbox, Cache(kept))  # noqa: E731
        with Session(lambda: [tiny.directory], make, tell, tmp_path / "progress.json"):
            with server.events(tiny.path) as events:
                (tiny.directory / tiny.editable[0]).write_text(f"/* {HOSTILE} */ int nothing\n")
                newest: dict[str, dict[str, Any]] = {}
                for kind, message in events:  # the two come in either order
                    newest[kind] = message
                    done = newest["unit"]["phase"] == "done"
                    if done and newest["course"]["units"][tiny.path]["begun"]:
                        break
                assert "cell.c saved" in newest["unit"]["said"]
                failed = [c for c in newest["unit"]["checks"] if c["status"] == "fail"]
                assert failed and not failed[0]["old"]
                assert newest["unit"]["steps"][0]["broken"] >= 1


def test_the_token_is_its_owner_s_and_stays(tmp_path: Path) -> None:
    file = tmp_path / "workbook" / "token"
    made = guard.token(file)
    assert len(made) >= 32 and guard.token(file) == made
    assert file.parent.stat().st_mode & 0o077 == 0
    file.write_text("short")
    assert guard.token(file) != "short"
    (tmp_path / "taken").write_text("")
    with pytest.raises(InputError):
        guard.token(tmp_path / "taken" / "token")


def test_a_cookie_of_one_port_is_none_of_another() -> None:
    assert Guard(1, TOKEN).cookie != Guard(2, TOKEN).cookie
    usual = Guard(80, TOKEN)  # which browsers leave out
    assert usual.is_ours("127.0.0.1") and usual.may_act("http://localhost")
    assert not usual.is_ours("127.0.0.1:80") and not Guard(81, TOKEN).is_ours("127.0.0.1")


def free_port() -> int:
    """A port that nobody has at this moment."""
    with socket.socket() as probe:
        probe.bind((guard.ADDRESS, 0))
        return int(probe.getsockname()[1])


def command(port: int) -> list[str]:
    """`make workbook`, without a browser."""
    return ["/usr/bin/python3", "grader/grade", "workbook", "--no-browser", "--port", str(port)]


def test_two_servers_at_once_are_one_and_a_taken_port_is_told(tmp_path: Path) -> None:
    port = free_port()
    first = subprocess.Popen(command(port), cwd=workbook.ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert first.stdout
        assert f"http://127.0.0.1:{port}/?token=" in first.stdout.readline()
        second = subprocess.run(
            command(port), cwd=workbook.ROOT, capture_output=True, text=True, check=False
        )
        assert second.returncode == 0 and "already served" in second.stdout
    finally:
        first.send_signal(signal.SIGINT)
    assert first.wait(PATIENCE_S) == 0
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind((guard.ADDRESS, port))
        other.listen()
        other.settimeout(0.1)
        third = subprocess.run(
            command(port), cwd=workbook.ROOT, capture_output=True, text=True, check=False
        )
    assert third.returncode == 2 and third.stderr.count("\n") == 1
    assert f"port {port} is taken by another program" in third.stderr
    assert f"make workbook PORT={port + 1}" in third.stderr


@pytest.mark.long
def test_memory_stays_flat_over_a_thousand_saves(tiny: Unit, kept: Path, tmp_path: Path) -> None:
    """Every save checked and told to a page; what is in use then is what was in use after fifty."""
    sandbox, root = find_sandbox(allow_none=False), tiny.directory.parents[1]
    sizes: list[int] = []
    with served(root, tmp_path / "progress.json") as server:
        make = lambda: Grader(sandbox, Cache(kept))  # noqa: E731
        keep = tmp_path / "progress.json"
        with Session(lambda: [tiny.directory], make, server.board.tell, keep):
            with server.events(tiny.path) as events:
                for number in range(1000):
                    text = f"int nothing_{number % 7}\n/* {number} */\n"
                    (tiny.directory / tiny.editable[0]).write_text(text)
                    for kind, message in events:
                        if kind == "unit" and message["phase"] == "done":
                            break
                    pages = int(Path("/proc/self/statm").read_text().split()[1])
                    sizes.append(pages * os.sysconf("SC_PAGE_SIZE") >> 20)
    print(f"resident after 50, 500 and 1000 saves: {sizes[49]}, {sizes[499]}, {sizes[999]} MiB")
    assert sizes[999] - sizes[49] <= 8
