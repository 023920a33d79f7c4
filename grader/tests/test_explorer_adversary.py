"""The game: the reader is the scheduler, by JSON lines (adversary.h)."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from explorer import harness
from happens_before.explore import runner

GAMES = harness.HERE / "claims" / "games.c"
Message = dict[str, Any]
Player = Callable[[Message, list[Message]], Message]


@pytest.fixture(scope="module")
def games() -> Path:
    """The scenarios of games.c."""
    return built()


def built(compiler: str = "clang") -> Path:
    """games.c from either front end."""
    path = harness.built(GAMES, (), compiler)
    assert path is not None
    return path


@dataclass
class Game:
    """One conversation with a program."""

    process: subprocess.Popen[str]
    did: list[Message] = field(default_factory=list)  # since the last beginning

    def hear(self) -> Message:
        """The next message that is no step: a question, an error, an end; {} at the end of output."""
        assert self.process.stdout
        for line in self.process.stdout:
            message: Message = json.loads(line)
            if "did" not in message:
                if "again" in message:
                    self.did.clear()
                return message
            self.did.append(message["did"])
        return {}

    def say(self, answer: Message | str) -> Message:
        """Answer, and hear what follows."""
        assert self.process.stdin
        text = answer if isinstance(answer, str) else json.dumps(answer)
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()
        return self.hear()

    def play(self, player: Player, message: Message | None = None) -> Message:
        """Let `player` answer all questions. Returns the end."""
        message = message or self.hear()
        while "ask" in message:
            message = self.say(player(message, self.did))
        return message


@contextmanager
def game(program: Path, *arguments: str) -> Iterator[Game]:
    """A program that waits for answers; gone when the block is left."""
    process = subprocess.Popen(
        [str(program), "--mode", "adversary", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=runner.ENVIRONMENT,
        text=True,
    )
    try:
        with process:
            yield Game(process)
            process.kill()
    finally:
        process.kill()


def in_step(message: Message, did: list[Message]) -> Message:
    """Main first, so that all threads are there; then whoever has done least. Newest stores only."""
    if message["ask"] != "thread":
        return {"choice": 0}
    able: list[int] = [item["thread"] for item in message["able"]]
    if 0 in able:
        return {"thread": 0}
    return {"thread": min(able, key=lambda thread: len([s for s in did if s["thread"] == thread]))}


def one_by_one(message: Message, did: list[Message]) -> Message:
    """The first thread that can run, until it ends. Newest stores only."""
    del did
    if message["ask"] != "thread":
        return {"choice": 0}
    return {"thread": max(item["thread"] for item in message["able"])}


def noting(player: Player, asked: list[Message]) -> Player:
    """The same player, who also writes down what it is asked."""

    def answer(message: Message, did: list[Message]) -> Message:
        asked.append(message)
        return player(message, did)

    return answer


def test_a_player_finds_the_lost_update(games: Path) -> None:
    """Both load before either stores; the end has a token that leads back to this execution."""
    arguments = ("--scenario", "lost_update")
    with game(games, *arguments) as playing:
        end = playing.play(in_step)
    assert end["end"] == "fault" and end["fault"]["kind"] == "assertion"
    again = harness.run(games, *arguments, "--replay", end["token"])
    assert again.exit_code == 1
    for key in ("kind", "text", "pc", "thread"):
        assert again.fault[key] == end["fault"][key]


def test_a_harmless_game_ends_complete(games: Path) -> None:
    with game(games, "--scenario", "lost_update") as playing:
        end = playing.play(one_by_one)
        assert (end["end"], end["fault"]) == ("complete", None)
        assert playing.say({"thread": 1})["error"] == "the run is over: undo, restart or quit"
        assert playing.say({"quit": 1}) == {}
        assert playing.process.wait(10) == 0


def test_undo_takes_back_answers(games: Path) -> None:
    """Steps and question are those of before; another answer then leads elsewhere."""
    with game(games, "--scenario", "lost_update") as playing:
        first = playing.hear()
        second = playing.say({"thread": 0})
        before = list(playing.did)
        playing.say({"thread": 1})  # to its load,
        playing.say({"thread": 1})  # and over it
        assert len(playing.did) > len(before)
        assert playing.say({"undo": 2}) == {"again": True}
        assert playing.hear() == second and playing.did == before
        playing.say({"undo": 9})
        assert playing.hear() == first


@pytest.mark.parametrize("back", [{"restart": 1}, {"undo": 1000}])
def test_a_game_can_be_played_again(back: Message, games: Path) -> None:
    """From its end, too: a fault that was found is forgotten."""
    with game(games, "--scenario", "lost_update") as playing:
        assert playing.play(in_step)["end"] == "fault"
        assert playing.say(back) == {"again": True}
        assert playing.play(one_by_one)["end"] == "complete"
        assert playing.say(back) == {"again": True}
        assert playing.play(in_step)["end"] == "fault"


def test_undo_from_the_end_changes_the_end(games: Path) -> None:
    """All but the first answer are the player's again."""
    with game(games, "--scenario", "lost_update") as playing:
        asked: list[Message] = []
        playing.play(noting(in_step, asked))
        assert playing.say({"undo": len(asked) - 1}) == {"again": True}
        second = playing.hear()
        assert second == asked[1]
        assert playing.play(one_by_one, second)["end"] == "complete"


