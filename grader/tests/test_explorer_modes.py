"""Sampling, several processes, bounds, and what the machine may do beside the memory model."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest
from explorer import harness
from explorer.litmus import TABLE
from happens_before.explore import runner

CLAIMS = harness.HERE / "claims"


def built(name: str, *flags: str, compiler: str = "clang") -> Path:
    """A program of the claims, or of another corpus."""
    path = harness.built(CLAIMS / name, flags, compiler)
    assert path is not None
    return path


@pytest.fixture(scope="module")
def games() -> Path:
    """The scenarios of games.c."""
    return built("games.c")


# --- sampling --------------------------------------------------------------------------------------


def sampled(program: Path, scenario: str, samples: int, seed: int, *more: str) -> harness.Run:
    """So many random executions."""
    options = ("--mode", "sample", "--samples", samples, "--seed", seed, *more)
    return harness.run(program, "--scenario", scenario, *options)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("scenario", ["lost_update", "store_buffering"])
def test_sampling_finds_what_needs_one_change_of_thread(
    scenario: str, seed: int, games: Path
) -> None:
    """A fault of depth 2 among 200 executions, whatever the seed; the same seed, the same result."""
    run = sampled(games, scenario, 200, seed)
    assert (run.exit_code, run.found["seed"]) == (1, seed)
    assert run.fault["kind"] == "assertion" and run.fault["replays"] is True
    assert run.found["complete"] is False
    assert sampled(games, scenario, 200, seed).stable() == run.stable()
    again = harness.run(games, "--scenario", scenario, "--replay", run.fault["token"])
    assert again.fault["pc"] == run.fault["pc"]


def test_different_seeds_see_different_executions(games: Path) -> None:
    steps = {sampled(games, "orders", 400, seed).found["steps"] for seed in range(3)}
    states = [sampled(games, "two_stores", 5, seed).states for seed in range(12)]
    assert len(steps) == 1  # always the same operations,
    assert any(state != states[0] for state in states)  # in other orders


def test_sampling_states_what_it_is_worth(games: Path) -> None:
    """The chance to have missed a bug of depth d: (1 - 1 / (n k^(d-1)))^executions, by PCT's theorem."""
    run = sampled(games, "orders", 4001, 7)
    found, told = run.found, run.found["statement"]
    assert (run.exit_code, found["verdict"], found["bound"]) == (3, "bounded", "samples")
    assert found["complete"] is False and found["samples"] == found["executions"] == 4001
    by = {depth: int(re.findall(rf"PCT depth {depth}: (\d+)", told)[0]) for depth in (2, 3)}
    assert by == {2: 1001, 3: 1000}  # four strategies in turn
    threads, steps = found["threads"], found["max_depth"]
    for depth, executions in by.items():
        chance = (1 - 1 / (threads * steps ** (depth - 1))) ** executions
        assert f"of at most {chance:.2g}" in told
    for text in ("seed 7,", f"{threads} threads", f"at most {steps} steps", "4001 executions"):
        assert text in told


def test_sampling_never_calls_itself_complete(games: Path) -> None:
    """Even where one execution is all there is."""
    run = sampled(games, "strong", 50, 0)
    assert (run.exit_code, run.found["verdict"], run.found["complete"]) == (3, "bounded", False)


def test_samples_are_executions_of_the_model() -> None:
    """No litmus test shows a state that the model forbids; nearly all show all that it allows."""
    shapes = harness.built_programs([litmus.program for litmus in TABLE])
    options = ("--mode", "sample", "--samples", 1500)
    runs = harness.each(lambda n: harness.run(shapes, *options, index=n), range(len(TABLE)))
    seen = 0
    for litmus, run in zip(TABLE, runs, strict=True):
        assert run.exit_code == 3, run.errors
        assert set(run.states) <= litmus.allowed, litmus.program.name
        seen += set(run.states) == litmus.allowed
    assert seen >= 0.9 * len(TABLE)


def peak_kb(program: Path, *arguments: object) -> int:
    """The most memory that a run has held."""
    command = [str(program), *map(str, arguments)]
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=runner.ENVIRONMENT,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 3
    return int(usage.ru_maxrss)


