"""Groups of similar answers: whoever is joined by pairs that are close."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from happens_before.teach.similar.answers import Answer
from happens_before.teach.similar.sim_c import Run


@dataclass(frozen=True)
class Pair:
    """Two answers that share more than the threshold.

    share: of the shorter one's own tokens, 0 to 1. runs: longest first, lines of the two texts.
    """

    one: Answer
    two: Answer
    share: float
    tokens: int
    runs: tuple[Run, ...]


@dataclass(frozen=True)
class Group:
    """Answers of which each is close to one other at least, or one that several students gave.

    pairs: the closest ones that join them, closest first: one fewer than answers. close: how many
    pairs in it share more than the threshold, those included.
    """

    answers: tuple[Answer, ...]
    pairs: tuple[Pair, ...]
    close: int


def groups_of(
    answers: Sequence[Answer], pairs: Sequence[Pair], little: Sequence[Answer]
) -> list[Group]:
    """Whoever is joined by pairs; the closest group first. little: answers with nothing to share."""
    leader = {answer.key: answer.key for answer in answers}
    joining = [pair for pair in pairs if _join(leader, pair.one.key, pair.two.key)]
    members: dict[str, list[Answer]] = {}
    for answer in answers:
        members.setdefault(_leader(leader, answer.key), []).append(answer)
    close = Counter(_leader(leader, pair.one.key) for pair in pairs)
    groups = [
        Group(
            tuple(those),
            tuple(pair for pair in joining if _leader(leader, pair.one.key) == head),
            close[head],
        )
        for head, those in members.items()
        if not one_team(*those) and not all(answer in little for answer in those)
    ]
    return sorted(groups, key=lambda g: (-g.pairs[0].share if g.pairs else -2.0, g.answers[0].key))


def _leader(leader: dict[str, str], key: str) -> str:
    """Who stands for the group that an answer is in."""
    while leader[key] != key:
        leader[key] = leader[leader[key]]
        key = leader[key]
    return key


def _join(leader: dict[str, str], one: str, two: str) -> bool:
    """Make one group of two; False when they were one already."""
    first, second = _leader(leader, one), _leader(leader, two)
    leader[second] = first
    return first != second


def one_team(*answers: Answer) -> bool:
    """Whether all who gave these answers hand in together."""
    teams = {student.group or student.id for answer in answers for student in answer.students}
    return len(teams) == 1
