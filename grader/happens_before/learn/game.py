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

from happens_before.core import foundation, workbook
from happens_before.core.errors import GraderFault, InputError
from happens_before.core.toolchain import INSTRUMENTED
from happens_before.explore import findings, runner, sources, words
from happens_before.explore.story import Story
from happens_before.explore.symbols import Symbols
from happens_before.explore.unit_program import SCENARIOS, of_unit
from happens_before.learn.levels import Level
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
NO_REASON = {**findings.WAITING_ALSO, "variable": None}
QUESTIONS = {
    "thread": "Who runs next?",
    "store": "Thread {thread} loads {thing}. Which store does it read?",
    "place": "Thread {thread} stores to {thing}. Behind which store does its own go?",
    "value": "Thread {thread}: something no memory decides ({thing}).",
}


@dataclass(frozen=True)
class Option:
    """One answer. number: what is answered; text: what it means.

    step: of a store, the step that made it; 0 for the initial value. Of a thread, file, line,
    function and source say where it stands.
    """

    number: int
    text: str
    step: int = 0
    file: str = ""
    line: int = 0
    function: str = ""
    source: str = ""


@dataclass(frozen=True)
class Question:
    """What is to be chosen. kind: thread, store, place or value. waiting: who cannot run, and why."""

    kind: str
    text: str
    options: tuple[Option, ...]
    waiting: tuple[str, ...] = ()


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
                return Moment(self._story(None), self._question(message), len(self._answers))
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

    def _story(self, fault: Mapping[str, Any] | None) -> Story | None:
        """What has happened, told as any exploration is."""
        told = findings.one_execution(self._did, fault, self.level.scenario, self._symbols)
        return Story.from_findings(told, unit=self.level.unit.path, promise=self.level.promise)

    def _question(self, message: Mapping[str, Any]) -> Question:
        asked = findings.with_places(message, self._symbols)
        kind, options = asked["ask"], []
        if kind == "thread":
            options = [_thread(item, self._did) for item in asked["able"]]
        elif kind == "value":
            options = [_value(number, asked["about"]) for number in range(asked["n"])]
        else:
            size = asked["size"]
            options = [_store(at, item, size) for at, item in enumerate(asked["choices"])]
        thing = asked.get("variable") or asked.get("about") or "memory"
        text = QUESTIONS[kind].format(thread=asked.get("thread"), thing=thing)
        waiting = [
            f"thread {item['thread']} {words.waiting({**NO_REASON, **item})}"
            for item in asked.get("waiting", ())
        ]
        return Question(kind, text, tuple(options), tuple(waiting))


def build(level: Level, directory: Path) -> Path:
    """The level's program, laid into the directory.

    Errors: InputError or GraderFault when it cannot be built.
    """
    unit = level.unit
    if level.attempt:
        files, flags = of_unit(unit.name, level.attempt)
    else:
        for name, content in level.code().items():
            (directory / name).write_bytes(content)
        below = (f for each in unit.foundations for f in foundation.files(each, INSTRUMENTED))
        files = (*(directory / n for n in unit.editable), *below, unit.directory / SCENARIOS)
        flags = tuple(f"-I{include}" for include in unit.includes)
    try:
        built, opaque = sources.program_of(files, "clang", flags, directory)
    except sources.CompileError as error:
        raise GraderFault(f"level {level.name} does not compile: {error}") from None
    if built is None:
        raise InputError(f"level {level.name} cannot be played: assembly in {opaque[0].file}.")
    return runner.lay_out(built, directory)


def _thread(item: Mapping[str, Any], did: Sequence[Mapping[str, Any]]) -> Option:
    number, place = item["thread"], item["pc"] or {}
    begun = number == 0 or any(step["thread"] == number for step in did)
    text = words.thread(number) + ("" if place else " goes on" if begun else " begins")
    return Option(
        number,
        text,
        file=place.get("file") or "",
        line=place.get("line") or 0,
        function=place.get("function") or "",
        source=place.get("source") or "",
    )


def _store(at: int, item: Mapping[str, Any], size: int) -> Option:
    where = f"stored in step {item['step']}" if item["step"] else "the initial value"
    age = "the newest" if at == 0 else "older"
    return Option(at, f"{words.value(item['value'], size)}: {where}, {age}", item["step"])


def _value(number: int, about: str) -> Option:
    if number == 0:
        return Option(0, "the ordinary: nothing odd happens")
    return Option(number, words.CHOICES.get(about, about + " {}").format(number))
