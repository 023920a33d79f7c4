"""Bombs in a class: whatever one submission does, the others get what they would get without it."""

from __future__ import annotations

import json
from pathlib import Path

import classroom
import packing
import pytest
import workshop
from classroom import Class

THING = "lessons/01-thing"
BAD = Path(__file__).resolve().parent / "bad"
# Far more than a real unit may call, so that the sandbox must hold what the audit would refuse.
CALLS = "fork kill getppid write unlink rmdir exit abort open mkdir pthread_create pause sprintf"
HONEST = {
    "clean": (workshop.FAULTS / "clean.c").read_text(),
    "crash": (workshop.FAULTS / "crashes.c").read_text(),
    "panic": (workshop.FAULTS / "panics.c").read_text(),
}
DOES = """
#include "thing.h"
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
{before}
void thing_reset(void) {{}}
void thing_one(void) {{ {does} }}
void thing_two(void) {{}}
"""
SLEEPS = "static void *sleeps(void *a) { for (;;) pause(); return a; }"
TENFOLD = "".join(f"#define M{n} {f'M{n - 1} ' * 10}\n" for n in range(1, 9))
SOURCES = {
    "recursion": DOES.format(
        before="static volatile int on = 1;\nstatic int deep(int n) { return on ? deep(n + 1) + n : n; }",
        does="on = deep(1);",
    ),
    "loop": DOES.format(before="static volatile int on = 1;", does="while (on) {}"),
    "stack": DOES.format(
        before="static volatile int at = 1 << 29;", does="volatile char big[1 << 30]; big[at] = 1;"
    ),
    "threads": DOES.format(
        before=SLEEPS, does="for (pthread_t t;;) pthread_create(&t, 0, sleeps, 0);"
    ),
    "disk": DOES.format(
        before="static char block[1 << 20];",
        does='for (int f = open("/tmp/f", O_CREAT | O_RDWR, 0600);;) (void)!write(f, block, sizeof block);',
    ),
    "inodes": DOES.format(
        before="",
        does='char name[32]; for (int n = 0;; n++) { sprintf(name, "/tmp/%d", n); mkdir(name, 0700); }',
    ),
    "static": DOES.format(before="static char big[1L << 40];", does="big[1L << 39] = 1;"),
    "object": DOES.format(before="static char big[1 << 28] = {1};", does="big[1 << 27] = 1;"),
    "zeros": '#include "/dev/zero"\n' + DOES.format(before="", does=""),
    "macros": DOES.format(before="#define M0 +1\n" + TENFOLD, does="(void)(0 M8);"),
    "parens": DOES.format(before="", does=f"(void)({'(' * 200_000}1{')' * 200_000});"),
    "quotes": DOES.format(before='#if 0\n"' + '\\"' * 400_000 + "\n#endif", does=""),
    "names": DOES.format(
        before="".join(f"void f{n}(void);\n" for n in range(20_000)),
        does="".join(f"f{n}();" for n in range(20_000)),
    ),
    **{file.stem: file.read_text() for file in sorted(BAD.glob("*.c"))},
}
AT_ONCE = (
    *("forks", "allocates", "prints", "threads", "disk", "inodes", "recursion", "zeros"),
    *("kills_everybody", "object"),
)
HARMLESS = ("quotes",)  # what made only the audit work is worth what it does
FEW = ("forks", "allocates", "recursion", "quotes")


@pytest.fixture(scope="module")
def lenient(tmp_path_factory: pytest.TempPathFactory) -> Class:
    """A unit that is run, and the honest ones' results in it: not to be changed."""
    place = tmp_path_factory.mktemp("bombs")
    root = classroom.make_workbook(place / "workbook")
    file = workshop.make_unit(root, ("tests",)).directory / "unit.toml"
    more = ", ".join(f'"{name}"' for name in CALLS.split())
    text = file.read_text().replace("may_call = [", f"may_call = [{more}, ")
    file.write_text(text.replace("memory_mb = 1024", "memory_mb = 128"))
    made = Class(place / "class", root)
    for student, source in HONEST.items():
        made.hand_in(student, source, THING)
    done = made.batch("--units", "01-thing")
    assert done.returncode == 0, done.stdout + done.stderr
    return made


def check_beside(lenient: Class, tmp_path: Path, bombs: tuple[str, ...], jobs: int) -> None:
    """Bombs beside the honest, nothing known of any: who is honest gets the same bytes."""
    made = Class(tmp_path / "class", lenient.root, tmp_path / "cache")
    for student, source in HONEST.items():
        made.hand_in(student, source, THING)
    for name in bombs:
        made.hand_in(f"bomb-{name}", SOURCES[name], THING)
    packing.zeros(made.submissions / "archive.tar.gz", f"{THING}/thing.c", 1 << 27)
    done = made.batch("--units", "01-thing", "--jobs", str(jobs))
    assert done.returncode == 3, done.stdout + done.stderr  # for the archive, which is not read
    alone, beside = classroom.whole(lenient.out), classroom.whole(made.out)
    for name in (n for n in alone if n.startswith(("items/", "students/", "feedback/"))):
        assert beside[name] == alone[name], name
    for name in bombs:
        told = json.loads((made.out / "students" / f"bomb-{name}.json").read_text())
        judged = [check for unit in told["units"] for j in unit["judges"] for check in j["checks"]]
        assert told["status"] == ("pass" if name in HARMLESS else "fail"), (name, judged)
        assert all(each["happened"].endswith(".") for each in judged if each["status"] == "fail")
    assert "archive.tar.gz unpacks to more than 64 MiB" in done.stdout
    assert made.left() == []


def test_a_few_bombs_harm_nobody(lenient: Class, tmp_path: Path) -> None:
    check_beside(lenient, tmp_path, FEW, jobs=2)


@pytest.mark.long
@pytest.mark.parametrize("name", sorted(SOURCES))
def test_one_bomb_harms_nobody(lenient: Class, tmp_path: Path, name: str) -> None:
    check_beside(lenient, tmp_path, (name,), jobs=2)


@pytest.mark.long
def test_ten_bombs_at_once_harm_nobody(lenient: Class, tmp_path: Path) -> None:
    check_beside(lenient, tmp_path, AT_ONCE, jobs=4)
