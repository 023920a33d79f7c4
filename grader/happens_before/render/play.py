"""The adversary game on a terminal: a frame for each moment, or lines for a pipe."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator, Sequence

from happens_before.explore.story import Story
from happens_before.learn.game import Game, Moment
from happens_before.learn.levels import Level
from happens_before.learn.questions import Option
from happens_before.render import story as stories
from happens_before.render.keys import Keys, Screen
from happens_before.render.terminal import printable
from rich.console import Console
from rich.text import Text

FOOT = "number choose   u undo   r restart   q quit"
HELP = "A number chooses; u takes it back, r begins again, q ends."


def listing(levels: Sequence[Level], records: dict[str, int]) -> Iterator[Text]:
    """The levels, with the records."""
    open_ones = [level for level in levels if not level.locked]
    for level in open_ones:
        best = records.get(level.name)
        won = f"won in {best}" if best is not None else "open"
        how = f", {level.how}" if level.how and best is not None else ""
        line = Text(f"{level.number:>3}  {level.name:<32} ")
        line.append(f"{won + how:<14}", "green" if best is not None else "dim")
        yield line
        yield Text(f"     {level.scenario}: {level.promise}", "dim")
    if more := len(levels) - len(open_ones):
        yield Text(f"\n{more} more, made from the reference, open when the unit is passed.", "dim")


def play(game: Game, console: Console, live: bool) -> Moment:
    """Play until it is won or left. Returns the last moment."""
    if not live:
        return _in_lines(game, console)
    with Keys() as keys, Screen(console, keys) as screen:
        moment, typed = game.moment, ""
        while True:
            width, height = screen.size
            screen.show(
                _frame(game.level, moment, width, height - 1, typed), [Text(FOOT, "reverse")]
            )
            key = keys.read()
            if key == "q" or keys.ended:
                return moment
            if moment.won and key == "enter":
                return moment
            typed = _typed(typed, key, moment)
            if answer := _chosen(typed, moment):
                typed, moment = "", game.answer(answer.number)
            elif key in ("u", "left", "back") and not typed:
                moment = game.undo()
            elif key == "r":
                moment = game.restart()


def _typed(typed: str, key: str, moment: Moment) -> str:
    """What has been typed of a number: where there are ten options, it takes two digits."""
    if key == "back":
        return typed[:-1]
    options = moment.question.options if moment.question else ()
    longer = typed + key
    return longer if any(str(option.number).startswith(longer) for option in options) else ""


def _chosen(typed: str, moment: Moment) -> Option | None:
    """The option that is meant, once no longer number can be."""
    options = moment.question.options if moment.question else ()
    if any(str(o.number).startswith(typed) and str(o.number) != typed for o in options):
        return None
    return next((o for o in options if typed and str(o.number) == typed), None)


def _frame(level: Level, moment: Moment, width: int, height: int, typed: str) -> list[Text]:
    below = [Text(), *_question(moment, width), Text(f"> {typed}", "bold")]
    if not moment.story:
        head = [Text(f"{level.unit.path}  {level.scenario}", "bold")]
        head += [Text(line, "dim") for line in textwrap.wrap(level.promise, width)]
        return [*head, *below]
    story = moment.story
    room = max(6, height - len(below))
    return [*stories.frame(story, len(story.steps), width, room)[:room], *below]


def _question(moment: Moment, width: int) -> Iterator[Text]:
    if moment.won:
        yield Text(
            f"A promise is broken, with {_choices(moment.choices)}. Enter: done.", "bold green"
        )
    for line in textwrap.wrap(moment.said, width):
        yield Text(line, "yellow")
    question = moment.question
    if not question:
        return
    yield Text(f"{question.text}   ({_choices(moment.choices)} so far)", "bold")
    for option in question.options:
        yield _option(option, question.kind)
    for reason in question.waiting:
        yield Text(f"     {printable(reason)}", "dim")


def _option(option: Option, kind: str) -> Text:
    style = stories.colour(option.number) if kind == "thread" else ""
    line = Text(f"{option.number:>3}  {option.text}", style)
    if option.file:
        place = f"{option.function}, {option.file.rpartition('/')[2]}:{option.line}"
        line.append(f"   {place}: {printable(option.source)}", "default")
    return line


def _choices(number: int) -> str:
    return f"{number} choice{'s' * (number != 1)}"


def _tell(console: Console, text: str) -> None:
    """A line, or as many as it takes: those behind the first stand further in."""
    for line in textwrap.wrap(text, console.width, subsequent_indent=" " * 5) or [""]:
        console.print(Text(line), soft_wrap=True)


def _in_lines(game: Game, console: Console) -> Moment:
    """Steps as they come, a question, a line of input; the end of input ends it."""
    told, moment = 0, game.moment
    console.print(Text(HELP), soft_wrap=True)
    while True:
        steps = moment.story.steps if moment.story else ()
        for step in steps[told:] if moment.story else ():
            place = f"{step.file.rpartition('/')[2]}:{step.line}: " if step.file else ""
            _tell(
                console, f"step {step.number}, thread {step.thread}: {place}{printable(step.text)}"
            )
        told = len(steps)
        if moment.won:
            console.print(Text(_last_word(moment.story)), soft_wrap=True)
        for line in _question(moment, console.width):
            _tell(console, line.plain)
        if moment.won:
            return moment
        console.print(Text("> "), end="")
        word = sys.stdin.readline()
        if not word or word.strip() == "q":
            console.print()
            return moment
        if not sys.stdin.isatty():
            console.print(Text(word.strip()))
        moment, told = _said(game, word.strip(), told)


def _said(game: Game, word: str, told: int) -> tuple[Moment, int]:
    """What a line of input leads to, and how many steps need not be told again."""
    if word in ("u", "r"):
        moment = game.undo() if word == "u" else game.restart()
        return moment, len(moment.story.steps) if moment.story else 0
    if word.isdecimal():
        return game.answer(int(word)), told
    return Moment(game.moment.story, game.moment.question, game.moment.choices, said=HELP), told


def _last_word(story: Story | None) -> str:
    return printable(story.fault.text) if story and story.fault else ""
