"""The workbook's server: the book, and beside it the live state of the reader's own code."""

from __future__ import annotations

import asyncio
import mimetypes
from functools import partial

from tornado.iostream import StreamClosedError
from tornado.web import Application, HTTPError

from happens_before.web import assets, games, lab, shelf, stories
from happens_before.web.handler import Handler, Shared, body_of
from happens_before.web.stream import Listener

PING_S = 20  # after which a page that has gone without a word is noticed


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


class Picture(Handler):
    """A picture of a text."""

    def get(self, name: str) -> None:
        """The workbook's file of this name."""
        try:
            content = self.shared.book.picture(name)
        except (KeyError, OSError):
            raise HTTPError(404, reason="There is no such picture") from None
        self.set_header("Content-Type", "image/png")
        self.finish(content)


class Asset(Handler):
    """A sheet or a script."""

    def get(self, name: str) -> None:
        """One of those that the book has; no path leads elsewhere."""
        content = assets.one(self.shared.book, f"static/{name}")
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
        except (StreamClosedError, asyncio.CancelledError):  # the page has gone, or we end
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
        asked = body_of(self)
        if asked.get("unit") not in self.shared.board.paths():
            raise HTTPError(404, reason="There is no such unit")
        self.shared.check(asked["unit"])
        self.finish({})


class Litmus(Handler):
    """What this processor does with a shape."""

    async def post(self) -> None:
        """{"shape": ..., "order": ..., "seconds": ...}"""
        asked = body_of(self)
        work = partial(lab.measured, asked.get("shape"), asked.get("order"), asked.get("seconds"))
        self.finish(await asyncio.get_running_loop().run_in_executor(None, work))


class Alive(Handler):
    """Whether this server serves the same workbook: for a second one that finds the port taken, and
    that does not know yet whom it asks."""

    def prepare(self) -> None:
        """Anybody may ask: the answer says nothing to who does not know the token."""

    def get(self) -> None:
        """Of ?question=...: proof that this server knows the token."""
        self.finish({"proof": self.shared.guard.proof(self.asked("question"))})


def application(shared: Shared) -> Application:
    """All that the server answers to."""
    given = {"shared": shared}
    return Application(
        [
            (r"/events", Events, given),
            (r"/story", Story, given),
            (r"/hint", Hint, given),
            (r"/check", Check, given),
            (r"/litmus", Litmus, given),
            (r"/levels", games.Levels, given),
            (r"/play", games.Play, given),
            (r"/alive", Alive, given),
            (r"/(stories/.*)", Told, given),
            (r"/static/([A-Za-z0-9._-]+)", Asset, given),
            (r"/(.*\.png)", Picture, given),
            (r"/(.*)", Page, given),
        ],
        log_function=lambda handler: None,
        websocket_ping_interval=PING_S,
        websocket_max_message_size=4096,
    )
