"""`make lint`'s check of atomic operations and edges: what it refuses, and that the tree passes."""

from __future__ import annotations

from pathlib import Path

import pytest
from happens_before.maintain import edges

GOOD = """/* A flag. */
#include "flag.h"

void publish(void) {
    atomic_store_explicit(&flag, 1, memory_order_release); /* [F1] shows the data to wait */
}

bool wait(void) {
    /* [F1] sees the data, if it sees the flag. */
    return atomic_load_explicit(&flag, memory_order_acquire);
}
"""
FAR = "\n".join(f"int line_{number};" for number in range(9))
BROKEN = {
    "an order that is not named": (
        "void f(void) { atomic_store(&flag, 1); /* enough */ }\n",
        [(1, "atomic_store: write atomic_store_explicit, with the order.")],
    ),
    "a fetch without its order": (
        "/* counts */\nint g = atomic_fetch_add(&count, 1);\n",
        [(2, "atomic_fetch_add: write atomic_fetch_add_explicit, with the order.")],
    ),
    "a flag without its order": (
        "/* taken? */\nbool h = atomic_flag_test_and_set(&flag);\n",
        [(2, "atomic_flag_test_and_set: write atomic_flag_test_and_set_explicit, with the order.")],
    ),
    "no reason": (
        f"/* a file */\n{FAR}\nvoid f(void) {{\n    atomic_thread_fence(memory_order_seq_cst);\n}}\n",
        [(12, "atomic_thread_fence: say why its order suffices.")],
    ),
    "no reason behind a string that looks like one": (
        f'{FAR}\nconst char *s = "/* why */";\nint a = atomic_load_explicit(&x, memory_order_relaxed);\n',
        [(11, "atomic_load_explicit: say why its order suffices.")],
    ),
    "the compiler's own form": (
        "/* why */\nint a = __atomic_load_n(&x, __ATOMIC_RELAXED);\n",
        [(2, "the compiler's own form: use <stdatomic.h>'s.")],
    ),
    "the compiler's oldest form": (
        "/* why */\n__sync_synchronize();\n",
        [(2, "the compiler's own form: use <stdatomic.h>'s.")],
    ),
    "an edge with one end": (
        GOOD.replace("[F1] sees", "sees"),
        [(5, "the edge [F1] has one end only.")],
    ),
    "two edges with one end each": (
        GOOD.replace("[F1] sees", "[F2] sees"),
        [(5, "the edge [F1] has one end only."), (9, "the edge [F2] has one end only.")],
    ),
}


def complaints(directory: Path, text: str) -> list[tuple[int, str]]:
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "flag.c").write_text(text)
    return [(found.line, found.text) for found in edges.check(directory / "flag.c")]


def test_a_good_file_has_nothing_to_mend(tmp_path: Path) -> None:
    assert complaints(tmp_path, GOOD) == []


@pytest.mark.parametrize("case", BROKEN.values(), ids=list(BROKEN))
def test_a_broken_rule_is_named_with_its_line(
    case: tuple[str, list[tuple[int, str]]], tmp_path: Path
) -> None:
    text, expected = case
    assert complaints(tmp_path, text) == expected


def test_words_in_comments_are_no_operations(tmp_path: Path) -> None:
    assert complaints(tmp_path, "/* atomic_store(&flag, 1) is seq_cst */\n") == []


def test_the_runtime_may_use_the_compilers_forms(tmp_path: Path) -> None:
    text = "/* only a number */\nint a = __atomic_load_n(&x, __ATOMIC_RELAXED);\n"
    assert complaints(tmp_path / "runtime" / "lab", text) == []


def test_a_header_beside_the_file_can_hold_the_other_end(tmp_path: Path) -> None:
    (tmp_path / "flag.h").write_text("/* [F1] publish to wait */\n")
    assert complaints(tmp_path, GOOD.replace("[F1] sees", "sees")) == []
    assert complaints(tmp_path / "solutions", GOOD.replace("[F1] sees", "sees")) != []


def test_the_tree_has_nothing_to_mend(capsys: pytest.CaptureFixture[str]) -> None:
    assert len(list(edges.files())) > 20
    assert edges.main([]) == 0, capsys.readouterr().out


def test_main_says_where(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "bad.c"
    file.write_text("/* why */\n__sync_synchronize();\n")
    assert edges.main([str(file)]) == 1
    assert capsys.readouterr().out.startswith(f"{file}:2: ")
