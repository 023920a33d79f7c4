"""The classic litmus shapes in variants, each with the outcomes that RC11 allows.

An entry says which outcomes are *forbidden* (or, for read-modify-writes, all that are allowed) and
why. The verdicts are the literature's, not computed; sources, cited by letter:

  [L] Lahav, Vafeiadis, Kang, Hur, Dreyer, "Repairing Sequential Consistency in C/C++11",
      PLDI 2017: RC11, and the shapes that tell it from C11.
  [B] Batty, Owens, Sarkar, Sewell, Weber, "Mathematizing C++ Concurrency", POPL 2011.
  [M] Maranget, Sarkar, Sewell, "A Tutorial Introduction to the ARM and POWER Relaxed Memory
      Models", 2012: the names and shapes.
  [A] Adve, Boehm, "Foundations of the C++ Concurrency Memory Model", PLDI 2008; Boehm, N2177,
      2007: why IRIW and RWC need seq_cst.
  [C] ISO/IEC 9899:2018 (C17), 5.1.2.4 and 7.17.3.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

from happens_before.litmus.notation import parse
from happens_before.litmus.program import Program


@dataclass(frozen=True)
class Litmus:
    """One variant of a shape and its verdict."""

    program: Program
    allowed: frozenset[str]


def every_outcome(program: Program, values: str) -> frozenset[str]:
    """All combinations: each register is 0 or 1 unless `values` ("a=012 x=12") says otherwise."""
    domain = {
        name: [int(digit) for digit in digits]
        for name, digits in (part.split("=") for part in values.split())
    }
    names = (*program.registers, *program.observed)
    choices = product(*(domain.get(name, [0, 1]) for name in names))
    return frozenset(
        " ".join(f"{name}={value}" for name, value in zip(names, choice)) for choice in choices
    )


TABLE: list[Litmus] = []


def forbids(name: str, text: str, *forbidden: str, values: str = "", observed: str = "") -> None:
    """Everything but these is allowed. A forbidden pattern may leave registers out."""
    program = parse(name, text, observed)
    patterns = [set(pattern.split()) for pattern in forbidden]
    possible = every_outcome(program, values)
    allowed = {line for line in possible if not any(p <= set(line.split()) for p in patterns)}
    TABLE.append(Litmus(program, frozenset(allowed)))


def allows(name: str, text: str, *allowed: str, observed: str = "") -> None:
    """Exactly these are allowed."""
    TABLE.append(Litmus(parse(name, text, observed), frozenset(allowed)))


# --- SB, store buffering [M]: does a store pass a later load? ------------------------------------
# Only seq_cst on all four accesses, or a seq_cst fence in both threads, forbids both to read 0
# (psc has the cycle sb;rb;sb;rb). Release, acquire and acq_rel fences order nothing here.
SB = "a=0 b=0"
forbids("SB", "x = 1; a = y || y = 1; b = x")
forbids("SB+ra", "x.rel = 1; a = y.acq || y.rel = 1; b = x.acq")
forbids("SB+sc", "x.sc = 1; a = y.sc || y.sc = 1; b = x.sc", SB)
forbids("SB+fences-sc", "x = 1; fence.sc; a = y || y = 1; fence.sc; b = x", SB)
forbids("SB+fence-sc+po", "x = 1; fence.sc; a = y || y = 1; b = x")
forbids("SB+fences-acq_rel", "x = 1; fence.acq_rel; a = y || y = 1; fence.acq_rel; b = x")
forbids("SB+sc-stores", "x.sc = 1; a = y || y.sc = 1; b = x")
forbids("SB+sc-loads", "x = 1; a = y.sc || y = 1; b = x.sc")
# A fence meets seq_cst accesses: [Fsc];rb;[Esc] and [Esc];rb;sb;[Fsc] are both in psc_base [L].
forbids("SB+fence-sc+sc", "x = 1; fence.sc; a = y || y.sc = 1; b = x.sc", SB)
# Locked instructions drain x86's buffer; in RC11 an acq_rel update orders nothing here.
forbids("SB+xchg", "c = xchg(x.acq_rel, 1); a = y || d = xchg(y.acq_rel, 1); b = x", "c=1", "d=1")
forbids(
    "SB+xchg-sc",
    "c = xchg(x.sc, 1); a = y.sc || d = xchg(y.sc, 1); b = x.sc",
    SB,
    "c=1",
    "d=1",
)
# Store forwarding: each thread reads its own store early, as x86 does [M: SB+rfi].
forbids("SB+rfi", "x = 1; a = x; b = y || y = 1; c = y; d = x", "a=0", "c=0")
forbids(
    "SB+rfi-sc",
    "x.sc = 1; a = x.sc; b = y.sc || y.sc = 1; c = y.sc; d = x.sc",
    "a=0",
    "c=0",
    "b=0 d=0",
)

# --- MP, message passing [M] ---------------------------------------------------------------------
# A release write (or fence) that the acquire read (or fence) synchronises with forbids the stale
# read [C 5.1.2.4, 7.17.4]; one half alone does not.
MP = "a=1 b=0"
forbids("MP", "x = 1; y = 1 || a = y; b = x")
forbids("MP+ra", "x = 1; y.rel = 1 || a = y.acq; b = x", MP)
forbids("MP+rel+po", "x = 1; y.rel = 1 || a = y; b = x")
forbids("MP+po+acq", "x = 1; y = 1 || a = y.acq; b = x")
forbids("MP+sc", "x.sc = 1; y.sc = 1 || a = y.sc; b = x.sc", MP)
forbids("MP+sc-flag", "x = 1; y.sc = 1 || a = y.sc; b = x", MP)
forbids("MP+sc-store+po", "x.sc = 1; y.sc = 1 || a = y; b = x")
forbids("MP+sc+late", "y.sc = 1; x = 1 || a = x; b = y.sc")
forbids("MP+fences", "x = 1; fence.rel; y = 1 || a = y; fence.acq; b = x", MP)
forbids("MP+fence-rel+acq", "x = 1; fence.rel; y = 1 || a = y.acq; b = x", MP)
forbids("MP+rel+fence-acq", "x = 1; y.rel = 1 || a = y; fence.acq; b = x", MP)
forbids("MP+fences-sc", "x = 1; fence.sc; y = 1 || a = y; fence.sc; b = x", MP)
forbids("MP+fence-sc+po", "x = 1; fence.sc; y = 1 || a = y; b = x")
forbids("MP+fences-wrong-way", "x = 1; fence.acq; y = 1 || a = y; fence.rel; b = x")
forbids("MP+fence-before", "fence.rel; x = 1; y = 1 || a = y; b = x; fence.acq")
# The fence orders whatever relaxed store follows it, not only the next one.
forbids(
    "MP+fence-two-flags",
    "x = 1; fence.rel; z = 1; y = 1 || a = y; fence.acq; b = x; c = z",
    "a=1 b=0",
)
# Control dependency to a load orders nothing in RC11; the branch only hides the read.
forbids("MP+ctrl", "x = 1; y.rel = 1 || a = y; if a == 1: {b = x}", "a=0 b=1")
forbids("MP+ctrl-acq", "x = 1; y.rel = 1 || a = y.acq; if a == 1: {b = x}", "a=0 b=1", MP)

# --- LB, load buffering [M]: never, since sb ∪ rf is acyclic in RC11 [L 4] ------------------------
LB = "a=1 b=1"
forbids("LB", "a = x; y = 1 || b = y; x = 1", LB)
forbids("LB+ra", "a = x.acq; y.rel = 1 || b = y.acq; x.rel = 1", LB)
forbids("LB+sc", "a = x.sc; y.sc = 1 || b = y.sc; x.sc = 1", LB)
forbids("LB+fences", "a = x; fence.acq_rel; y = 1 || b = y; fence.acq_rel; x = 1", LB)
# Out of thin air: no value comes from itself [B 4].
allows("LB+datas", "a = x; y = a || b = y; x = b", "a=0 b=0")
allows("LB+ctrls", "a = x; if a == 1: {y = 1} || b = y; if b == 1: {x = 1}", "a=0 b=0")
forbids("LB+data+po", "a = x; y = a || b = y; x = 1", "b=1")

# --- coherence, relaxed is enough [C 5.1.2.4 p17 to p20] -------------------------------------------
forbids("CoRR", "x = 1 || a = x; b = x", "a=1 b=0")
# Two readers agree on the order of two writes.
forbids(
    "CoRR2",
    "x = 1 || x = 2 || a = x; b = x || c = x; d = x",
    "a=1 b=0",
    "a=2 b=0",
    "c=1 d=0",
    "c=2 d=0",
    "a=1 b=2 c=2 d=1",
    "a=2 b=1 c=1 d=2",
    values="a=012 b=012 c=012 d=012",
)
allows("CoWW", "x = 1; x = 2", "x=2", observed="x")
allows("CoRW1", "a = x; x = 1", "a=0")
forbids("CoRW2", "a = x; x = 1 || x = 2", "a=2 x=2", observed="x", values="a=02 x=12")
forbids("CoWR", "x = 1; a = x || x = 2", "a=2 x=1", observed="x", values="a=12 x=12")
# The hand-over from one thread to the next carries coherence with it.
forbids("CoRR+hb", "x = 1 || a = x; y.rel = 1 || b = y.acq; c = x", "a=1 b=1 c=0")
forbids(
    "CoWR+hb",
    "x = 1; y.rel = 1 || x = 2; a = y.acq; b = x",
    "a=1 b=0",
    "a=0 b=0",
    # b read over: its own store is before it, and with a=1 the other one too.
    "a=1 b=1 x=2",
    "a=0 b=1 x=2",
    "a=1 b=2 x=1",
    observed="x",
    values="b=012 x=12",
)

# --- S, R and 2+2W: write to write [M] -------------------------------------------------------------
forbids("S", "x = 2; y = 1 || a = y; x = 1", observed="x", values="x=12")
forbids("S+ra", "x = 2; y.rel = 1 || a = y.acq; x = 1", "a=1 x=2", observed="x", values="x=12")
forbids("S+rel+po", "x = 2; y.rel = 1 || a = y; x = 1", observed="x", values="x=12")
forbids(
    "S+fences",
    "x = 2; fence.rel; y = 1 || a = y; fence.acq; x = 1",
    "a=1 x=2",
    observed="x",
    values="x=12",
)
forbids("S+sc", "x.sc = 2; y.sc = 1 || a = y.sc; x.sc = 1", "a=1 x=2", observed="x", values="x=12")
# R's cycle is sb;mo;sb;rb: nothing synchronises, only psc sees it.
forbids("R", "x = 1; y = 1 || y = 2; a = x", observed="y", values="y=12")
forbids("R+ra", "x = 1; y.rel = 1 || y.rel = 2; a = x.acq", observed="y", values="y=12")
forbids("R+sc", "x.sc = 1; y.sc = 1 || y.sc = 2; a = x.sc", "a=0 y=2", observed="y", values="y=12")
forbids(
    "R+fences-sc",
    "x = 1; fence.sc; y = 1 || y = 2; fence.sc; a = x",
    "a=0 y=2",
    observed="y",
    values="y=12",
)
forbids(
    "R+fence-sc+po",
    "x = 1; fence.rel; y = 1 || y = 2; fence.sc; a = x",
    observed="y",
    values="y=12",
)
# Modification order is not execution order: both first stores may be last.
W2 = "x=1 y=1"
forbids("2+2W", "x = 1; y = 2 || y = 1; x = 2", observed="xy", values="x=12 y=12")
forbids(
    "2+2W+rel", "x.rel = 1; y.rel = 2 || y.rel = 1; x.rel = 2", observed="xy", values="x=12 y=12"
)
forbids(
    "2+2W+sc", "x.sc = 1; y.sc = 2 || y.sc = 1; x.sc = 2", W2, observed="xy", values="x=12 y=12"
)
forbids(
    "2+2W+fences-sc",
    "x = 1; fence.sc; y = 2 || y = 1; fence.sc; x = 2",
    W2,
    observed="xy",
    values="x=12 y=12",
)
forbids(
    "2+2W+fences-acq_rel",
    "x = 1; fence.acq_rel; y = 2 || y = 1; fence.acq_rel; x = 2",
    observed="xy",
    values="x=12 y=12",
)

# --- three threads: WRC, RWC, W+RWC, ISA2, Z6.U ----------------------------------------------------
# Happens-before is transitive: acquire and release along the way suffice [C 5.1.2.4 p16].
WRC = "a=1 b=1 c=0"
forbids("WRC", "x = 1 || a = x; y = 1 || b = y; c = x")
forbids("WRC+ra", "x.rel = 1 || a = x.acq; y.rel = 1 || b = y.acq; c = x.acq", WRC)
# The write itself may stay relaxed: the second read of x is ordered by coherence.
forbids("WRC+po+ra", "x = 1 || a = x; y.rel = 1 || b = y.acq; c = x", WRC)
forbids("WRC+fences", "x = 1 || a = x; fence.rel; y = 1 || b = y; fence.acq; c = x", WRC)
forbids("WRC+rel+po", "x.rel = 1 || a = x.acq; y = 1 || b = y.acq; c = x")
forbids("WRC+sc", "x.sc = 1 || a = x.sc; y.sc = 1 || b = y.sc; c = x.sc", WRC)
# RWC's last thread is a store and a load: only a seq_cst order forbids it. RC11's fences are strong
# enough (psc_F has hb;eco;hb); those of C11 as published were not [A; L 1].
RWC = "a=1 b=0 c=0"
forbids("RWC", "x = 1 || a = x; b = y || y = 1; c = x")
forbids("RWC+ra", "x.rel = 1 || a = x.acq; b = y.acq || y.rel = 1; c = x.acq")
forbids("RWC+sc", "x.sc = 1 || a = x.sc; b = y.sc || y.sc = 1; c = x.sc", RWC)
forbids("RWC+fences-sc", "x = 1 || a = x; fence.sc; b = y || y = 1; fence.sc; c = x", RWC)
forbids("RWC+acq+fence-sc", "x.rel = 1 || a = x.acq; b = y || y = 1; fence.sc; c = x")
WRWC = "a=1 b=0 c=0"
forbids("W+RWC", "x = 1; z = 1 || a = z; b = y || y = 1; c = x")
forbids("W+RWC+ra", "x = 1; z.rel = 1 || a = z.acq; b = y.acq || y.rel = 1; c = x.acq")
forbids(
    "W+RWC+fences-sc",
    "x = 1; z.rel = 1 || a = z.acq; fence.sc; b = y || y = 1; fence.sc; c = x",
    WRWC,
)
forbids(
    "W+RWC+fence-sc-once",
    "x = 1; z.rel = 1 || a = z.acq; fence.sc; b = y || y = 1; c = x",
)
forbids("W+RWC+sc", "x.sc = 1; z.sc = 1 || a = z.sc; b = y.sc || y.sc = 1; c = x.sc", WRWC)
ISA2 = "a=1 b=1 c=0"
forbids("ISA2", "x = 1; y = 1 || a = y; z = 1 || b = z; c = x")
forbids("ISA2+ra", "x = 1; y.rel = 1 || a = y.acq; z.rel = 1 || b = z.acq; c = x", ISA2)
forbids("ISA2+gap", "x = 1; y.rel = 1 || a = y.acq; z = 1 || b = z.acq; c = x")
forbids("ISA2+gap-first", "x = 1; y.rel = 1 || a = y; z.rel = 1 || b = z.acq; c = x")
forbids(
    "ISA2+fences",
    "x = 1; fence.rel; y = 1 || a = y; fence.acq_rel; z = 1 || b = z; fence.acq; c = x",
    ISA2,
)
# Z6.U [L 1, 2.1]: seq_cst on some accesses only. C11 forbids a=1 b=3 c=0; the code that
# compilers make for Power shows it; RC11 allows it. a is what the update found, b a later value.
forbids(
    "Z6.U",
    "x.sc = 1; y.rel = 1 || a = add(y.sc, 1); b = y || y.sc = 3; c = x.sc",
    # The update finds 0, 1 or 3 and leaves 1, 2 or 4; the load that follows reads that or
    # something later in modification order.
    "a=0 b=4",
    "a=0 b=2",
    "a=1 b=4",
    "a=1 b=1",
    "a=3 b=2",
    "a=3 b=3",
    values="a=013 b=1234",
)

# --- IRIW: do two readers agree on the order of independent writes? --------------------------------
# Only seq_cst makes them [A; B 2.4].
IRIW = "a=1 b=0 c=1 d=0"
forbids("IRIW", "x = 1 || y = 1 || a = x; b = y || c = y; d = x")
forbids("IRIW+ra", "x.rel = 1 || y.rel = 1 || a = x.acq; b = y.acq || c = y.acq; d = x.acq")
forbids("IRIW+sc", "x.sc = 1 || y.sc = 1 || a = x.sc; b = y.sc || c = y.sc; d = x.sc", IRIW)
forbids(
    "IRIW+fences-sc", "x = 1 || y = 1 || a = x; fence.sc; b = y || c = y; fence.sc; d = x", IRIW
)
forbids(
    "IRIW+fences-acq_rel",
    "x = 1 || y = 1 || a = x; fence.acq_rel; b = y || c = y; fence.acq_rel; d = x",
)
# IRIW-acq-sc [L 1]: C11 forbids it, Power shows it, RC11 allows it.
forbids("IRIW-acq-sc", "x.sc = 1 || y.sc = 1 || a = x.acq; b = y.sc || c = y.acq; d = x.sc")

# --- read-modify-writes: atomicity -----------------------------------------------------------------
allows("2xADD", "a = add(x, 1) || b = add(x, 1)", "a=0 b=1 x=2", "a=1 b=0 x=2", observed="x")
allows(
    "2xCAS",
    "a = cas(x.acq_rel.acq, 0, 1) || b = cas(x.acq_rel.acq, 0, 2)",
    "a=0 b=1 x=1",
    "a=2 b=0 x=2",
    observed="x",
)
# No store slips between the read and the write of an update.
allows(
    "ADD+store",
    "a = add(x, 1) || x = 5",
    "a=0 x=5",
    "a=5 x=6",
    observed="x",
)
# A failed compare-exchange is a load, of its failure order: it may be stale.
forbids("CAS-fails-stale", "x = 1; y = 1 || a = y; b = cas(x, 7, 8)")
forbids("CAS-fails-acq", "x = 1; y.rel = 1 || a = cas(y.acq_rel.acq, 7, 8); b = x", MP)
forbids("CAS-fails-rlx", "x = 1; y.rel = 1 || a = cas(y.acq_rel.rlx, 7, 8); b = x")
# Relaxed updates as a lock do not protect; acquire and release do.
allows(
    "CAS-lock",
    "a = cas(x.acq, 0, 1); if a == 0: {b = y, y = 1, x.rel = 0} || "
    "c = cas(x.acq, 0, 1); if c == 0: {d = y, y = 1, x.rel = 0}",
    "a=0 b=0 c=0 d=1",
    "a=0 b=1 c=0 d=0",
    "a=0 b=0 c=1 d=0",
    "a=1 b=0 c=0 d=0",
)
allows(
    "CAS-lock-relaxed",
    "a = cas(x, 0, 1); if a == 0: {b = y, y = 1, x = 0} || "
    "c = cas(x, 0, 1); if c == 0: {d = y, y = 1, x = 0}",
    "a=0 b=0 c=0 d=0",
    "a=0 b=0 c=0 d=1",
    "a=0 b=1 c=0 d=0",
    "a=0 b=0 c=1 d=0",
    "a=1 b=0 c=0 d=0",
)

# --- release sequences -----------------------------------------------------------------------------
# An update carries the release on, whoever does it and whatever its order; a plain store of another
# thread does not [C 5.1.2.4 p10; L 3].
allows(
    "RS+add",
    "x = 1; y.rel = 1 || c = add(y, 1) || a = y.acq; b = x",
    *(
        f"c={c} a={a} b={b}"
        for c, a, b in product((0, 1), (0, 1, 2), (0, 1))
        # The update found 1 and leaves 2: reading either is reading the release sequence. It found
        # 0 and leaves 1, with nothing behind it: then 1 may be either's, and 2 is nobody's.
        if not (c == 1 and a > 0 and b == 0) and not (c == 0 and a == 2)
    ),
)
allows(
    "RS+xchg",
    "x = 1; y.rel = 1 || c = xchg(y, 2) || a = y.acq; b = x",
    *(
        f"c={c} a={a} b={b}"
        for c, a, b in product((0, 1), (0, 1, 2), (0, 1))
        if not (a == 1 and b == 0) and not (c == 1 and a == 2 and b == 0)
    ),
)
forbids(
    "RS+foreign-store",
    "x = 1; y.rel = 1 || y = 2 || a = y.acq; b = x",
    "a=1 b=0",
    values="a=012",
)
# A later store of the same thread carries it on in C17 and RC11; in C++20 no longer (P0982R1).
forbids(
    "RS+own-store",
    "x = 1; y.rel = 1; y = 2 || a = y.acq; b = x",
    "a=1 b=0",
    "a=2 b=0",
    values="a=012",
)
# ... and an update of that store, too.
forbids(
    "RS+own-store+add",
    "x = 1; y.rel = 1; y = 2 || c = add(y, 1); if c == 2: {z = 1} || a = y.acq; b = x",
    "a=1 c=1 b=0",
    "a=1 c=2 b=0",
    "a=2 c=2 b=0",
    "a=3 c=2 b=0",
    "a=3 c=0",
    "a=3 c=1",
    "a=2 c=0 b=0",
    "a=2 c=1 b=0",
    values="a=0123 c=012",
)
# The update is a release of its own: its reader learns from both.
allows(
    "RS+add-rel",
    "x = 1; y.rel = 1 || z = 1; c = add(y.rel, 1) || a = y.acq; b = x; d = z",
    *(
        f"c={c} a={a} b={b} d={d}"
        for c, a, b, d in product((0, 1), (0, 1, 2), (0, 1), (0, 1))
        # c=1: the chain is 1 (the first thread's), 2 (the update's). c=0: the update's 1 comes
        # first; then the reader of 1 learns from one of the two.
        if not (c == 0 and a == 2)
        and not (c == 1 and a == 1 and b == 0)
        and not (c == 1 and a == 2 and (b == 0 or d == 0))
        and not (c == 0 and a == 1 and b == 0 and d == 0)
    ),
)
