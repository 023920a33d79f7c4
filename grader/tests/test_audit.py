"""The audit's rules, one by one: what each refuses, where, and what it lets pass."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from happens_before.core import object_rules
from happens_before.core.elf import Object
from happens_before.core.errors import GraderFault
from happens_before.core.pipeline import Grader, Selection
from happens_before.core.report import CheckResult, Status
from happens_before.core.submission import UnitFiles
from happens_before.core.tokens import Preprocessed
from happens_before.core.unit import Unit

Audited = Callable[[str], CheckResult]
ANSWER = "void cell_set(int value) { kept = value; }\nint cell_get(void) { return kept; }\n"


@pytest.fixture
def audited(tiny: Unit, grader: Grader) -> Audited:
    """The verdict of the check `compiles` on a text."""

    def judge(text: str) -> CheckResult:
        files = UnitFiles({"cell.c": text.encode()}, ())
        report = grader.grade_unit(tiny, files, Selection(), lambda _: None)
        return report.results[0]

    return judge


HEAD = '#include "cell.h"\n'
KEPT = "static int kept;\n"

ALLOWED = {
    "the plain answer": HEAD + KEPT + ANSWER,
    "attributes of use": HEAD
    + "static int kept __attribute__((aligned(64), unused));\n"
    + "__attribute__((noinline, cold)) static void slow(void) { kept = 0; }\n"
    + ANSWER
    + "static inline __attribute__((always_inline, used)) void nothing(void) { slow(); }\n",
    "the standard's pragmas": HEAD + KEPT + "#pragma STDC FP_CONTRACT OFF\n" + ANSWER,
    "standard headers": HEAD
    + "#include <assert.h>\n#include <stdatomic.h>\n#include <stdbool.h>\n#include <string.h>\n"
    + "#include <limits.h>\n#include <stdalign.h>\n#include <stddef.h>\n"
    + "static _Alignas(64) atomic_int kept;\n"
    + "void cell_set(int value) { assert(value < INT_MAX); atomic_store_explicit(&kept, value,"
    + " memory_order_release); }\n"
    + "int cell_get(void) { int old = 0; atomic_compare_exchange_strong_explicit(&kept, &old,\n"
    + "  1,\n memory_order_acq_rel, memory_order_acquire); return atomic_load(&kept); }\n",
    "a condition that both compilers meet": HEAD
    + KEPT
    + "#if defined(__GNUC__) && !defined(NDEBUG)\n#define SET(x) (kept = (x))\n#else\n"
    + "#define SET(x) ((void)(x))\n#endif\n"
    + "void cell_set(int value) { SET(value); }\nint cell_get(void) { return kept; }\n",
    "words in comments and strings": HEAD
    + "// __asm__ __clang__ __attribute__((constructor))\n"
    + 'const char *const static_text = "";\n'.replace(
        "const char *const", "static const char *const"
    )
    + KEPT
    + 'void cell_set(int value) { kept = value + (sizeof "asm(\\"nop\\") [[gnu::weak]]" > 99)'
    + " + (static_text == 0); }\nint cell_get(void) { return kept; }\n",
    "subscripts of subscripts": HEAD
    + "static int kept[2], at[2];\nvoid cell_set(int value) { kept[at[0]] = value; }\n"
    + "int cell_get(void) { return kept[at[at[0]]]; }\n",
    "thread-local state": HEAD + "static _Thread_local int kept;\n" + ANSWER,
    "panic": HEAD
    + KEPT
    + 'void cell_set(int v) { if (v < 0) panic("cell_set", "v"); kept = v; }\n'
    + "int cell_get(void) { return kept; }\n",
    "Windows line ends": (HEAD + KEPT + ANSWER).replace("\n", "\r\n"),
    "memcpy and memset": HEAD
    + "#include <string.h>\nstruct big { char bytes[500]; };\nstatic struct big kept, other;\n"
    + "void cell_set(int value) { memset(&kept, value, sizeof kept); other = kept; }\n"
    + "int cell_get(void) { return memcmp(&kept, &other, sizeof kept); }\n",
}


@pytest.mark.parametrize("text", ALLOWED.values(), ids=list(ALLOWED))
def test_honest_code_passes(text: str, audited: Audited) -> None:
    result = audited(text)
    told = (result.happened, result.where, result.evidence)
    assert result.status is Status.PASS, told


REFUSED = {
    "a missing function": (
        "int cell_get(void) { return kept; }\n",
        "`cell_set` is promised by cell.h",
        0,
    ),
    "a name too many": (
        ANSWER + "int helper(void) { return 1; }\n",
        "`helper` is not in the contract",
        5,
    ),
    "a variable too many": (ANSWER + "int shared;\n", "`shared` is not in the contract", 5),
    "a foreign call": (
        ANSWER
        + "int getpid(void);\nstatic int u(void) { return getpid(); }\nint (*v)(void) = u;\n",
        "`getpid` may not be used here; this unit may call panic",
        5,
    ),
    "printf": (
        '#include <stdio.h>\nvoid cell_set(int v) { kept = v;\n  printf("set\\n"); }\n'
        "int cell_get(void) { return kept; }\n",
        "`printf` may not be used here",
        0,
    ),
    "an attribute": (
        ANSWER + "\n__attribute__((unused,\n  destructor(5))) static void f(void) {}\n",
        "the attribute `destructor`",
        7,
    ),
    "an attribute in an attribute's argument is none": (
        ANSWER + '__attribute__((unused, section("aligned"))) static int s;\n',
        "the attribute `section`",
        5,
    ),
    "assembly": (ANSWER + 'static inline void f(void) { __asm volatile(""); }\n', "assembly is", 5),
    "a pragma": (ANSWER + '#pragma GCC optimize "O0"\n', "`#pragma GCC optimize", 5),
    "a judge's name": (
        ANSWER + "static int __tsan_x;\nint *y(void) { return &__tsan_x; }\n",
        "`__tsan_x` belongs",
        5,
    ),
    "a telltale": (ANSWER + "#ifdef __clang__\n#endif\n", "`__clang__` tells one build", 5),
    "a part for one compiler": (
        ANSWER + "#if __GNUC__ > 4\nstatic int g;\n#endif\nint *(cell_p)(void);\n"
        "static inline int *h(void) { return 0; }\n",
        "this part is there for one compiler and not for the other",
        5,
    ),
    "a header of the judges": (
        '#include "lab.h"\n' + ANSWER,
        "/include/lab.h belongs to the judges",
        3,
    ),
    "memory without end": (
        "static volatile char big[17 << 20];\n"
        + ANSWER
        + "void *b(void) { return (void *)big; }\n",
        "cell.c takes 17 MiB of static memory; a unit may take 16 MiB",
        0,
    ),
    "common symbols of libc": (
        ANSWER + "char *strdup(const char *s) { return (char *)s; }\n",
        "`strdup` is not in the contract",
        5,
    ),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=list(REFUSED))
def test_a_broken_rule_is_one_sentence_with_its_line(
    case: tuple[str, str, int], audited: Audited
) -> None:
    text, words, line = case
    result = audited(HEAD + KEPT + text)
    assert (result.status, result.how) == (Status.FAIL, "rules")
    found = [(result.happened, result.where), *((e.text, e.places) for e in result.evidence)]
    places = [place for told, place in found if words in told]
    assert places, found
    if line:
        place = places[0][0] if isinstance(places[0], list) else places[0]
        assert place is not None and (place.file, place.line) == ("cell.c", line)


def test_every_broken_rule_is_told_once(audited: Audited) -> None:
    text = HEAD + '__attribute__((constructor)) static void f(void) { __asm__(""); }\n'
    result = audited(text)
    told = [result.happened, *(item.text for item in result.evidence)]
    assert len(told) == len(set(told)) == 5
    assert sum("attribute `constructor`" in item for item in told) == 1


def test_the_contract_is_the_header_not_what_stands_in_the_readers_file(
    tiny: Unit, audited: Audited
) -> None:
    (tiny.directory / "cell.c").write_text("int helper(void) { return 1; } this is no C\n")
    assert (
        "`helper` is not in the contract"
        in audited(HEAD + KEPT + ANSWER + "int helper(void) { return 1; }\n").happened
    )
    assert audited(HEAD + KEPT + ANSWER).status is Status.PASS


SECTIONS = {
    "cr_tst": '__attribute__((section("cr_tst"))) int own = 1;',
    ".init_array": "__attribute__((constructor)) static void own(void) {}",
    ".fini_array": "__attribute__((destructor)) static void own(void) {}",
    "own_text": '__attribute__((section("own_text"))) int own(void) { return 1; }',
    "executed": "int own(int n) { int in(void) { return n; } int (*volatile f)(void) = in;"
    " return f(); }",
}


@pytest.mark.parametrize("section", SECTIONS)
def test_a_section_of_its_own_is_seen_in_the_object_itself(section: str, tmp_path: Path) -> None:
    """The second wall: the object is looked at, whatever the source looked like."""
    (tmp_path / "cell.c").write_text(SECTIONS[section] + "\n")
    subprocess.run(["gcc", "-c", "cell.c"], cwd=tmp_path, check=True)
    contract = object_rules.Contract("cell.h", frozenset({"own"}), frozenset())
    objects = [("cell.c", Object(tmp_path / "cell.o"))]
    told = [each.text for each in object_rules.broken_rules(objects, contract, lambda _: None)]
    words = "can be executed" if section == "executed" else f"the section '{section}"
    assert any(words in text for text in told), told


def test_two_files_may_not_define_the_same(tiny: Unit, grader: Grader) -> None:
    import dataclasses

    both = dataclasses.replace(tiny, editable=("cell.c", "more.c"))
    text = HEAD + KEPT + ANSWER
    files = UnitFiles({"cell.c": text.encode(), "more.c": text.encode()}, ())
    result = grader.grade_unit(both, files, Selection(), lambda _: None).results[0]
    assert result.happened == "`cell_set` is defined in both cell.c and more.c."


# --- reading --------------------------------------------------------------------------------------

OUTPUT = """# 0 "cell.c"
# 0 "<built-in>"
# 0 "<command-line>"
# 1 "/usr/include/stdc-predef.h" 1 3 4
# 0 "<command-line>" 2
# 1 "cell.c"
# 1 "./cell.h" 1
int cell_get(void);
# 2 "cell.c" 2
#define A <: "x" 'y' 1.5e+3 "\\"

static int kept = 0x1f;
"""


def test_the_preprocessors_output_is_read_with_its_lines() -> None:
    text = Preprocessed("cell.c", OUTPUT)
    assert [(e.file, e.by, e.line) for e in text.entered][-1] == ("cell.h", "cell.c", 1)
    assert text.forged == [] and text.written("cell.c") == {2, 4}
    words = [(t.kind, t.text, t.line) for t in text.tokens({"cell.c"})]
    assert words[0] == ("name", "static", 4) and ("number", "0x1f", 4) in words
    assert [t.file for t in text.tokens({"cell.h"})][0] == "cell.h"


def test_a_file_name_from_a_directive_is_seen() -> None:
    text = Preprocessed("cell.c", OUTPUT + '# 9 "/usr/include/x.h" 3\nint a;\n')
    assert [(line.file, line.number) for line in text.forged] == [("cell.c", 5)]


def test_an_object_that_is_none_is_our_fault(tmp_path: Path) -> None:
    file = tmp_path / "object"
    for content in (b"", b"hello", b"\x7fELF\x01\x01", b"\x7fELF\x02\x01" + bytes(60)):
        file.write_bytes(content)
        with pytest.raises(GraderFault, match="not an object that can be read"):
            Object(file).symbols
