"""The workbook's server: the book, and beside it the live state of the reader's own code."""

from __future__ import annotations

import asyncio
import json
import mimetypes
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tornado.iostream import StreamClosedError
from tornado.web import Application, HTTPError, RequestHandler

from happens_before.core import workbook
from happens_before.core.errors import GraderFault, InputError
from happens_before.web import book, shelf, stories
from happens_before.web.book import Book
from happens_before.web.board import Board
from happens_before.web.guard import Guard
from happens_before.web.stream import Hub, Listener

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self' {sockets}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",
}
YEAR_DAYS = 365
LET_IN = "Open the address that `make workbook` has printed: it holds what lets this browser in."


@dataclass
class Shared:
    """What all handlers share. check: checks a unit now."""

    guard: Guard
    book: Book
    board: Board
    hub: Hub
    check: Callable[[str], None]


class Handler(RequestHandler):
    """Asks of every request what guard.py says."""

    def initialize(self, shared: Shared) -> None:
        """Called by tornado for each request."""
        self.shared = shared

    def set_default_headers(self) -> None:
        """On every answer."""
        for name, value in HEADERS.items():
            self.set_header(name, value)
        self.clear_header("Server")
        host = self.request.host
        self.set_header("Content-Security-Policy", POLICY.format(sockets=f"ws://{host}"))

    def prepare(self) -> None:
        """Before each request."""
        guard = self.shared.guard
        if not guard.is_ours(self.request.host):
            raise HTTPError(403, reason="This server answers to 127.0.0.1 only")
        if self.request.method == "GET" and (given := self.asked("token")):
            self._let_in(given)
        elif not guard.knows(self.get_cookie(guard.cookie)):
            raise HTTPError(403, reason="No token")
        elif self.request.method != "GET" and not guard.may_act(self.request.headers.get("Origin")):
            raise HTTPError(403, reason="Another site's page may not ask for this")

    def asked(self, name: str) -> str:
        """What the address says by this name, or ""."""
        return self.get_query_argument(name, "") or ""

    def _let_in(self, given: str) -> None:
        """From the printed address to the same one without the token, which the cookie now holds."""
        guard = self.shared.guard
        if not guard.lets_in(given):
            raise HTTPError(403, reason="No token")
        self.set_cookie(
            guard.cookie,
            guard.token,
            httponly=True,
            samesite="Strict",
            expires_days=YEAR_DAYS,
        )
        self.redirect(self.request.path)

    def write_error(self, status_code: int, **details: Any) -> None:
        """A page for a browser that asked for one, a sentence for a script."""
        error = details.get("exc_info", (None, None, None))[1]
        said = str(error) if isinstance(error, (InputError, GraderFault)) else self._reason
        help_ = LET_IN if said == "No token" else ""
        if "text/html" not in self.request.headers.get("Accept", ""):
            self.finish({"error": f"{said} {help_}".strip()})
            return
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish(book.notice(f"{status_code}: {said}", help_))

    def log_exception(self, *details: Any) -> None:
        """Mistakes of who asks are told to them, and not on the server's terminal."""
        if not isinstance(details[1], (HTTPError, InputError)):
            super().log_exception(*details)


class Page(Handler):
    """A page of the book."""

    def get(self, url: str) -> None:
        """The page at this place; its folder's if it ends in a slash."""
        url = shelf.FRONT if not url else url + shelf.FRONT if url.endswith("/") else url
        try:
            html = self.shared.book.page(url)
        except KeyError:
            raise HTTPError(404, reason="There is no such page") from None
        self.finish(html)


class Asset(Handler):
    """A sheet or a script."""

    def get(self, name: str) -> None:
        """One of those that the book has; no path leads elsewhere."""
        content = book.asset(self.shared.book, f"static/{name}")
        if content is None:
            raise HTTPError(404, reason="There is no such file")
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        self.set_header("Content-Type", f"{kind}; charset=utf-8")
        self.finish(content)


class Told(Handler):
    """The interleaving of a chapter, as the script that the static edition has."""

    async def get(self, place: str) -> None:
        """Explored on first use, beside the other requests."""
        asked = self.shared.book.story_at(place)
        if asked is None:
            raise HTTPError(404, reason="There is no such interleaving")
        text = await asyncio.get_running_loop().run_in_executor(None, stories.script, asked)
        self.set_header("Content-Type", "text/javascript; charset=utf-8")
        self.finish(text)


class Events(Handler):
    """The stream of what happens."""

    async def get(self) -> None:
        """For as long as the page is there."""
        unit = self.asked("unit")
        listener = Listener(unit)
        self.set_header("Content-Type", "text/event-stream; charset=utf-8")
        shared = self.shared
        if unit in shared.board.paths():
            listener.offer(shared.board.unit(unit))
            if not shared.board.has_seen(unit):
                shared.check(unit)
        listener.offer(shared.board.course())
        shared.hub.listeners.add(listener)
        try:
            async for text in listener.texts():
                self.write(text)
                await self.flush()
        except StreamClosedError:
            pass
        finally:
            shared.hub.listeners.discard(listener)


class Story(Handler):
    """The interleaving behind a verdict, for the player."""

    def get(self) -> None:
        """Of ?unit=...&check=..."""
        result = self.shared.board.result(self.asked("unit"), self.asked("check"))
        story = result.story if result else None
        if story is None:
            raise HTTPError(404, reason="There is no interleaving for this check any more")
        self.finish(story)


class Hint(Handler):
    """Help for a check that failed, tier by tier."""

    def get(self) -> None:
        """Of ?unit=...&check=...&tier=N, all tiers up to N, and how many there are."""
        from happens_before.learn import hints

        path, name, tier = self.asked("unit"), self.asked("check"), self.asked("tier")
        unit = self.shared.board.load(path) if path in self.shared.board.paths() else None
        check = next((c for c in unit.checks if c.name == name), None) if unit else None
        if unit is None or check is None:
            raise HTTPError(404, reason="There is no such check")
        result = self.shared.board.result(path, name)
        how = result.how if result else ""
        chosen = hints.choose(hints.load(unit), check.judge, check.id, how, check.step)
        tiers = [text.strip() for text in chosen.tiers]
        self.finish(
            {"tiers": tiers[: max(1, int(tier) if tier.isdecimal() else 1)], "of": len(tiers)}
        )


class Check(Handler):
    """Check a unit now."""

    def post(self) -> None:
        """{"unit": ...}"""
        asked = _body(self)
        if asked.get("unit") not in self.shared.board.paths():
            raise HTTPError(404, reason="There is no such unit")
        self.shared.check(asked["unit"])
        self.finish({})


class Alive(Handler):
    """Which workbook this server serves: for a second server that finds the port taken."""

    def get(self) -> None:
        """Its directory."""
        self.finish({"workbook": str(workbook.ROOT)})


def _body(handler: RequestHandler) -> dict[str, Any]:
    try:
        asked = json.loads(handler.request.body)
    except ValueError:
        asked = None
    if not isinstance(asked, dict):
        raise HTTPError(400, reason="That is no JSON object")
    return asked


def application(shared: Shared) -> Application:
    """All that the server answers to."""
    given = {"shared": shared}
    return Application(
        [
            (r"/events", Events, given),
            (r"/story", Story, given),
            (r"/hint", Hint, given),
            (r"/check", Check, given),
            (r"/alive", Alive, given),
            (r"/(stories/.*)", Told, given),
            (r"/static/([A-Za-z0-9._-]+)", Asset, given),
            (r"/(.*)", Page, given),
        ],
        log_function=lambda handler: None,
    )
