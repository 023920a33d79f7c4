"""The tests of the explorer, tested: with any one of its rules broken, some test must fail.

A mutant is the runtime with one small change in one file. What is asked of it is what the other
tests ask of the runtime itself: litmus tests and random programs against the oracle and the
machines, counts with a closed form, known faults.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pytest
from explorer import corners, generate, harness
from explorer.litmus import TABLE
from happens_before.litmus.models import machines, oracle
from happens_before.litmus.program import Program
from happens_before.core import workbook
from happens_before.core.compilers import Flavour
from happens_before.explore import build

SOURCES = workbook.RUNTIME / "explorer"
SEED = 77
DRAWN = 80
PROGRAMS: list[Program] = [
    *(program for program, _ in corners.TABLE),
    *(litmus.program for litmus in TABLE),
    *generate.programs(SEED, DRAWN),
]
BOUND = ("--time", "10", "--max-executions", "20000")


@dataclass(frozen=True)
class Mutant:
    """One change: `old` stands once in the file."""

    name: str
    file: str
    old: str
    new: str
    models: tuple[str, ...] = ("rc11",)


MUTANTS = [
    # the seq_cst axiom
    Mutant("seq_cst orders nothing", "psc.c", "graph->n_sc < 2)", "graph->n_sc < 1000)"),
    Mutant(
        "scb lacks what lies elsewhere",
        "psc.c",
        "return before && any_before(reached.beyond, before, false);",
        "return 0 && before;",
    ),
    Mutant(
        "scb lacks reads-before and mo",
        "psc.c",
        "if (event_writes(e) && (p->access < e->mo_pos",
        "if (0 && (p->access < e->mo_pos",
    ),
    Mutant(
        "psc_F lacks eco",
        "psc.c",
        "p->knows < r ||\n           (event_sees(e) && p->knows_write <= r) ||",
        "",
    ),
    Mutant(
        "a fence reaches only what follows in its thread",
        "psc.c",
        "bool knows = any_before(reached.fence, e, true);",
        "bool knows = reached.fence[e->tid] < e->idx;",
    ),
    Mutant(
        "only fences in its own thread lead to an event",
        "psc.c",
        "event_is_sc(&g->ev[at]) && hb_before(&g->ev[at], e))",
        "event_is_sc(&g->ev[at]) && g->ev[at].tid == e->tid)",
    ),
    Mutant(
        "SC forgets what a read comes before",
        "strong.c",
        "if (event_writes(e) && least[e->loc] < e->mo_pos) return true;",
        "",
        ("sc",),
    ),
    Mutant(
        "SC goes round once", "strong.c", "} while (changed);", "} while (0 && changed);", ("sc",)
    ),
    Mutant(
        "TSO without store buffers",
        "strong.c",
        "options.model == MODEL_TSO && e->kind",
        "0 && e->kind",
        ("tso",),
    ),
    # coherence
    Mutant("no floor", "coherence.c", "if (e->idx >= hb->at[e->tid]) continue;", "continue;"),
    Mutant(
        "reads set no floor",
        "coherence.c",
        "int store = event_sees(e) ? e->rf : at;",
        "if (event_sees(e)) continue;\n        int store = at;",
    ),
    # happens-before
    Mutant(
        "updates carry no release sequence on",
        "coherence.c",
        "if (e->kind == EV_RMW_W && e->rf >= 0)",
        "if (0 && e->rf >= 0)",
    ),
    Mutant("own stores carry none on", "coherence.c", "if (earlier)\n", "if (0)\n"),
    Mutant(
        "acquire fences do nothing",
        "coherence.c",
        "if (order_acquires(e->order)) learn_from_earlier_reads(g, e);",
        "",
    ),
    Mutant(
        "release fences do nothing",
        "coherence.c",
        "if (e->rel_fence >= 0) clock_join",
        "if (0) clock_join",
    ),
    Mutant(
        "acquire loads learn nothing",
        "coherence.c",
        "clock_join(&e->hb, &store->rel);",
        "(void)0;",
    ),
    Mutant(
        "a failed compare-exchange keeps its success order",
        "graph.c",
        "rmw_succeeds(read) ? read->ok_order : read->fail_order",
        "read->ok_order",
    ),
    Mutant(
        "pthread_join orders nothing",
        "coherence.c",
        "if (e->hidden != HIDDEN_UNORDERED)\n            clock_join(&e->hb, &g->ev[e->rf].hb);",
        "if (e->hidden != HIDDEN_UNORDERED)\n            (void)0;",
    ),
    # atomicity
    Mutant(
        "two updates read one store",
        "graph.c",
        "return next != NONE && g->ev[next].kind == EV_RMW_W",
        "return 0 && g->ev[next].kind == EV_RMW_W",
    ),
    Mutant(
        "a store comes between an update's two parts",
        "revisit.c",
        "return next >= 0 && g->ev[next].kind == EV_RMW_W",
        "return 0 && g->ev[next].kind == EV_RMW_W",
    ),
    # the search
    Mutant(
        "loads read the newest store only",
        "revisit.c",
        "for (int store = newest;",
        "for (int store = floor;",
    ),
    Mutant(
        "stores come last only",
        "revisit.c",
        "if (!rmw) push_other_places",
        "if (0) push_other_places",
    ),
    Mutant(
        "no backward revisits",
        "revisit.c",
        "if (deletes_canonically(",
        "if (0 && deletes_canonically(",
    ),
    Mutant(
        "every backward revisit",
        "revisit.c",
        "if (!added_maximally(g, at, w)) return",
        "if (0) return",
    ),
    Mutant(
        "revisits that delete nothing only",
        "revisit.c",
        "if (!added_maximally(g, at, w)) return",
        "if (1) return",
    ),
    Mutant(
        "the revisited read may be anything",
        "revisit.c",
        "if (keep[at] && at != read) continue;",
        "if (keep[at]) continue;",
    ),
    Mutant(
        "stores that revisited are canonical",
        "revisit.c",
        "return false; /* a store that revisited",
        "continue; /* a store that revisited",
    ),
    Mutant("causes are revisited", "revisit.c", "|| porf_before(r, w)) continue;", ") continue;"),
    Mutant(
        "choices keep their first value", "revisit.c", "value > 0; value--", "value > n; value--"
    ),
    # loops and plain memory
    Mutant(
        "loops never wait",
        "spin.c",
        "return a->pc == b->pc && a->state",
        "return 0 && a->state",
    ),
    Mutant(
        "plain accesses are not looked at", "shadow.c", "if (conflict && !known_to_me)", "if (0)"
    ),
]


# --- building a mutant ----------------------------------------------------------------------------


def mutated(mutant: Mutant, directory: Path) -> Path:
    """The runtime with the change, built; everything else of it is the cache's."""
    text = (SOURCES / mutant.file).read_text("utf-8")
    assert text.count(mutant.old) == 1, f"{mutant.file} has changed: {mutant.old!r}"
    changed = directory / mutant.file
    changed.write_text(text.replace(mutant.old, mutant.new), encoding="utf-8")
    includes = [SOURCES / "include", workbook.RUNTIME / "history"]
    objects = []
    for part in build.PARTS:
        flavour = build.FLAVOURS[part]
        for source in sorted((workbook.RUNTIME / part).glob("*.[cS]")):
            if source in build.LEFT_OUT:
                continue
            if source.name == mutant.file:
                flags = (*flavour.flags, "-iquote", str(SOURCES))
                source, flavour = changed, Flavour("mutant", flavour.compiler, flags)
            objects.append(harness.toolchain().own_object(source, flavour, includes))
    out = directory / build.LIBRARY_NAME
    command = ["gcc", *(str(item.object) for item in objects), "-shared", "-Wl,-z,now", "-lm"]
    subprocess.run([*command, f"-Wl,-soname,{build.LIBRARY_NAME}", "-o", str(out)], check=True)
    return out


