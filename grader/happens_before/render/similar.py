"""Similar answers for a person at a terminal: where to look, and nothing about why."""

from __future__ import annotations

from collections.abc import Iterator

from happens_before.core.archive import shown
from happens_before.teach.similar.answers import Answer
from happens_before.teach.similar.groups import Pair
from happens_before.teach.similar.similarity import Similar

PAIRS_SHOWN = 6  # of a group, the closest first
CAUTION = (
    "Shared runs of tokens, without what the unit gives. They say where to look, not why: read the "
    "code, then ask."
)


def lines(found: Similar) -> Iterator[str]:
    """What was found in one unit, a line at a time."""
    count = len(found.groups)
    groups = f"{count or 'no'} group{'s' * (count != 1)} of similar ones"
    yield f"{found.unit}: {found.compared} different answers compared, {groups}"
    for number, group in enumerate(found.groups, 1):
        yield f"  group {number}: {', '.join(_who(answer) for answer in group.answers)}"
        for answer in group.answers:
            if len(answer.students) > 1:
                yield f"    the same files, byte by byte: {_who(answer)}"
        for pair in group.pairs[:PAIRS_SHOWN]:
            yield f"    {_pair(pair)}"
        if group.close > PAIRS_SHOWN:
            yield f"    {group.close} close pairs in all; report.json names the closest of each answer"
    for item in found.known:
        yield f"  {_who(item.answer)}: {item.share:.0%} stands in {item.text} too"
    if found.empty_handed:
        who = ", ".join(_who(answer) for answer in found.empty_handed)
        yield f"  little or nothing of their own: {who}"
    if found.left_out:
        yield f"  too long to be compared: {', '.join(_who(answer) for answer in found.left_out)}"


def _pair(pair: Pair) -> str:
    run = pair.runs[0]
    one, two = (a.excerpt(line, line)[0] for a, line in _starts(pair))
    places = f"{one[0]}:{one[1]} and {two[0]}:{two[1]}"
    who = f"{_who(pair.one)} and {_who(pair.two)}"
    return (
        f"{pair.share:.0%}, {pair.tokens} tokens, {who}; "
        f"the longest run is of {run.tokens}, from {places}"
    )


def _starts(pair: Pair) -> list[tuple[Answer, int]]:
    return [(pair.one, pair.runs[0].first), (pair.two, pair.runs[0].two_first)]


def _who(answer: Answer) -> str:
    return " = ".join(shown(student.id) for student in answer.students)
