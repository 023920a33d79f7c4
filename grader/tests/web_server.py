"""A workbook's server for tests: in a thread of its own, at a free port, with or without a session."""

from __future__ import annotations

import asyncio
import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from happens_before.core import workbook
from happens_before.web import server
from happens_before.web.board import Board
from happens_before.web.book import Book
from happens_before.web.guard import ADDRESS, Guard
from happens_before.web.handler import Shared
from happens_before.web.stream import Hub
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets

PATIENCE_S = 60
TOKEN = "a-token-for-tests-only"


class Served:
    """A server that runs. asked: the units whose check was asked for."""

    def __init__(self, guard: Guard, hub: Hub, board: Board) -> None:
        self.guard, self.hub, self.board = guard, hub, board
        self.asked: list[str] = []

    @property
    def cookie(self) -> dict[str, str]:
        """What a browser that was let in sends."""
        return {"Cookie": f"{self.guard.cookie}={TOKEN}"}

    def request(
        self,
        path: str,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: object = None,
        allowed: bool = True,
    ) -> tuple[int, dict[str, str], str]:
        """Status, headers and body of the answer. allowed: send the cookie."""
        connection = http.client.HTTPConnection(ADDRESS, self.guard.port, timeout=PATIENCE_S)
        sent = {**(self.cookie if allowed else {}), **(headers or {})}
        connection.request(method, path, None if body is None else json.dumps(body), sent)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, dict(answer.getheaders()), text

    @contextmanager
    def events(self, unit: str = "") -> Iterator[Iterator[tuple[str, dict[str, Any]]]]:
        """The stream of a page, as (kind, message). Fails when it says nothing for PATIENCE_S."""
        connection = http.client.HTTPConnection(ADDRESS, self.guard.port, timeout=PATIENCE_S)
        connection.request("GET", f"/events?unit={unit}", headers=self.cookie)
        answer = connection.getresponse()

        def read() -> Iterator[tuple[str, dict[str, Any]]]:
            kind, ends = "", time.monotonic() + PATIENCE_S
            while line := answer.readline().decode():
                assert time.monotonic() < ends, "nothing but heartbeats"
                if line.startswith("event: "):
                    kind = line[7:].strip()
                elif line.startswith("data: "):
                    yield kind, json.loads(line[6:])
                    ends = time.monotonic() + PATIENCE_S

        try:
            yield read()
        finally:
            answer.close()
            connection.close()


@contextmanager
def served(
    root: Path = workbook.ROOT,
    keep: Path | None = None,
    check: Callable[[str], None] | None = None,
    port: int = 0,
) -> Iterator[Served]:
    """A server whose board is about the units below `root`; its book is always the real one.

    port: to listen at, or 0 for one that is free.
    """
    ready: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event, Served]] = Future()

    async def serve() -> None:
        sockets = bind_sockets(port, ADDRESS)
        hub = Hub()
        board = Board(hub.send, root, keep or root / ".cache" / "progress.json")
        made = Served(Guard(sockets[0].getsockname()[1], TOKEN), hub, board)
        shared = Shared(made.guard, Book(live=True), board, hub, check or made.asked.append)
        listening = HTTPServer(server.application(shared))
        listening.add_sockets(sockets)
        ended = asyncio.Event()
        ready.set_result((asyncio.get_running_loop(), ended, made))
        await ended.wait()
        listening.stop()
        await listening.close_all_connections()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    loop, ended, made = ready.result(PATIENCE_S)
    try:
        yield made
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join(PATIENCE_S)