# --- asking it ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Questions:
    """Executables: of PROGRAMS, and of single programs with their executions or their fault."""

    programs: Path
    counted: dict[Path, int]
    faulty: dict[Path, str]


@pytest.fixture(scope="module")
def questions() -> Questions:
    """Built once, for whichever runtime is put beside them."""
    counts = harness.HERE / "counts" / "counts.c"
    corpus = harness.HERE / "programs"

    def single(file: Path, *flags: str) -> Path:
        path = harness.built(file, flags)
        assert path is not None
        return path

    return Questions(
        harness.built_programs(PROGRAMS),
        {
            single(counts, "-DTICKET", "-DN=2", "-DK=2"): 6,
            single(counts, "-DRING", "-DN=2", "-DK=2", "-DITEMS=3"): 9,
            single(counts, "-DMUTEX", "-DN=3", "-DK=1"): 6,
        },
        {
            single(corpus / "dekker.c", "-DNO_FENCE"): "data race",
            single(harness.HERE / "objects" / "cond.c", "-DIF_INSTEAD_OF_WHILE"): "assertion",
        },
    )


@lru_cache
def expected(number: int, model: str) -> object:
    """What the oracle says of a program, or for a strong model the machine."""
    program = PROGRAMS[number]
    if model == "rc11":
        return oracle.outcomes(program)
    machine = {"sc": machines.sc_outcomes, "tso": machines.tso_outcomes}[model]
    return machine(program)


