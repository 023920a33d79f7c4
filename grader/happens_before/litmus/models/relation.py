"""Binary relations over events 0..n-1, as in the papers: a row of bits for each event.

Bit b of row a stands for the pair (a, b). Every function returns a new relation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

Relation = list[int]


def empty(size: int) -> Relation:
    """No pair."""
    return [0] * size


def from_pairs(size: int, pairs: Iterable[tuple[int, int]]) -> Relation:
    """Exactly these pairs."""
    rows = [0] * size
    for source, target in pairs:
        rows[source] |= 1 << target
    return rows


def identity(size: int, member: Callable[[int], bool]) -> Relation:
    """[S], the identity on the events that are members of S."""
    return [1 << event if member(event) else 0 for event in range(size)]


def bits(row: int) -> Iterable[int]:
    """The positions of the ones of a row."""
    while row:
        lowest = row & -row
        yield lowest.bit_length() - 1
        row ^= lowest


def union(*relations: Relation) -> Relation:
    """R1 ∪ R2 ∪ ..."""
    rows = list(relations[0])
    for relation in relations[1:]:
        for event, row in enumerate(relation):
            rows[event] |= row
    return rows


def intersection(left: Relation, right: Relation) -> Relation:
    """R1 ∩ R2."""
    return [one & other for one, other in zip(left, right)]


def difference(left: Relation, right: Relation) -> Relation:
    """R1 without R2."""
    return [one & ~other for one, other in zip(left, right)]


def then(*relations: Relation) -> Relation:
    """R1 ; R2 ; ... (composition)."""
    result = relations[0]
    for relation in relations[1:]:
        rows = []
        for row in result:
            reached = 0
            for middle in bits(row):
                reached |= relation[middle]
            rows.append(reached)
        result = rows
    return result


def inverse(relation: Relation) -> Relation:
    """R^-1."""
    rows = [0] * len(relation)
    for source, row in enumerate(relation):
        for target in bits(row):
            rows[target] |= 1 << source
    return rows


def maybe(relation: Relation) -> Relation:
    """R?, with every event related to itself."""
    return [row | 1 << event for event, row in enumerate(relation)]


def closure(relation: Relation) -> Relation:
    """R+ (Warshall)."""
    rows = list(relation)
    for middle in range(len(rows)):
        mask, through = 1 << middle, rows[middle]
        for event, row in enumerate(rows):
            if row & mask:
                rows[event] = row | through
    return rows


def star(relation: Relation) -> Relation:
    """R*."""
    return maybe(closure(relation))


def irreflexive(relation: Relation) -> bool:
    """No event is related to itself."""
    return not any(row >> event & 1 for event, row in enumerate(relation))


def acyclic(relation: Relation) -> bool:
    """R+ is irreflexive."""
    return irreflexive(closure(relation))


def is_empty(relation: Relation) -> bool:
    """No pair at all."""
    return not any(relation)
