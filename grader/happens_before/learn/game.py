"""The adversary game: the reader is the scheduler, on real code, until a promise breaks.

A Game runs a level under the explorer's adversary mode (runtime/explorer/adversary.h) and says at each
moment what has happened, as a story, and what is to be chosen. It knows no terminal and no browser.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from happens_before.core import workbook
from happens_before.core.errors import GraderFault
from happens_before.explore import findings, runner
from happens_before.explore.story import Story
from happens_before.explore.symbols import Symbols
from happens_before.learn.levels import Level, build
from happens_before.learn.questions import NO_REASON, Question, question_of, waiting_in
from happens_before.sandbox import owner

PATIENCE_S = 60  # for one answer of the program's, which needs milliseconds
# What became of an execution that broke nothing.
HARMLESS = {
    "complete": "It ended, and every promise held. Take a step back, or begin again.",
    "stuck": "Nobody can go on. Take a step back.",
    "blocked": "This way leads nowhere: a thread waits for a store that nobody makes any more.",
    "limit": "This went on for too long. Take a step back.",
}
ALREADY = "It is broken before you choose anything, in every schedule: no adversary is needed."


@dataclass(frozen=True)
class Moment:
    """Where the game stands: a question, or the end (then `question` is None).

    story:   what has happened since the beginning; None when nothing has.
    choices: how many answers led here: the fewer to break a promise, the better.
    won:     a promise is broken; the story's fault says which.
    said:    what is to be said of an end without a fault, or of an answer that was none; or "".
    """

    story: Story | None
    question: Question | None
    choices: int
    won: bool = False
    said: str = ""


class Game:
    """One level being played; use it in a `with`, behind which nothing of it is left.

    moment: where it stands. Errors, of every method: GraderFault when the program dies.
    """

    def __init__(self, level: Level) -> None:
        self.level = level
        self._stack = ExitStack()
        self._answers: list[int] = []
        self._did: list[dict[str, Any]] = []
        self._rest = b""

    def __enter__(self) -> Game:
        with ExitStack() as stack:
            directory = Path(
                stack.enter_context(tempfile.TemporaryDirectory(prefix=owner.prefix()))
            )
            program = build(self.level, directory)
            self._symbols = Symbols(program, [directory, workbook.ROOT])
            command = [str(program), "--mode", "adversary", *self.level.arguments]
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
                env=runner.ENVIRONMENT,
            )
            stack.enter_context(self._process)
            stack.callback(self._process.kill)
            self.moment = self._heard()
            self._set_up()
            self._stack = stack.pop_all()
        return self

    def _set_up(self) -> None:
        """Let main set the scenario up and make all threads: no fault needs it to be slow."""
        while (question := self.moment.question) and question.options[0].number == 0:
            self._say("thread", 0)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def answer(self, number: int) -> Moment:
        """Choose an option by its number; one that is not there changes nothing but `said`."""
        question = self.moment.question
        numbers = [option.number for option in question.options] if question else []
        if question is None or number not in numbers:
            listed = f"Choose one of {', '.join(map(str, numbers))}." if numbers else "It is over."
            return Moment(
                self.moment.story, question, len(self._answers), self.moment.won, said=listed
            )
        self._answers.append(number)
        return self._say("thread" if question.kind == "thread" else "choice", number)

    def undo(self, count: int = 1) -> Moment:
        """Take back the last answers."""
        count = min(count, len(self._answers))
        if count <= 0:
            return self.moment
        del self._answers[-count:]
        return self._say("undo", count)

    def restart(self) -> Moment:
        """Take back all answers, to when all threads are there and none has begun."""
        return self.undo(len(self._answers))

    def _say(self, key: str, number: int) -> Moment:
        assert self._process.stdin
        try:
            self._process.stdin.write(json.dumps({key: number}).encode() + b"\n")
        except OSError:
            pass  # it is dead; what it leaves unsaid tells so
        self.moment = self._heard()
        return self.moment

    def _heard(self) -> Moment:
        """Listen until the program asks or ends."""
        while True:
            message = self._message()
            if "did" in message:
                self._did.append(message["did"])
            elif "again" in message:
                self._did.clear()
            elif "ask" in message:
                return Moment(
                    self._story(None, waiting_in(findings.with_places(message, self._symbols))),
                    question_of(message, self._symbols, self._did),
                    len(self._answers),
                )
            elif "end" in message:
                fault = message["fault"]
                if fault is not None:
                    fault = {**fault, "token": message["token"]}
                said = HARMLESS.get(message["end"], "")
                if fault and not self._answers:
                    said = ALREADY
                return Moment(self._story(fault), None, len(self._answers), fault is not None, said)
            else:
                raise GraderFault(f"the explorer refuses an answer: {message.get('error')}.")

    def _message(self) -> dict[str, Any]:
        """The next line of the program's."""
        assert self._process.stdout
        ends = time.monotonic() + PATIENCE_S
        while b"\n" not in self._rest:
            ready, _, _ = select.select([self._process.stdout], [], [], ends - time.monotonic())
            if not ready:
                raise GraderFault(f"level {self.level.name}: the program said nothing for long.")
            more = os.read(self._process.stdout.fileno(), 1 << 16)
            if not more:
                raise GraderFault(f"level {self.level.name}: the program ended by itself.")
            self._rest += more
        line, _, self._rest = self._rest.partition(b"\n")
        try:
            return dict(json.loads(line))
        except ValueError:
            raise GraderFault(f"level {self.level.name}: the program said {line[:99]!r}.") from None

    def _story(
        self, fault: Mapping[str, Any] | None, waiting: Sequence[Mapping[str, Any]] = ()
    ) -> Story | None:
        """What has happened, told as any exploration is."""
        stuck = [{**NO_REASON, **item} for item in waiting]
        told = findings.one_execution(self._did, fault, self.level.scenario, self._symbols, stuck)
        return Story.from_findings(told, unit=self.level.unit.path, promise=self.level.promise)