def test_memory_does_not_grow_with_the_executions(games: Path) -> None:
    """Sampled or searched: ten times as many take at most 1 MB more."""
    sample = ("--scenario", "orders", "--mode", "sample", "--time", 0, "--samples")
    assert peak_kb(games, *sample, 200_000) <= peak_kb(games, *sample, 20_000) + 1024
    search = ("--scenario", "too_many", "--time", 0, "--max-executions")
    assert peak_kb(games, *search, 50_000) <= peak_kb(games, *search, 5_000) + 1024


# --- several processes -----------------------------------------------------------------------------

TOGETHER = {
    "correct": ("fairness.c", ("-DROUNDS=3",), ("--scenario", "peterson_in_order")),
    "overtaking": ("fairness.c", ("-DROUNDS=3",), ("--scenario", "tas_below_3")),
    "outcomes": ("games.c", (), ("--scenario", "two_stores")),
    "many orders": ("games.c", (), ("--scenario", "orders")),
    "not linearizable": ("snapshot.c", ("-DONCE",), ("--scenario", "two_scans")),
    "unfair": ("fairness.c", ("-DROUNDS=3",), ("--scenario", "tas_below_2")),
    "assertion": ("games.c", (), ("--scenario", "lost_update")),
}


@pytest.mark.parametrize("name", TOGETHER)
def test_two_processes_say_what_one_says(name: str) -> None:
    """The same counts and final states, and the same fault with the same story."""
    file, flags, arguments = TOGETHER[name]
    program = built(file, *flags)
    alone = harness.run(program, *arguments)
    together = harness.run(program, *arguments, "--jobs", 2)
    counts = "executions", "blocked", "bypass_below"
    for key in ("verdict", "complete", *counts, "outcomes", "fault", "trace"):
        assert together.found[key] == alone.found[key], key


# The second thread's first update is revisited last, by one process or the other: where it comes before
# one of the first thread's, the second thread never ends, and makes no call that the explorer would see.
ENDLESS_LAST = """
#include <pthread.h>
#include <stdatomic.h>

static atomic_int first, second;

static void update(atomic_int *at, int times) {
    while (times-- > 0) atomic_fetch_add_explicit(at, 1, memory_order_relaxed);
}
static void *updates(void *argument) {
    update(&first, 3);
    update(&second, 4);
    return argument;
}
static void *never_ends(void *argument) {
    int old = atomic_fetch_add_explicit(&first, 1, memory_order_relaxed);
    update(&second, 4);
    while (old < 3) __asm__ volatile("");
    return argument;
}
int main(void) {
    pthread_t threads[3];
    for (int i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, i == 1 ? never_ends : updates, NULL);
    for (int i = 0; i < 3; i++) pthread_join(threads[i], NULL);
    return 0;
}
"""


def test_the_second_process_ends_a_loop_without_end(tmp_path: Path) -> None:
    """Its timer is its own: a process does not inherit one."""
    source = tmp_path / "endless_last.c"
    source.write_text(ENDLESS_LAST, encoding="utf-8")
    program = harness.built(source, ())
    assert program is not None
    assert harness.run(program, "--jobs", 2).fault["kind"] == "endless loop"


# Where the second thread reads 1 it frees a block of main's; where it reads 0 it takes one of its own.
FREES_ANOTHERS_BLOCK = """
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

static atomic_int flag;
static void *block;

static void *second(void *argument) {
    if (atomic_load_explicit(&flag, memory_order_relaxed) == 0) {
        void *volatile own = malloc(32);
        assert(own != block);
        free(own);
    }
    free(block);
    return argument;
}
int main(void) {
    block = malloc(32);
    pthread_t thread;
    pthread_create(&thread, NULL, second, NULL);
    atomic_store_explicit(&flag, 1, memory_order_relaxed);
    pthread_join(thread, NULL);
    return 0;
}
"""


def test_a_block_freed_in_one_execution_is_not_given_out_in_the_next(tmp_path: Path) -> None:
    """Its thread has freed, but not allocated: that heap too must be cleared."""
    source = tmp_path / "frees.c"
    source.write_text(FREES_ANOTHERS_BLOCK, encoding="utf-8")
    program = harness.built(source, ())
    assert program is not None
    run = harness.run(program, "--lifo-heap")
    assert run.exit_code == 0, run.found
    assert run.found["executions"] == 2


# --- bounds ----------------------------------------------------------------------------------------

