"""The objects of one execution that a reader follows: atomics, shared memory and locks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from happens_before.explore.edges import RawStep

ATOMIC, PLAIN, LOCK = "atomic", "plain", "lock"
LOCKING = ("mutex", "spin lock", "read-write lock", "lock for reading", "lock for writing")


@dataclass
class Location:
    """One object. stores: (step, value) in modification order; the first is what was there, step 0.

    A store whose value nobody could look at has None.
    """

    name: str
    kind: str
    initial: str | None = None
    stores: list[tuple[int, str | None]] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """In the form of story.schema.json."""
        stores = [list(store) for store in self.stores]
        return {"name": self.name, "kind": self.kind, "initial": self.initial, "stores": stores}


class Objects(Sequence[Location]):
    """The locations of a trace, in the order in which they first appear.

    An object that is set up anew is a new location to the runtime; here it is one, by its address.
    told: the steps that are told. Only their objects count, and plain writes before them are set-up.
    """

    def __init__(self, trace: Sequence[RawStep], told: Sequence[RawStep]) -> None:
        first_told = told[0]["n"] if told else 0
        self._wanted = {_key(item) for item in told}
        self._found: list[Location] = []
        self._index: dict[tuple[str, bool], int] = {}
        self._rank: dict[int, int] = {}  # of a store, by its step
        self._at: dict[int, int] = {}  # the location of a step
        stores: dict[int, list[RawStep]] = defaultdict(list)
        for item in trace:
            if (at := self._find(item)) is None:
                continue
            self._at[item["n"]] = at
            if not item["hidden"]:
                self._note_initial(item, self._found[at], not stores[at], first_told)
            if _writes(item) and not item["hidden"] and not _is_set_up(item, first_told):
                stores[at].append(item)
        for at, items in stores.items():
            if items:
                self._order(at, items)

    def __len__(self) -> int:
        return len(self._found)

    def __getitem__(self, at: Any) -> Any:
        return self._found[at]

    def at(self, item: RawStep) -> int | None:
        """The index of the location that a step is about; None if it is about none."""
        return self._at.get(item["n"])

    def lock_of(self, item: RawStep) -> int | None:
        """The index of the lock that a step takes or gives back, or tries to."""
        at = self.at(item)
        return at if at is not None and self._found[at].kind == LOCK else None

    def seen_by(self, item: RawStep) -> tuple[int | None, int]:
        """The atomic object of a step, and the rank of the store that it writes or else reads."""
        at = self.at(item)
        if at is None or self._found[at].kind != ATOMIC:
            return None, 0
        return at, self.rank(item["n"]) or self.rank(item["from"] or 0)

    def rank(self, step: int) -> int:
        """The place of a step's store among those of its location; 0: what was there at first."""
        return self._rank.get(step, 0)

    def stores_at(
        self, now: int, leaves: Mapping[int, int]
    ) -> Iterator[tuple[int, int, int, str | None]]:
        """(step, location, rank, value) of the stores that reach memory in step `now`."""
        late = [step for step, end in leaves.items() if end == now and step != now]
        for step in [*late, *([now] if leaves.get(now, now) <= now else [])]:
            if step in self._rank:
                at = self._at[step]
                yield step, at, self._rank[step], self._found[at].stores[self._rank[step]][1]

    def _find(self, item: RawStep) -> int | None:
        """The location's index, made if it is new; None for what a reader does not follow."""
        key = _key(item)
        is_lock = item["hidden"] and any(word in (item["label"] or "") for word in LOCKING)
        if (
            key not in self._wanted
            or not item["address"]
            or item["op"] in ("join", "choice", "free")
        ):
            return None
        if item["hidden"] and not is_lock:
            return None
        kind = LOCK if is_lock else ATOMIC if item["location"] is not None else PLAIN
        if key not in self._index:
            self._index[key] = len(self._found)
            self._found.append(Location(item["variable"] or item["address"], kind))
        found = self._found[self._index[key]]
        if kind == ATOMIC:
            found.kind = ATOMIC
        return self._index[key]

    @staticmethod
    def _note_initial(item: RawStep, found: Location, untouched: bool, first_told: int) -> None:
        """What a step says of the value that was there before the first store that is told."""
        if _is_set_up(item, first_told):
            found.initial = item["written_as"]
        elif found.initial is None and item["read_as"] is not None:
            if item["from"] == 0 or (item["op"] == "read" and untouched):
                found.initial = item["read_as"]

    def _order(self, at: int, items: Sequence[RawStep]) -> None:
        """Put the stores into modification order: that of a new object comes behind the old one's."""
        era = 0
        eras: dict[int, int] = {}  # of the runtime's locations
        places: dict[int, tuple[int, int]] = {}
        for item in items:
            location = item["location"]
            if location is None or location not in eras:  # a plain write is ordered with all others
                era += 1
            if location is None:
                places[item["n"]] = (era, 0)
            else:
                places[item["n"]] = (eras.setdefault(location, era), item["rank"])
        ranked = sorted(items, key=lambda item: places[item["n"]])
        self._found[at].stores = [(0, self._found[at].initial)]
        for rank, item in enumerate(ranked, 1):
            self._found[at].stores.append((item["n"], item["written_as"]))
            self._rank[item["n"]] = rank


def _key(item: RawStep) -> tuple[str, bool]:
    return item["address"], item["hidden"]


def _is_set_up(item: RawStep, first_told: int) -> bool:
    return bool(item["op"] == "write" and item["n"] < first_told)


def _writes(item: RawStep) -> bool:
    return item["op"] == "write" or item["written"] is not None
