"""What the adversary game asks: who runs next, which store a load reads, what else is left to choose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from happens_before.explore import findings, words
from happens_before.explore.symbols import Symbols

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


def question_of(
    message: Mapping[str, Any], symbols: Symbols, did: Sequence[Mapping[str, Any]]
) -> Question:
    """A question of the explorer's, in words. did: the steps so far."""
    asked = findings.with_places(message, symbols)
    kind, options = asked["ask"], []
    if kind == "thread":
        options = [_thread(item, did) for item in asked["able"]]
    elif kind == "value":
        options = [_value(number, asked["about"]) for number in range(asked["n"])]
    else:
        size = asked["size"]
        options = [_store(at, item, size) for at, item in enumerate(asked["choices"])]
    thing = asked.get("variable") or asked.get("about") or "memory"
    text = QUESTIONS[kind].format(thread=asked.get("thread"), thing=thing)
    waiting = [
        f"thread {item['thread']} {words.waiting({**NO_REASON, **item})}"
        for item in waiting_in(asked)
    ]
    return Question(kind, text, tuple(options), tuple(waiting))


def waiting_in(asked: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Who cannot go on, of the question's own list: one whose wait has ended can."""
    able = {item["thread"] for item in asked.get("able", ())}
    return [item for item in asked.get("waiting", ()) if item["thread"] not in able]


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
