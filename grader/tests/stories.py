"""Explorations that fail, each in its own way, for tests of stories and of what shows them."""

from __future__ import annotations

import copy
import subprocess
import tempfile
import zlib
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from happens_before.explore import runner, sources
from happens_before.explore.findings import findings
from happens_before.explore.symbols import Symbols
from happens_before.explore.unit_program import of_unit

_KEPT = tempfile.TemporaryDirectory(prefix="hb-story-")
BUILT = Path(_KEPT.name)

TWO = """
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
%s
#ifndef START
#define START
#endif
int main(void) {
    pthread_t a, b;
    START;
    pthread_create(&a, NULL, left, NULL);
    pthread_create(&b, NULL, right, NULL);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    %s
}
"""
DEADLOCK = """
static pthread_mutex_t p = PTHREAD_MUTEX_INITIALIZER, q = PTHREAD_MUTEX_INITIALIZER;
static void both(pthread_mutex_t *first, pthread_mutex_t *second) {
    pthread_mutex_lock(first);
    pthread_mutex_lock(second);
    pthread_mutex_unlock(second);
    pthread_mutex_unlock(first);
}
static void *left(void *x) { both(&p, &q); return x; }
static void *right(void *x) { both(&q, &p); return x; }
"""
STORE_BUFFERING = """
static atomic_int x, y;
static int seen_y, seen_x;
static void *left(void *p) {
    atomic_store_explicit(&x, 1, memory_order_release);
    seen_y = atomic_load_explicit(&y, memory_order_acquire);
    return p;
}
static void *right(void *p) {
    atomic_store_explicit(&y, 1, memory_order_release);
    seen_x = atomic_load_explicit(&x, memory_order_acquire);
    return p;
}
"""
STALE = """
static atomic_int data, ready;
static void *left(void *p) {
    atomic_store_explicit(&data, 42, memory_order_relaxed);
    atomic_store_explicit(&ready, 1, memory_order_relaxed);
    return p;
}
static void *right(void *p) {
    if (atomic_load_explicit(&ready, memory_order_relaxed))
        assert(atomic_load_explicit(&data, memory_order_relaxed) == 42);
    return p;
}
"""
FREED = """
static atomic_int *cell;
static void *left(void *p) {
    atomic_fetch_add_explicit(cell, 1, memory_order_relaxed);
    return p;
}
static void *right(void *p) { free(cell); return p; }
#define START cell = calloc(1, sizeof *cell)
"""
# The flag is read only behind the free; whether an edge orders the two is the flag's order.
GONE = """
static int *cell;
static atomic_int gone;
static void *left(void *p) {
    free(cell);
    atomic_store_explicit(&gone, 1, memory_order_%s);
    return p;
}
static void *right(void *p) {
    if (atomic_load_explicit(&gone, memory_order_acquire)) cell[1] = 3;
    return p;
}
#define START cell = calloc(4, sizeof *cell)
"""
TWICE = """
static int *cell;
static void *left(void *p) { free(cell); return p; }
static void *right(void *p) { free(cell); return p; }
#define START cell = calloc(4, sizeof *cell)
"""
# Each believes that it came first, since its store is still in the buffer.
BUFFERED = """
static int *cell;
static atomic_int x, y;
static void *left(void *p) {
    atomic_store_explicit(&x, 1, memory_order_release);
    if (!atomic_load_explicit(&y, memory_order_acquire)) free(cell);
    return p;
}
static void *right(void *p) {
    atomic_store_explicit(&y, 1, memory_order_release);
    if (!atomic_load_explicit(&x, memory_order_acquire)) cell[1] = 3;
    return p;
}
#define START cell = calloc(4, sizeof *cell)
"""
# A release sequence that another thread's relaxed read-modify-write goes on with, and both fences.
SEQUENCE = """
static int data;
static atomic_int flag, passed;
static void *left(void *p) {
    data = 1;
    atomic_store_explicit(&flag, 1, memory_order_release);
    atomic_thread_fence(memory_order_release);
    atomic_store_explicit(&passed, 1, memory_order_relaxed);
    return p;
}
static void *right(void *p) {
    atomic_fetch_add_explicit(&flag, 1, memory_order_relaxed);
    if (atomic_load_explicit(&passed, memory_order_relaxed)) {
        atomic_thread_fence(memory_order_acquire);
        assert(data == 0);
    }
    return p;
}
"""


def explored(files: Sequence[Path], flags: Sequence[str], *options: str) -> dict[str, Any]:
    """What `grader/grade explore --json` would write."""
    directory = Path(tempfile.mkdtemp(dir=BUILT))
    built, _ = sources.program_of(files, "clang", flags, directory)
    assert built is not None
    program = runner.lay_out(built, directory)
    raw = runner.explore(program, ["--jobs", "1", *options], subprocess.DEVNULL, 60)
    data = findings(raw, Symbols(program))
    data["replay"] = None
    return data


@lru_cache(maxsize=None)
def of(threads: str, end: str = "", *options: str) -> dict[str, Any]:
    file = BUILT / f"program{zlib.crc32(threads.encode())}.c"
    file.write_text(TWO % (threads, end))
    return explored([file], (), *options)


@lru_cache(maxsize=None)
def attempt(unit: str, name: str, scenario: str) -> dict[str, Any]:
    files, flags = of_unit(unit, name)
    return explored(files, flags, "--scenario", scenario)


KINDS: dict[str, Callable[[], dict[str, Any]]] = {
    "data race": lambda: attempt("01-memory-ordering", "relaxed", "publishes"),
    "lost wakeup": lambda: attempt("04-mutex", "lost_wakeup", "serves_three"),
    "not linearizable": lambda: attempt("09-wait-free-queue", "helps_twice", "quota_helps_once"),
    "use after free": lambda: of(FREED),
    "deadlock": lambda: of(DEADLOCK),
    "assertion": lambda: of(STALE),
}


def longer(times: int) -> dict[str, Any]:
    """A trace of many more steps: thread 1 goes on storing."""
    data = copy.deepcopy(of(STALE))
    trace = data["trace"]
    store = next(item for item in trace if item["op"] == "store")
    n, rank = len(trace), max(
        i["rank"] for i in trace if i["location"] == store["location"] and i["rank"] is not None
    )
    for more in range(1, times + 1):
        item = copy.deepcopy(store) | {"n": n + more, "rank": rank + more, "written_as": str(more)}
        item["after"][item["thread"]] = n + more
        trace.append(item)
    return data