def answers(program: Path, *arguments: object, index: int = 0) -> harness.Run | None:
    """A run; None: it did not come to an end."""
    try:
        return harness.run(program, *arguments, *BOUND, index=index)
    except subprocess.TimeoutExpired:
        return None


def first_difference(library: Path, mutant: Mutant, questions: Questions) -> str:
    """The first question that this runtime answers wrongly; "" if there is none."""
    programs = harness.lay_out(questions.programs, library)
    for model in mutant.models:
        for number, program in enumerate(PROGRAMS):
            run = answers(programs, "--memory-model", model, index=number)
            if run is None or run.exit_code != 0:
                return f"{program.name}: no verdict"
            seen = run.states if model == "rc11" else set(run.states)
            if seen != expected(number, model):
                return f"{program.name} under {model}"
    for path, count in questions.counted.items():
        run = answers(harness.lay_out(path, library))
        if run is None or run.exit_code != 0 or run.found["executions"] != count:
            return f"{path.name}: not {count} executions"
    for path, kind in questions.faulty.items():
        run = answers(harness.lay_out(path, library))
        if run is None or run.exit_code != 1 or run.fault["kind"] != kind:
            return f"{path.name}: no {kind}"
    return ""


@pytest.fixture(scope="module")
def differences(
    request: pytest.FixtureRequest, questions: Questions, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Future[str]]]:
    """The first wrong answer of each mutant that is asked for, found on all processors."""
    here = [item for item in request.session.items if hasattr(item, "callspec")]
    picked = [
        mutant for mutant in MUTANTS if mutant in [i.callspec.params.get("mutant") for i in here]
    ]

    def examine(mutant: Mutant) -> str:
        library = mutated(mutant, tmp_path_factory.mktemp("mutant"))
        return first_difference(library, mutant, questions)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield {mutant.name: pool.submit(examine, mutant) for mutant in picked}
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name.replace(" ", "_"))
def test_a_broken_rule_is_noticed(mutant: Mutant, differences: dict[str, Future[str]]) -> None:
    assert differences[mutant.name].result(), "no test noticed"


def test_the_runtime_itself_answers_everything(questions: Questions) -> None:
    """So that what the mutants answer wrongly is theirs."""
    whole = Mutant("nothing", "", "", "", ("rc11", "sc", "tso"))
    assert first_difference(harness.runtime().path, whole, questions) == ""
