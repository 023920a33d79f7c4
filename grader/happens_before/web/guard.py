"""Who may ask the workbook's server for anything.

It listens on 127.0.0.1 only, which every program and every user of the machine can reach, and every
page that the reader's browser shows. So three things are asked of a request:

  Host     is ours. A name of somebody else's that leads to 127.0.0.1 (DNS rebinding) is refused.
  Origin   is ours, where the request does something. Another site's page cannot send ours.
  Cookie   holds the token, for whatever is asked. It comes by the printed address, once, and then
           lives in the browser: no script can read it (HttpOnly), no other site's page makes the
           browser send it (SameSite=Strict), and it goes along with event streams and sockets,
           which cannot send headers of ours. Its name has the port in it, since browsers do not
           keep the cookies of two ports apart.

The token stays the same when the server is started again, so that pages that are still open go on.
"""

from __future__ import annotations

import hmac
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from happens_before.core import workbook
from happens_before.core.cache import write_atomically
from happens_before.core.errors import InputError

ADDRESS = "127.0.0.1"
TOKEN_FILE = workbook.CACHE / "workbook" / "token"
HTTP_PORT = 80
TOKEN_BYTES = 24
SHORTEST = 20  # characters of a token that is still believed


@dataclass
class Guard:
    """What requests to the server at this port are held against.

    tickets: what stands in for the token once, in an address that others can see.
    """

    port: int
    token: str
    tickets: set[str] = field(default_factory=set)

    @property
    def cookie(self) -> str:
        """The cookie's name."""
        return f"happens-before-{self.port}"

    @property
    def origins(self) -> tuple[str, ...]:
        """The origins of our own pages."""
        port = "" if self.port == HTTP_PORT else f":{self.port}"  # browsers leave it out
        return tuple(f"http://{host}{port}" for host in (ADDRESS, "localhost"))

    @property
    def url(self) -> str:
        """The address that lets a browser in; for the terminal of its owner only."""
        return f"{self.origins[0]}/?token={self.token}"

    def url_once(self) -> str:
        """An address that lets one browser in, once: process lists show it to other users."""
        ticket = secrets.token_urlsafe(TOKEN_BYTES)
        self.tickets.add(ticket)
        return f"{self.origins[0]}/?token={ticket}"

    def is_ours(self, host: str) -> bool:
        """Whether a Host header names this server."""
        return f"http://{host.lower()}" in self.origins

    def may_act(self, origin: str | None) -> bool:
        """Whether a request with this Origin header may do something."""
        return origin in self.origins

    def knows(self, token: str | None) -> bool:
        """Whether a cookie holds the token."""
        return token is not None and hmac.compare_digest(token.encode(), self.token.encode())

    def proof(self, question: str) -> str:
        """What only who has the token can answer to a question, without telling the token."""
        return hmac.new(self.token.encode(), question.encode(), "sha256").hexdigest()

    def lets_in(self, token: str) -> bool:
        """Whether an address holds the token, or a ticket, which is used up by that."""
        if token in self.tickets:
            self.tickets.discard(token)
            return True
        return self.knows(token)


def token(file: Path = TOKEN_FILE) -> str:
    """The workbook's token, made on first use, readable by its owner only.

    Errors: InputError when it cannot be kept.
    """
    try:
        kept = file.read_text(encoding="ascii").strip()
        if len(kept) >= SHORTEST and file.stat().st_uid == os.getuid():
            return kept
    except (OSError, UnicodeError):
        pass
    made = secrets.token_urlsafe(TOKEN_BYTES)
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.parent.chmod(0o700)
    except OSError as error:
        raise InputError(f"cannot be made ({error.strerror}).", file.parent) from None
    write_atomically(file, made + "\n")
    return made
