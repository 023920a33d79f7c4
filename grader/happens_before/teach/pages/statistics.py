"""What a class's results say, in numbers: pure functions of numbers."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

BINS = 10


@dataclass(frozen=True)
class Spread:
    """How some numbers lie. quartiles: the lower and the upper one."""

    count: int
    least: float
    lower: float
    median: float
    upper: float
    most: float
    mean: float


def spread(values: Sequence[float]) -> Spread | None:
    """None for no numbers. Quartiles by linear interpolation, the least and the most included."""
    if not values:
        return None
    ordered = sorted(values)
    lower, median, upper = (_quantile(ordered, share) for share in (0.25, 0.5, 0.75))
    mean = statistics.fmean(ordered)
    return Spread(len(ordered), ordered[0], lower, median, upper, ordered[-1], mean)


def _quantile(ordered: Sequence[float], share: float) -> float:
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def histogram(shares: Sequence[float], bins: int = BINS) -> list[int]:
    """How many of some shares, 0 to 1, lie in each of equal bins; 1 belongs to the last one."""
    counts = [0] * bins
    for share in shares:
        # A share is a quotient of sums of points: 0.3 may come as 0.29999999999999993.
        counts[min(max(math.floor(share * bins + 1e-9), 0), bins - 1)] += 1
    return counts


def difficulty(passed: Sequence[bool]) -> float | None:
    """The share who failed, from 0 to 1; None when nobody was graded."""
    return passed.count(False) / len(passed) if passed else None


def discrimination(passed: Sequence[bool], rest: Sequence[float]) -> float | None:
    """The corrected item-total correlation of a check, from -1 to 1.

    It is the point-biserial correlation between passing the check and the score without it: positive
    when those who pass it are those who do well elsewhere. rest: each one's score without the check,
    in the order of `passed`. None where it is not defined: all passed, all failed, or all the rest
    alike.
    """
    if len(passed) != len(rest):
        raise ValueError("a score for each verdict is needed")
    won = [score for score, yes in zip(rest, passed) if yes]
    lost = [score for score, yes in zip(rest, passed) if not yes]
    if not won or not lost:
        return None
    deviation = statistics.pstdev(rest)
    if deviation <= 1e-9 * max(1.0, *(abs(score) for score in rest)):
        return None
    share = len(won) / len(rest)
    difference = statistics.fmean(won) - statistics.fmean(lost)
    found = difference / deviation * math.sqrt(share * (1 - share))
    return max(-1.0, min(1.0, found))