BOUNDS = {
    "unroll": ("orders", ("--unroll", 2)),
    "executions": ("orders", ("--max-executions", 1679)),
    "time": ("too_many", ("--time", 0.2)),
    "events": ("orders", ("--max-events", 20)),
}
ENOUGH = {
    "nothing": ("orders", ()),
    "a wait is no bound": ("waits", ("--unroll", 1)),
    "unroll": ("orders", ("--unroll", 3)),
    "executions": ("orders", ("--max-executions", 1680)),
    "time": ("orders", ("--time", 50)),
    "no time bound": ("orders", ("--time", 0)),
    "events": ("orders", ("--max-events", 100)),
}


@pytest.mark.parametrize("bound", BOUNDS)
def test_what_cuts_the_search_is_said(bound: str, games: Path) -> None:
    scenario, options = BOUNDS[bound]
    run = harness.run(games, "--scenario", scenario, *options)
    assert (run.exit_code, run.found["verdict"], run.found["bound"]) == (3, "bounded", bound)
    assert run.found["complete"] is False and run.found["fault"] is None
    if bound == "executions":
        assert run.found["executions"] == 1679


@pytest.mark.parametrize("bound", ENOUGH)
def test_what_does_not_cut_is_not_said(bound: str, games: Path) -> None:
    """1680 executions are all of `orders` (games.c)."""
    scenario, options = ENOUGH[bound]
    run = harness.run(games, "--scenario", scenario, *options)
    assert (run.exit_code, run.found["complete"], run.found["bound"]) == (0, True, None)
    assert run.found["executions"] == (1680 if scenario == "orders" else 1)


# --- what the machine may do -----------------------------------------------------------------------


def test_a_weak_compare_exchange_may_fail_for_no_reason() -> None:
    """With --weak, and only where it is weak. gcc keeps the difference; so must we."""
    program = built("games.c", compiler="gcc")
    assert harness.run(program, "--scenario", "weak").exit_code == 0
    assert harness.run(program, "--scenario", "strong", "--weak").exit_code == 0
    run = harness.run(program, "--scenario", "weak", "--weak")
    assert run.exit_code == 1 and run.fault["kind"] == "assertion"
    again = harness.run(program, "--scenario", "weak", "--weak", "--replay", run.fault["token"])
    assert again.fault["pc"] == run.fault["pc"]


def test_memory_that_comes_back_at_once_shows_aba() -> None:
    """Only with --lifo-heap; the token remembers it."""
    program = built("../programs/aba_heap.c")
    assert harness.run(program).exit_code == 0
    run = harness.run(program, "--lifo-heap")
    assert run.exit_code == 1 and run.fault["kind"] == "assertion"
    again = harness.run(program, "--replay", run.fault["token"])
    assert again.fault["pc"] == run.fault["pc"]


# The fence that begins the thread is no instruction on x86, and no step of the strong models.
BORN_WITH_A_FENCE = """
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>

static atomic_int x, y;

static void *watches(void *argument) {
    int b = atomic_load_explicit(&y, memory_order_relaxed);
    int a = atomic_load_explicit(&x, memory_order_relaxed);
    assert(!(b == 1 && a == 0));
    return argument;
}
static void *is_born(void *argument) {
    atomic_thread_fence(memory_order_acquire);
    atomic_store_explicit(&y, 1, memory_order_relaxed);
    return argument;
}
int main(void) {
    pthread_t watcher, born;
    pthread_create(&watcher, NULL, watches, NULL);
    atomic_store_explicit(&x, 1, memory_order_relaxed);
    pthread_create(&born, NULL, is_born, NULL);
    pthread_join(born, NULL);
    pthread_join(watcher, NULL);
    return 0;
}
"""


@pytest.mark.parametrize(("model", "exit_code"), [("rc11", 1), ("sc", 0), ("tso", 0)])
def test_all_that_a_thread_does_comes_after_its_creation(
    model: str, exit_code: int, tmp_path: Path
) -> None:
    """Even if it begins with what orders nothing. (RC11 lets the watcher see y before x.)"""
    source = tmp_path / "born.c"
    source.write_text(BORN_WITH_A_FENCE, encoding="utf-8")
    program = harness.built(source, ())
    assert program is not None
    assert harness.run(program, "--memory-model", model).exit_code == exit_code
