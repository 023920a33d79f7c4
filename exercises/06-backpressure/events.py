#!/usr/bin/python3
"""Writes events.csv: what three producers send in three seconds. Always the same file.

The columns: microseconds since the start; the producer (0, 1, 2); its lane, as gate.h numbers them
(0 urgent, 1 normal, 2 bulk); bytes.

    0  steady   lane 1   Poisson, 300 a second
    1  bursty   lane 2   silent, then on: Poisson, 3500 a second, while on
    2  urgent   lane 0   Poisson, 12 a second, and small

The shape is that of measured traffic; the numbers are ours. On-times have a heavy tail (Pareto,
index 1.4): from sources that are on and off like this comes the traffic that has bursts at every
scale, and that no averaging makes smooth. Sizes have one too (Pareto, index 1.2, cut at 60,000
bytes): most are small, and most of the bytes are in the few that are not. Off-times are exponential.

Sources: W. Leland, M. Taqqu, W. Willinger, D. Wilson, "On the Self-Similar Nature of Ethernet
Traffic (Extended Version)", IEEE/ACM Transactions on Networking 2(1), 1994. W. Willinger, M. Taqqu,
R. Sherman, D. Wilson, "Self-Similarity Through High-Variability", the same, 5(1), 1997: on-times and
off-times. M. Crovella, A. Bestavros, "Self-Similarity in World Wide Web Traffic: Evidence and
Possible Causes", the same, 5(6), 1997: sizes.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

SEED = 75
SECONDS = 3.0
STEADY, BURSTY, URGENT = range(3)
LANES = {STEADY: 1, BURSTY: 2, URGENT: 0}
PER_SECOND = {STEADY: 300.0, BURSTY: 3500.0, URGENT: 12.0}
ON_INDEX, LEAST_ON_S, MEAN_OFF_S = 1.4, 0.04, 0.3
SIZE_INDEX, LEAST_BYTES, MOST_BYTES = 1.2, 100, 60_000
MOST_URGENT_BYTES = 300


class Event(NamedTuple):
    """One line of the file."""

    t_us: int
    producer: int
    lane: int
    size: int


def exponential(chance: random.Random, mean: float) -> float:
    """A time without memory."""
    return -mean * math.log(1.0 - chance.random())


def pareto(chance: random.Random, index: float, least: float) -> float:
    """A number with a heavy tail: it is above x with probability (least / x) ** index."""
    return float(least / (1.0 - chance.random()) ** (1.0 / index))


def times(chance: random.Random, per_second: float, begin: float, end: float) -> Iterator[float]:
    """The moments of a Poisson process between two moments, in seconds."""
    now = begin + exponential(chance, 1.0 / per_second)
    while now < end:
        yield now
        now += exponential(chance, 1.0 / per_second)


def bursts(chance: random.Random) -> Iterator[float]:
    """The moments of the bursty producer."""
    now = exponential(chance, MEAN_OFF_S)
    while now < SECONDS:
        end = min(SECONDS, now + pareto(chance, ON_INDEX, LEAST_ON_S))
        yield from times(chance, PER_SECOND[BURSTY], now, end)
        now = end + exponential(chance, MEAN_OFF_S)


def size(chance: random.Random, producer: int) -> int:
    """How many bytes."""
    most = MOST_URGENT_BYTES if producer == URGENT else MOST_BYTES
    return min(most, int(pareto(chance, SIZE_INDEX, LEAST_BYTES)))


def events(seed: int) -> list[Event]:
    """All events, by time. Each producer has numbers of its own."""
    found = []
    for producer, lane in LANES.items():
        chance = random.Random(seed * 10 + producer)
        moments = (
            bursts(chance)
            if producer == BURSTY
            else times(chance, PER_SECOND[producer], 0.0, SECONDS)
        )
        for moment in list(moments):
            found.append(Event(int(moment * 1e6), producer, lane, size(chance, producer)))
    return sorted(found)


def main() -> None:
    """Write the file beside this script."""
    lines = ["t_us,producer,lane,bytes", *(",".join(map(str, event)) for event in events(SEED))]
    file = Path(__file__).resolve().with_name("events.csv")
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
