"""The table of what compilers make of atomic operations: up to date, and made as it says."""

from __future__ import annotations

import pytest

from happens_before.maintain import compiled

here = pytest.mark.skipif(bool(compiled.missing()), reason=f"not here: {compiled.missing()}")


@here
def test_the_chapter_has_the_code_of_these_compilers() -> None:
    table = compiled.SECTION.read()
    if compiled.versions() not in table:
        pytest.skip(f"the chapter's table is of other compilers than {compiled.versions()}")
    assert table == compiled.render(), "run `make compiled`"


@here
def test_each_operation_and_order_is_compiled_for_each_processor() -> None:
    listings = [compiled.listing(target) for target in compiled.TARGETS]
    wanted = set(listings[0])
    assert {name for name, _ in wanted} == set(compiled.OPERATIONS)
    assert all(set(listing) == wanted for listing in listings)


@here
@pytest.mark.parametrize(
    ("target", "function", "instruction"),
    [
        (0, ("store", "seq_cst"), "xchgl (%rdi), %esi"),
        (1, ("load", "acquire"), "ldar w0, [x0]"),
        (2, ("fetch_add", "release"), "ldaddl w1, w0, [x0]"),
    ],
)
def test_the_code_is_what_the_processors_manual_calls_it(
    target: int, function: tuple[str, str], instruction: str
) -> None:
    assert instruction in compiled.listing(compiled.TARGETS[target])[function]


def test_labels_are_numbered_and_unused_ones_left_out() -> None:
    code = [".L7:", "ldxr w0, [x2]", "cbnz w3, .L7", ".L70:"]
    assert compiled._tidied(code) == ["L1:", "ldxr w0, [x2]", "cbnz w3, L1"]
