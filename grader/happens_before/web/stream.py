"""Server-sent events: each listener gets the newest state of what it listens to, never a backlog."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

HEARTBEAT_S = 15  # of silence, after which a line is sent that says nothing
RETRY_MS = 1000  # after which a browser tries again


class Listener:
    """One page. unit: what it shows, or ""."""

    def __init__(self, unit: str) -> None:
        self.unit = unit
        self._news: dict[str, Any] = {}
        self._woken = asyncio.Event()

    def offer(self, message: dict[str, Any]) -> None:
        """Keep the message, in place of an older one of its kind."""
        if message["kind"] == "unit" and message["unit"] != self.unit:
            return
        self._news[message["kind"]] = message
        self._woken.set()

    async def texts(self) -> AsyncIterator[str]:
        """What is written to the page, for ever."""
        yield f"retry: {RETRY_MS}\n\n"
        while True:
            try:
                await asyncio.wait_for(self._woken.wait(), HEARTBEAT_S)
            except TimeoutError:
                yield ": still here\n\n"
                continue
            self._woken.clear()
            news, self._news = self._news, {}
            for kind, message in news.items():
                yield f"event: {kind}\ndata: {json.dumps(message)}\n\n"


class Hub:
    """All listeners of a server; messages come from any thread."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.listeners: set[Listener] = set()

    def send(self, message: dict[str, Any]) -> None:
        """Offer the message to all, from whatever thread."""
        try:
            self._loop.call_soon_threadsafe(self._offer, message)
        except RuntimeError:  # the server has just ended
            pass

    def _offer(self, message: dict[str, Any]) -> None:
        for listener in self.listeners:
            listener.offer(message)
