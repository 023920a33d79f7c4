"""Programs in which one clause of an axiom decides; beside the classic shapes of litmus.py.

Each names the state that the clause alone forbids. Whether it does is for the oracle to say.
"""

from __future__ import annotations

from happens_before.litmus.notation import parse
from happens_before.litmus.program import Program

TABLE: list[tuple[Program, str]] = []


def corner(name: str, text: str, forbidden: str) -> None:
    """A program, and the state that it may not show."""
    TABLE.append((parse(name, text), forbidden))


# scb, the part "(sb without loc) ; hb ; (sb without loc)": the seq_cst store of x and the seq_cst
# load of z are ordered only by the release and acquire of y between them.
corner(
    "scb-elsewhere",
    "x.sc = 1; y.rel = 1 || a = y.acq; b = z.sc || z.sc = 1; c = x.sc",
    "a=1 b=0 c=0",
)
# psc_base, the part "[Fsc] ; hb?": the first thread's fence comes before the second thread's load
# of z by way of y, and by reads-before it comes before the third thread's fence.
corner(
    "fence-by-hb",
    "x = 1; fence.sc; y.rel = 1 || a = y.acq; b = z || z = 1; fence.sc; c = x",
    "a=1 b=0 c=0",
)
# The same, but the load comes last in every run: nothing in its own thread tells of a fence.
corner(
    "fence-by-hb-last",
    "x = 1; fence.sc; y.rel = 1 || z = 1; fence.sc; a = x || b = y.acq; c = z",
    "a=0 b=1 c=0",
)
# psc_base, the part "hb? ; [Fsc]": reads-before ends at a store that is another thread's, and comes
# to the fence by way of y.
corner(
    "hb-to-fence",
    "x = 1; fence.sc; a = z || z = 1; y.rel = 1 || b = y.acq; fence.sc; c = x",
    "a=0 b=1 c=0",
)
# psc_F, the part "hb ; eco ; hb": the loads tell both orders of mo, against what the fences, which
# order each one's first store before its second, allow together.
corner(
    "mo-between-fences",
    "x = 1; fence.sc; y = 1 || y = 2; fence.sc; x = 2 || a = x; b = x || c = y; d = y",
    "a=2 b=1 c=1 d=2",
)
