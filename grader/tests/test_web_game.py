"""The game's socket: whom it answers, what it takes, and that a page that goes takes its program along."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from happens_before.web import games
from happens_before.web.games import Play
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect
from web_server import PATIENCE_S, Served, served

LEVEL = {"level": ["lessons/04-mutex", 1]}


async def connected(server: Served, origin: str | None = None) -> WebSocketClientConnection:
    """A socket as a page opens it."""
    port = server.guard.port
    headers = {**server.cookie, "Origin": origin or server.guard.origins[0]}
    return await websocket_connect(HTTPRequest(f"ws://127.0.0.1:{port}/play", headers=headers))


async def said(socket: WebSocketClientConnection, move: object) -> dict[str, Any]:
    """The answer to a move."""
    await socket.write_message(move if isinstance(move, str) else json.dumps(move))
    answer = await asyncio.wait_for(socket.read_message(), PATIENCE_S)
    assert answer is not None
    return dict(json.loads(answer))


def with_server(play: Callable[[Served], Awaitable[None]]) -> None:
    """Run a conversation, and see that nothing of it is left."""
    with served() as server:
        asyncio.run(asyncio.wait_for(play(server), 2 * PATIENCE_S))
        ends = time.monotonic() + PATIENCE_S
        while Play.playing:
            assert time.monotonic() < ends, "a game outlives its page"
            time.sleep(0.01)


@pytest.mark.parametrize("origin", ["http://evil.example", "http://127.0.0.1:1", "null"])
def test_another_site_s_page_gets_no_socket(origin: str) -> None:
    async def play(server: Served) -> None:
        with pytest.raises(HTTPClientError, match="403"):
            await connected(server, origin)

    with_server(play)


def test_odd_moves_are_told_and_the_game_goes_on() -> None:
    async def play(server: Served) -> None:
        socket = await connected(server)
        for odd in ("{", "[]", {"answer": 1}):
            assert "error" in await said(socket, odd)
        for level in (["lessons/04-mutex", 99], ["../etc", 1], "x", ["lessons/04-mutex", "1"]):
            assert "error" in await said(socket, {"level": level})
        begun = (await said(socket, LEVEL))["moment"]
        assert begun["question"]["kind"] == "thread" and begun["choices"] == 0
        assert (await said(socket, {"answer": 99}))["moment"]["said"].startswith("Choose one of")
        assert "error" in await said(socket, {"fly": 1})
        first = begun["question"]["options"][0]["number"]
        assert (await said(socket, {"answer": first}))["moment"]["choices"] == 1
        assert (await said(socket, {"undo": 1}))["moment"]["choices"] == 0
        socket.close()

    with_server(play)


def test_a_page_that_goes_takes_its_program_along(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Any] = []

    class Noted(games.Game):
        def __enter__(self) -> games.Game:
            made.append(self)
            return super().__enter__()

    monkeypatch.setattr(games, "Game", Noted)

    async def play(server: Served) -> None:
        socket = await connected(server)
        assert "moment" in await said(socket, LEVEL)
        assert made[0]._process.poll() is None
        socket.close()

    with_server(play)
    made[0]._process.wait(PATIENCE_S)


def test_there_are_only_so_many_games_at_once() -> None:
    async def play(server: Served) -> None:
        sockets = [await connected(server) for _ in range(games.MOST)]
        one_more = await connected(server)
        assert "closed" in await said(one_more, LEVEL)
        for socket in (*sockets, one_more):
            socket.close()

    with_server(play)
