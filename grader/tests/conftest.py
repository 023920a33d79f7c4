"""What all tests share: the grader's package in sight, a made-up unit, a grader, the last line."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

# What `make test` was told is not for the make that a test starts.
for variable in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "ARGS"):
    os.environ.pop(variable, None)

if TYPE_CHECKING:
    from happens_before.core.pipeline import Grader
    from happens_before.core.unit import Unit

TINY_TOML = """
schema = 1
title = "A cell"
day = 1
summary = "One word, and who may write it."
topics = ["nothing in particular"]
editable = ["cell.c"]
headers = ["cell.h"]
may_call = ["panic"]
steps = ["keep a number", "give it back"]

[judges.build]
sees = "whether it compiles"

[[judges.build.checks]]
id = "compiles"
step = 1
points = 3
promise = "the code compiles and keeps the rules"

[[judges.build.checks]]
id = "no_warnings"
step = 2
points = 1
promise = "no warnings"
"""
TINY_HEADER = """#ifndef CELL_H
#define CELL_H
#include "panic.h"
void cell_set(int value);
int cell_get(void);
#endif
"""
TINY_ANSWER = """#include "cell.h"
static int kept;
void cell_set(int value) { kept = value; }
int cell_get(void) { return kept; }
"""


def write_tiny(root: Path) -> Path:
    """Lay a workbook with one unit below `root`; returns the unit's directory."""
    unit = root / "lessons" / "90-cell"
    unit.mkdir(parents=True)
    (unit / "unit.toml").write_text(TINY_TOML)
    (unit / "cell.h").write_text(TINY_HEADER)
    (unit / "cell.c").write_text(TINY_ANSWER)
    return unit


# Tests of these stand alone; those of any other file share what its fixtures make, and a process.
ALONE = ("test_units", "test_explorer_oracle")
OF_THE_BOOK = ("test_web_book", "test_web_browser")  # they share one


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of a file together, and those that stand alone for the end."""
    items.sort(key=lambda item: item.path.stem in ALONE)
    for item in items:
        name = item.path.stem
        if name not in ALONE:
            group = OF_THE_BOOK[0] if name in OF_THE_BOOK else name
            item.add_marker(pytest.mark.xdist_group(group))


@pytest.fixture
def tiny(tmp_path: Path) -> Unit:
    """A made-up unit, judged by the build judge only, in a workbook of its own."""
    from happens_before.core import unit

    return unit.load(write_tiny(tmp_path / "workbook"))


COMPILED = ("object", "binary", "compiled", "declared", "preprocessed", "explorer-symbols")


def lend_compiled(cache: Path) -> Path:
    """Lay a cache with verdicts of its own, in which nothing is compiled that the workbook's has."""
    from happens_before.core import workbook

    cache.mkdir(exist_ok=True)
    for kind in COMPILED:
        (workbook.CACHE / kind).mkdir(parents=True, exist_ok=True)
        (cache / kind).symlink_to(workbook.CACHE / kind)
    return cache


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache that the tests of one process share."""
    return lend_compiled(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole book on a disk: the static edition."""
    from happens_before.web import book

    place = tmp_path_factory.mktemp("book") / "book"
    book.write(place)
    return place


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """A cache without a verdict."""
    return lend_compiled(tmp_path / "cache")


@pytest.fixture
def grader(kept: Path) -> Grader:
    """A grader on the shared cache, in this machine's sandbox."""
    from happens_before.core.cache import Cache
    from happens_before.core.pipeline import Grader
    from happens_before.sandbox import find_sandbox

    return Grader(find_sandbox(allow_none=False), Cache(kept))


def pytest_configure(config: pytest.Config) -> None:
    """Know the mark of the tests that only `make test-long` runs."""
    config.addinivalue_line("markers", "long: takes more than 20 s; `make test-long` runs it")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Print the outcome as the very last line, plain, for those who read only that."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or config.option.collectonly:
        return
    stats = reporter.stats
    passed, failed = len(stats.get("passed", ())), len(stats.get("failed", ()))
    failed += len(stats.get("error", ()))
    skipped = len(stats.get("skipped", ())) + len(stats.get("xfailed", ()))
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
