"""The adversary game in the browser: one game for each socket, and nothing of it when that is closed.

The page says {"level": [unit, number]}, {"answer": n}, {"undo": n} or {"restart": true}; the server says
{"moment": ...}, {"error": ...} or {"closed": why}. The game's program runs as `grader/grade explore`
runs it: the reader's own machine, the workbook's own code.
"""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tornado.websocket import WebSocketClosedError, WebSocketHandler

from happens_before.core.errors import GraderFault, InputError
from happens_before.core.unit import Unit
from happens_before.explore import story_json
from happens_before.learn import levels, progress
from happens_before.learn.game import Game, Moment
from happens_before.learn.levels import Level
from happens_before.web.handler import Handler

MOST = 4  # games at one time; each is a process that waits
FULL = f"{MOST} games are open already. Close one of the other pages."


class Play(Handler, WebSocketHandler):
    """One game. It ends with its page; pings tell when that has gone without a word."""

    playing: set[Play] = set()

    def open(self, *args: str, **kwargs: str) -> None:
        """A page is there."""
        self._game: Game | None = None
        self._worker = ThreadPoolExecutor(max_workers=1)  # one move after the other
        self._full = len(Play.playing) >= MOST
        Play.playing.add(self)

    def check_origin(self, origin: str) -> bool:
        """Only pages of ours."""
        return self.shared.guard.may_act(origin)

    async def on_message(self, message: str | bytes) -> None:
        """A move; the answer comes when the program has answered."""
        if self._full:
            await self._say({"closed": FULL})
            return
        try:
            asked = json.loads(message)
            if not isinstance(asked, dict):
                raise ValueError
        except ValueError:
            await self._say({"error": "That is no move."})
            return
        loop = asyncio.get_running_loop()
        await self._say(await loop.run_in_executor(self._worker, self._moved, asked))

    def on_close(self) -> None:
        """The page has gone: so does the program."""
        Play.playing.discard(self)
        self._worker.submit(self._end)
        self._worker.shutdown(wait=False)

    async def _say(self, message: dict[str, Any]) -> None:
        try:
            await self.write_message(message)
        except WebSocketClosedError:  # the page has gone in the meantime
            pass

    def _moved(self, asked: dict[str, Any]) -> dict[str, Any]:
        try:
            if "level" in asked:
                self._end()
                level = self._level(asked["level"])
                self._game = Game(level).__enter__()
                return {"moment": moment(self._game.moment, level, self.shared.board.keep)}
            if self._game is None:
                return {"error": "Choose a level first."}
            now = _next(self._game, asked)
            return {"moment": moment(now, self._game.level, self.shared.board.keep)}
        except InputError as error:
            return {"error": str(error)}
        except GraderFault as fault:
            self._end()
            return {"closed": str(fault)}

    def _level(self, asked: object) -> Level:
        match asked:
            case [str(path), int(number)] if path in self.shared.board.paths():
                unit = self.shared.board.load(path)
                return levels.choose(of_unit(unit, self.shared.board.keep), str(number))
        raise InputError("there is no such level.")

    def _end(self) -> None:
        game, self._game = self._game, None
        if game:
            game.__exit__(None, None, None)


class Levels(Handler):
    """All levels, by unit."""

    async def get(self) -> None:
        """Of the units that have any."""
        loop = asyncio.get_running_loop()
        self.finish({"units": await loop.run_in_executor(None, self._every)})

    def _every(self) -> list[dict[str, Any]]:
        """Each unit with its levels; one that is broken is told on its own page."""
        found = []
        for path in self.shared.board.paths():
            with suppress(InputError):
                found.append(self._unit(path))
        return [item for item in found if item["levels"]]

    def _unit(self, path: str) -> dict[str, Any]:
        keep = self.shared.board.keep
        unit, best = self.shared.board.load(path), progress.records(path, keep)
        shown = [
            {
                "number": level.number,
                "name": level.name,
                "scenario": level.scenario,
                "promise": level.promise,
                "locked": level.locked,
                "record": best.get(level.name),
            }
            for level in of_unit(unit, keep)
        ]
        return {"unit": path, "title": unit.title, "levels": shown}


def of_unit(unit: Unit, keep: Path) -> list[Level]:
    """The unit's levels; mutants are open when it is passed."""
    return levels.load(unit, progress.has_passed(unit, keep))


def _next(game: Game, asked: dict[str, Any]) -> Moment:
    match asked:
        case {"answer": int(number)}:
            return game.answer(number)
        case {"undo": int(count)}:
            return game.undo(count)
        case {"restart": _}:
            return game.restart()
    raise InputError("that is no move.")


def moment(now: Moment, level: Level, keep: Path) -> dict[str, Any]:
    """Where a game stands, as the page reads it; what the level shows is told when it is won.

    keep: the file of the records; one that cannot be kept costs no victory.
    """
    record = None
    if now.won:
        with suppress(InputError):
            record = progress.record(level.unit.path, level.name, now.choices, keep)
    return {
        "story": story_json.to_json(now.story) if now.story else None,
        "question": asdict(now.question) if now.question else None,
        "choices": now.choices,
        "won": now.won,
        "said": now.said,
        "shows": level.shows if now.won else "",
        "record": record,
    }
