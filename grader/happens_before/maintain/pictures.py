"""The pictures of the README, made by the workbook itself: `make pictures`.

A reader's copy of a lesson is served and checked in a headless Chromium, so that what the pictures show
is what a reader sees. They are small: few colours, and no larger than the README shows them.
"""

from __future__ import annotations

import asyncio
import io
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from happens_before.core import workbook
from happens_before.core.errors import GraderFault
from happens_before.sandbox import owner

FOLDER = workbook.ROOT / "grader" / "pictures"
LESSON = "lessons/04-mutex"
MOST_BYTES = 400_000  # of all pictures
COLOURS = 160
PATIENCE_S = 120
WIDE, PHONE = (1280, 860), (390, 780)


def make(folder: Path = FOLDER) -> list[Path]:
    """Make all pictures. Returns them. Errors: GraderFault when a page does not come."""
    folder.mkdir(exist_ok=True)
    made: list[Path] = []
    with tempfile.TemporaryDirectory(prefix=owner.prefix()) as scratch:
        root = _copied(Path(scratch))
        with _served(root) as address, _browser() as driver:
            driver.get(address)
            for name, show in SHOWN.items():
                show(driver, address.partition("/?")[0])
                made.append(_kept(driver, folder / f"{name}.png"))
    size = sum(file.stat().st_size for file in made)
    if size > MOST_BYTES:
        raise GraderFault(f"the pictures have {size:,} bytes, which is more than {MOST_BYTES:,}.")
    return made


def _lesson(driver: Any, top: str) -> None:
    """A failure of the reader's own code beside the chapter."""
    _sized(driver, *WIDE)
    driver.get(f"{top}/{LESSON}/")
    _until(driver, "document.querySelector('#live .now.done')")
    driver.execute_script(
        "for (const box of document.querySelectorAll('#live details'))"
        "  box.open = /serves three.*explore/.test(box.innerText);"
    )
    _until(driver, "document.querySelector('#live button.watch')")
    driver.execute_script("document.getElementById('three-states').scrollIntoView()")


def _player(driver: Any, top: str) -> None:
    """Its interleaving, near the end."""
    driver.execute_script("document.querySelector('#live button.watch').click()")
    _until(driver, "document.querySelector('dialog.stage .hb-count')")
    _press(driver, "to the fault")


def _lab(driver: Any, top: str) -> None:
    """The litmus lab after a prediction, in the dark."""
    _dark(driver, True)
    driver.get(f"{top}/litmus.html#SB/relaxed")
    driver.refresh()
    _until(driver, "document.querySelector('.predict [type=submit]')")
    driver.execute_script(
        "for (const box of document.querySelectorAll('.predict input')) box.click();"
        "document.querySelector('.predict [type=submit]').click()"
    )
    _press(driver, "Run it on this processor")
    _until(driver, "document.querySelector('.stripe')")
    driver.execute_script("document.querySelector('.verdict').scrollIntoView()")


def _phone(driver: Any, top: str) -> None:
    """The book on a phone."""
    _dark(driver, False)
    _sized(driver, *PHONE)
    driver.get(f"{top}/{LESSON}/")
    _until(driver, "document.querySelector('h1')")


SHOWN: dict[str, Callable[[Any, str], None]] = {
    "lesson": _lesson,
    "player": _player,
    "lab": _lab,
    "phone": _phone,
}


def _copied(root: Path) -> Path:
    """A reader's workbook, with an attempt in place of the skeleton."""
    for part in ("lessons", "exercises", "solutions"):
        if (workbook.ROOT / part).is_dir():
            shutil.copytree(workbook.ROOT / part, root / part)
    shutil.copy(root / LESSON / "attempts" / "lost_wakeup.c", root / LESSON / "mutex.c")
    return root


@contextmanager
def _served(root: Path) -> Iterator[str]:
    """The workbook's server, about the copy; gives the address that lets a browser in."""
    from happens_before.commands.check import make_grader
    from happens_before.learn.watching import Session
    from happens_before.web import guard, server
    from happens_before.web.board import Board
    from happens_before.web.book import Book
    from happens_before.web.handler import Shared
    from happens_before.web.stream import Hub
    from tornado.httpserver import HTTPServer
    from tornado.netutil import bind_sockets

    ready, ended, address = threading.Event(), threading.Event(), [""]

    async def serve() -> None:
        sockets = bind_sockets(0, guard.ADDRESS)
        ours = guard.Guard(sockets[0].getsockname()[1], guard.token(root / "workbook" / "token"))
        hub = Hub()
        board = Board(hub.send, root, root / "progress.json")
        with Session(lambda: [root / LESSON], make_grader, board.tell, board.keep) as session:
            check = lambda unit: session.check(root / unit)  # noqa: E731
            listening = HTTPServer(
                server.application(Shared(ours, Book(live=True), board, hub, check))
            )
            listening.add_sockets(sockets)
            address[0] = ours.url
            ready.set()
            await asyncio.to_thread(ended.wait)
            listening.stop()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    if not ready.wait(PATIENCE_S):
        raise GraderFault("the workbook's server did not begin.")
    try:
        yield address[0]
    finally:
        ended.set()
        thread.join(PATIENCE_S)


@contextmanager
def _browser() -> Iterator[Any]:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options: Any = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    for argument in ("--headless=new", "--disable-gpu", "--hide-scrollbars", "--no-sandbox"):
        options.add_argument(argument)
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver") or ""))
    try:
        yield driver
    finally:
        driver.quit()


def _sized(driver: Any, width: int, height: int) -> None:
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)


def _dark(driver: Any, yes: bool) -> None:
    feature = {"name": "prefers-color-scheme", "value": "dark" if yes else "light"}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})


def _press(driver: Any, text: str) -> None:
    driver.execute_script(
        "[...document.querySelectorAll('button')]"
        ".find((each) => each.innerText.includes(arguments[0])).click()",
        text,
    )


def _until(driver: Any, condition: str) -> None:
    ends = time.monotonic() + PATIENCE_S
    while not driver.execute_script(f"return Boolean({condition})"):
        if time.monotonic() > ends:
            raise GraderFault(f"a page did not come to this: {condition}.")
        time.sleep(0.05)


def _kept(driver: Any, file: Path) -> Path:
    """What the page shows, with few colours."""
    from PIL import Image

    settled = "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(done))"
    driver.execute_async_script(settled)
    picture = Image.open(io.BytesIO(driver.get_screenshot_as_png())).convert("RGB")
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(file, optimize=True)
    return file
