"""Running the workbook's server: its port, its browser, its end."""

from __future__ import annotations

import asyncio
import errno
import http.client
import json
import os
import secrets
import shutil
import signal
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress

from tornado.httpserver import HTTPServer

from happens_before.core import workbook
from happens_before.core.errors import InputError
from happens_before.core.pipeline import Grader
from happens_before.learn.watching import Session, watched
from happens_before.web import guard, server
from happens_before.web.board import Board
from happens_before.web.book import Book
from happens_before.web.handler import Shared
from happens_before.web.stream import Hub

PORT = 8017
ASK_S = 3  # how long another server on our port has for its answer
LARGEST_BODY = 64 * 1024  # bytes of a request


def serve(
    port: int, browse: bool, grader: Callable[[], Grader], say: Callable[[str], None]
) -> None:
    """Serve until interrupted.

    browse: open a browser, if there is a desktop. say: tells the reader a line.
    Errors: InputError when the port is taken by something else.
    """
    ours = guard.Guard(port, guard.token())
    if _is_served(ours):
        say(f"This workbook is already served, by another `make workbook`: {ours.url}")
        if browse:  # without the token: process lists show the address
            _browse(ours.origins[0])
        return
    asyncio.run(_serve(ours, browse, grader, say))


async def _serve(
    ours: guard.Guard, browse: bool, grader: Callable[[], Grader], say: Callable[[str], None]
) -> None:
    hub = Hub()
    known = Board(hub.send)
    with Session(watched(()), grader, known.tell) as session:
        shared = Shared(
            ours,
            Book(live=True),
            known,
            hub,
            lambda unit: session.check(workbook.ROOT / unit),
        )
        listening = HTTPServer(server.application(shared), max_body_size=LARGEST_BODY)
        try:
            listening.listen(ours.port, guard.ADDRESS)
        except OSError as error:
            raise _not_listening(ours.port, error) from None
        say(f"The workbook is at {ours.url}")
        say("It checks what you save. Control-C ends it.")
        if session.blind:
            say(f"{session.blind}.")
        if browse:
            _browse(ours.url_once())
        await _interrupted()
        listening.stop()


def _not_listening(port: int, error: OSError) -> InputError:
    other = f"make workbook PORT={port + 1 if port < 65535 else PORT}"
    if error.errno == errno.EADDRINUSE:
        return InputError(f"port {port} is taken by another program.", to_do=f"Try {other}.")
    if error.errno == errno.EACCES:
        return InputError(f"port {port} is not for everybody.", to_do=f"Try {other}.")
    return InputError(f"port {port} cannot be listened at ({error.strerror}).")


async def _interrupted() -> None:
    """Returns when somebody wants the server to end."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, ended.set)
    await ended.wait()


def _is_served(ours: guard.Guard) -> bool:
    """Whether a server of this very workbook has the port; if not, whoever has it learns nothing."""
    question = secrets.token_urlsafe()
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with suppress(urllib.error.URLError, http.client.HTTPException, OSError, ValueError):
        address = f"{ours.origins[0]}/alive?question={question}"
        with opener.open(address, timeout=ASK_S) as answer:
            said = json.loads(answer.read(LARGEST_BODY))
            return isinstance(said, dict) and said.get("proof") == ours.proof(question)
    return False


def _browse(url: str) -> None:
    """Open a browser on the reader's desktop; without one, nothing happens."""
    desktop = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if desktop and (opener := shutil.which("xdg-open")):
        with suppress(OSError):
            subprocess.Popen(
                [opener, url],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