WRONG = ["hello", "", "{}", '{"thread": 9}', '{"thread": -1}', '{"choice": 0}', '{"thread": "1"}']
WRONG += ['{"thread": 0', '{"thread": 0} {"thread": 0}', '{"undo": 0}', "x" * 5000]


@pytest.mark.parametrize("answer", WRONG, ids=lambda answer: answer[:30] or "nothing")
def test_a_wrong_answer_leaves_the_question(answer: str, games: Path) -> None:
    with game(games, "--scenario", "lost_update") as playing:
        assert playing.hear()["ask"] == "thread"
        told = playing.say(answer)
        assert set(told) == {"error"} and "thread" in told["error"]
        assert playing.play(one_by_one, playing.say({"thread": 0}))["end"] == "complete"


@pytest.mark.parametrize("answers", [0, 1, 3, 100])
def test_the_end_of_input_ends_the_game(answers: int, games: Path) -> None:
    done = subprocess.run(
        [str(games), "--mode", "adversary", "--scenario", "lost_update"],
        input='{"thread": 0}\n' * answers,
        capture_output=True,
        env=runner.ENVIRONMENT,
        text=True,
        timeout=30,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    for line in done.stdout.splitlines():
        json.loads(line)


def questions(program: Path, player: Player, *arguments: str) -> tuple[list[Message], Message]:
    """All that was asked, and the end."""
    asked: list[Message] = []
    with game(program, *arguments) as playing:
        end = playing.play(noting(player, asked))
    return asked, end


def oldest(message: Message, did: list[Message]) -> Message:
    """in_step, but each load takes the oldest store that it may."""
    if message["ask"] == "thread":
        return in_step(message, did)
    return {"choice": len(message.get("choices", [0])) - 1}


def test_a_load_asks_which_store_it_reads(games: Path) -> None:
    """Under RC11 both loads may read the initial value though both stores have run."""
    asked, end = questions(games, oldest, "--scenario", "store_buffering")
    stores = [item for item in asked if item["ask"] == "store"]
    assert [[c["value"] for c in item["choices"]] for item in stores] == [["0x1", "0x0"]] * 2
    assert all(item["choices"][1]["step"] == 0 for item in stores)  # the initial value is no step
    assert end["end"] == "fault"
    _, end = questions(games, in_step, "--scenario", "store_buffering")
    assert end["end"] == "complete"


@pytest.mark.parametrize("player", [oldest, in_step])
def test_under_sc_nobody_wins_this_game(player: Player, games: Path) -> None:
    """The store of which one load is behind may be read or not, but not both loads may miss one."""
    arguments = ("--scenario", "store_buffering", "--memory-model", "sc")
    _, end = questions(games, player, *arguments)
    assert end["end"] == "complete"


@pytest.mark.parametrize("choice, last", [(0, "last=2"), (1, "last=1")])
def test_a_store_asks_where_it_goes(choice: int, last: str, games: Path) -> None:
    """Thread 2 stores behind thread 1: last in modification order, or before it after all."""

    def places(message: Message, did: list[Message]) -> Message:
        if message["ask"] == "thread":
            return in_step(message, did)
        return {"choice": choice if message["ask"] == "place" else 0}

    asked, end = questions(games, places, "--scenario", "two_stores")
    place = [item for item in asked if item["ask"] == "place"]
    assert [[c["value"] for c in item["choices"]] for item in place] == [["0x1", "0x0"]]
    run = harness.run(games, "--scenario", "two_stores", "--replay", end["token"])
    assert list(run.states) == [last]


@pytest.mark.parametrize("choice, ends", [(0, "complete"), (1, "fault")])
def test_what_is_not_the_memorys_choice_is_asked(choice: int, ends: str) -> None:
    """A weak compare-exchange: does it fail for no reason?"""

    told: list[Message] = []

    def fails(message: Message, did: list[Message]) -> Message:
        if message["ask"] == "value":
            assert not any(step["op"] == "choice" for step in did), "told before it is made"
            return {"choice": choice}
        told[:] = [step for step in did if step["op"] == "choice"]
        return in_step(message, did)

    program = built("gcc")
    asked, end = questions(program, fails, "--scenario", "weak", "--weak")
    about = [(item["n"], item["about"]) for item in asked if item["ask"] == "value"]
    assert about == [(2, "choice")]
    assert [step["note"] for step in told] == [str(choice)] * len(told)
    assert end["end"] == ends
