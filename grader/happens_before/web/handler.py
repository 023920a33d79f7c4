"""What every handler of the workbook's server shares: who may ask, and how it is told off."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tornado.web import HTTPError, RequestHandler

from happens_before.core.errors import GraderFault, InputError
from happens_before.web import book
from happens_before.web.board import Board
from happens_before.web.book import Book
from happens_before.web.guard import Guard
from happens_before.web.stream import Hub

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
        if isinstance(error, InputError):
            self.set_status(400)
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


def body_of(handler: RequestHandler) -> dict[str, Any]:
    """The JSON object that a request brings. Errors: HTTPError 400."""
    try:
        asked = json.loads(handler.request.body)
    except ValueError:
        asked = None
    if not isinstance(asked, dict):
        raise HTTPError(400, reason="That is no JSON object")
    return asked
