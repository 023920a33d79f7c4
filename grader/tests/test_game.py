"""The adversary game: its levels are real, can be won by following the explorer, and take bad input."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from happens_before.core import unit as units
from happens_before.core import workbook
from happens_before.core.errors import GraderFault, InputError
from happens_before.explore import runner
from happens_before.learn import levels
from happens_before.learn.game import ALREADY, Game, Moment
from happens_before.learn.levels import Level, build
from happens_before.learn.questions import Question

Trace = Sequence[Mapping[str, Any]]
UNITS = [units.load(directory) for directory in workbook.unit_directories()]
ATTEMPTS = [level for unit in UNITS for level in levels.load(unit, passed=False) if level.attempt]
SOME = [level for level in ATTEMPTS if level.unit.name in ("01-memory-ordering", "04-mutex")]


def level_of(unit: str, name: str, passed: bool = False) -> Level:
    return levels.choose(levels.load(units.load(workbook.find_unit(unit)), passed), name)


def the_way(level: Level) -> Trace:
    """The steps in which the explorer breaks the level."""
    with tempfile.TemporaryDirectory() as directory:
        program = build(level, Path(directory))
        raw = runner.explore(program, [*level.arguments, "--jobs", "1"], patience_s=120)
    trace: Trace = raw["trace"]
    return trace


def numbered(trace: Trace) -> Iterator[tuple[tuple[int, int], Mapping[str, Any]]]:
    """Each step as (thread, how many of its steps came before), which no schedule changes.

    Plain accesses are left out: no choice is asked for at them, and a trace keeps only some.
    """
    done: Counter[int] = Counter()
    for item in trace:
        if item["op"] in ("read", "write"):
            continue
        yield (item["thread"], done[item["thread"]]), item
        done[item["thread"]] += 1


def choices(trace: Trace, thread: int, label: str) -> list[int]:
    """What a thread chose, where no memory decides."""
    mine = (item for item in trace if (item["thread"], item["label"]) == (thread, label))
    return [int(item["note"] or 0) for item in mine if item["op"] == "choice"]


def follow(game: Game, trace: Trace) -> Moment:
    """Answer as the explorer did."""
    wanted = list(numbered(trace))
    where = {item["n"]: key for key, item in wanted}
    while question := game.moment.question:
        here = dict(numbered(game._did))
        left = [(key, item) for key, item in wanted if key not in here]
        numbers = [option.number for option in question.options]
        if question.kind == "thread":
            threads = [*(key[0] for key, _ in left), trace[-1]["thread"], *numbers]
            game.answer(next(thread for thread in threads if thread in numbers))
            continue
        names = {item["n"]: key for key, item in here.items()}
        thread = int(question.text.split()[1].rstrip(":"))
        if question.kind == "value":
            label = question.text.partition("(")[2].rpartition(")")[0]
            chosen = choices(game._did, thread, label)
            game.answer([*choices(trace, thread, label)[len(chosen) :], 0][0])
            continue
        step = next((item for key, item in left if key[0] == thread), {})
        source = where.get(step.get("from") or 0)
        fits = [o.number for o in question.options if names.get(o.step) == source]
        game.answer(fits[0] if fits and question.kind == "store" else 0)
    return game.moment


def won(level: Level) -> None:
    trace = the_way(level)
    with Game(level) as game:
        end = follow(game, trace)
        assert end.won, f"{level.unit.name} {level.name}: {end.said}"
        assert end.story and end.story.fault
        assert end.choices or end.said == ALREADY


@pytest.mark.parametrize("level", SOME[-2:], ids=lambda level: level.name)
def test_a_level_is_won_by_following_the_explorer(level: Level) -> None:
    won(level)


def test_answers_are_taken_back_and_odd_ones_change_nothing() -> None:
    with Game(SOME[-1]) as game:
        first = game.moment
        assert first.question and first.choices == 0
        second = game.answer(first.question.options[0].number)
        assert second.choices == 1 and second != first
        odd = game.answer(99)
        assert (odd.question, odd.choices) == (second.question, 1) and "Choose one of" in odd.said
        assert game.undo() == first
        for _ in range(3):
            assert game.moment.question
            game.answer(game.moment.question.options[0].number)
        assert game.restart() == first == game.undo()


def test_a_moment_says_who_waits_and_what_nobody_knows() -> None:
    """Until thread 1 has ended main waits for it; what was written, and not read since, has no value."""
    with Game(level_of("04-mutex", "lost_wakeup")) as game:
        unknown, waited = False, False
        while (question := game.moment.question) and 1 in (able := numbers(question)):
            assert question.kind != "thread" or not {
                int(text.split()[1]) for text in question.waiting
            } & set(able)
            assert (story := game.answer(1 if question.kind == "thread" else 0).story)
            state = story.state_at(len(story.steps))
            waited |= state.threads[0][0] == "waits"
            unknown |= "?" in state.values.values()
        assert waited and unknown
        assert state.threads[1][0] == "ended" and state.threads[0][0] == "runs"


def numbers(question: Question) -> list[int]:
    """Whom or what one may choose."""
    return [option.number for option in question.options]


def test_a_program_that_dies_is_a_fault_of_ours_and_leaves_nothing() -> None:
    with Game(SOME[-1]) as game:
        process = game._process
        process.kill()
        with pytest.raises(GraderFault, match="ended by itself"):
            game.answer(1)
    assert process.poll() is not None


def test_levels_that_show_the_reference_are_locked_until_it_is_passed() -> None:
    unit = units.load(workbook.find_unit("04-mutex"))
    locked = next(level for level in levels.load(unit, passed=False) if level.locked)
    with pytest.raises(InputError, match="not passed yet"):
        level_of("04-mutex", locked.name)
    assert set(level_of("04-mutex", locked.name, passed=True).code()) == {"mutex.c"}
    with pytest.raises(InputError, match="has no level 'none'"):
        level_of("04-mutex", "none")


def test_level_names_and_numbers_are_each_one_level_s() -> None:
    for unit in UNITS:
        every = levels.load(unit, passed=True)
        assert len({level.name for level in every}) == len(every)
        assert [level.number for level in every] == list(range(1, len(every) + 1))


@pytest.mark.long
@pytest.mark.parametrize("level", ATTEMPTS, ids=lambda level: f"{level.unit.name}-{level.name}")
def test_every_level_can_be_won(level: Level) -> None:
    won(level)
