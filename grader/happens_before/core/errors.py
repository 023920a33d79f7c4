"""The two ways in which grading can go wrong, kept apart because they cost different people."""

from __future__ import annotations

from pathlib import Path


class InputError(Exception):
    """Something that was given to us is wrong, and its giver can mend it.

    what:   the problem, as a sentence.
    where:  the file (with a key or line where known), or empty.
    to_do:  what mends it, as a sentence, or empty.
    """

    def __init__(self, what: str, where: str | Path = "", to_do: str = "") -> None:
        self.what, self.where, self.to_do = what, str(where), to_do
        place = f"{self.where}: " if self.where else ""
        super().__init__(f"{place}{what}" + (f" {to_do}" if to_do else ""))


class GraderFault(Exception):
    """The grader itself, its machine or a unit's own tests failed: the result is "ungraded"."""


class Cancelled(GraderFault):
    """Nobody wants the answer any more: there is none, and nothing is kept of it."""

    def __init__(self) -> None:
        super().__init__("interrupted.")
