"""The rules for a unit's source, held against it as the preprocessor leaves it.

A compiler is a powerful thing to hand to a stranger. Attributes and pragmas can run code before
main, hide code from ThreadSanitizer, or turn warnings off; assembly hides from every judge; and
code that differs from compiler to compiler shows each judge another face. A unit needs none of it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from happens_before.core.report import Evidence, Place
from happens_before.core.tokens import Preprocessed, Token

ATTRIBUTES = frozenset(
    "aligned alloc_size always_inline assume_aligned cleanup cold const deprecated fallthrough "
    "format hot leaf malloc maybe_unused may_alias nodiscard noinline nonnull noreturn nothrow "
    "packed pure returns_nonnull unused used warn_unused_result".split()
)
PRAGMAS = re.compile(r"#pragma\s+(STDC\b|once\b|GCC\s+(unroll|ivdep)\b)")
ASSEMBLY = {"asm", "__asm", "__asm__"}
ATTRIBUTE_WORDS = {"__attribute__", "__attribute"}
BUILTINS = re.compile(
    r"__builtin_(return_address|frame_address|extract_return_addr|apply\w*|return|setjmp|longjmp"
    r"|eh_\w+|init_\w*trampoline|adjust_trampoline|thread_pointer|set_thread_pointer|nonlocal_goto"
    r"|call_with_static_chain|stack_save|stack_restore|unwind_init|dwarf_cfa|frob_return_addr"
    r"|ia32_(?!pause$)\w+|___clear_cache)$"
)
JUDGES_OWN = re.compile(
    r"_*(tsan|sanitizer|asan|hwasan|llvm|valgrind|criterion)_|VALGRIND_|ANNOTATE_|cr_"
)
SYSTEM = ("/usr/include/", "/usr/lib/", "/usr/local/include/", "/include/", "<")
JUDGES_HEADERS = ("valgrind/", "criterion/", "sanitizer/", "lab.h", "scenario.h")
# What tells one compiler, or one judge's build, from another.
TELLTALES = re.compile(
    r"__(clang|llvm|apple_build|SANITIZE_|SSP|OPTIMIZE|NO_INLINE|VERSION|GNUC_(MINOR|PATCH)"
    r"|GCC_\w+|has_(feature|extension|attribute|builtin|include))\w*$"
)
KEYWORDS = frozenset(
    "auto break case char const continue default do double else enum extern float for goto if "
    "inline int long register restrict return short signed sizeof static struct switch typedef "
    "union unsigned void volatile while _Alignas _Alignof _Atomic _Bool _Generic _Noreturn "
    "_Static_assert _Thread_local".split()
)
CONDITIONAL = re.compile(r"^\s*(?:#|%:|\?\?=)\s*(if|ifdef|ifndef|elif|else|endif)\b")


@dataclass(frozen=True)
class Source:
    """One submitted file: as it was handed in, and behind each compiler's preprocessor."""

    name: str
    raw: str
    plain: Preprocessed
    instrumented: Preprocessed


def broken_rules(source: Source, own: set[str], headers: set[str]) -> Iterator[Evidence]:
    """Each broken rule as a sentence with its place.

    own: the names of all submitted files; headers: of the unit's.
    """
    for text in (source.plain, source.instrumented):
        for line in text.forged:
            yield _at(
                "a #line directive gives its text another file's name", line.file, line.number
            )
        yield from _includes(text, own, headers)
        for line in text.directives(own):
            if not PRAGMAS.match(line.text.strip()):
                what = f"`{' '.join(line.text.split())}` changes what the compiler does or says"
                yield _at(what, line.file, line.number)
        yield from _words(list(text.tokens(own)))
    yield from _two_faces(source)


def _at(what: str, file: str, line: int) -> Evidence:
    return Evidence(f"{what}; a unit's code may not.", [Place(file, line)])


def _includes(text: Preprocessed, own: set[str], headers: set[str]) -> Iterator[Evidence]:
    for entered in text.entered:
        if entered.by not in own:
            continue
        if any(f"/{part}" in entered.file for part in JUDGES_HEADERS):
            yield _at(f"{entered.file} belongs to the judges", entered.by, entered.line)
        elif entered.file not in own | headers and not entered.file.startswith(SYSTEM):
            yield _at(f"{entered.file} is no header", entered.by, entered.line)


def _words(tokens: list[Token]) -> Iterator[Evidence]:
    for place, token in enumerate(tokens):
        if token.kind == "name":
            if token.text in ASSEMBLY:
                yield _at("assembly is invisible to the judges", token.file, token.line)
            elif token.text in ATTRIBUTE_WORDS:
                yield from _attributes(tokens, place + 1)
            elif BUILTINS.match(token.text):
                yield _at(f"`{token.text}` reaches behind the language", token.file, token.line)
            elif JUDGES_OWN.match(token.text):
                yield _at(f"`{token.text}` belongs to the judges", token.file, token.line)
        elif token.text == "[" and tokens[place + 1 : place + 2] and _opens(tokens, place):
            yield from _attributes(tokens, place)


def _opens(tokens: list[Token], place: int) -> bool:
    """Two brackets in a row are an attribute: C17 has no other use for them."""
    return tokens[place + 1].text == "["


def _attributes(tokens: list[Token], start: int) -> Iterator[Evidence]:
    """The attributes between the brackets that begin at `start`, without their arguments."""
    depth = 0
    for place in range(start, len(tokens)):
        token = tokens[place]
        if token.text in "([" and token.kind == "mark":
            depth += 1
        elif token.text in ")]" and token.kind == "mark":
            depth -= 1
            if depth <= 0:
                return
        elif token.kind == "name" and depth == 2 and token.text not in ("gnu", "clang", "__gnu__"):
            name = token.text.removeprefix("__").removesuffix("__")
            if name not in ATTRIBUTES:
                what = f"the attribute `{token.text}` changes how code is built or run"
                yield _at(what, token.file, token.line)


def _two_faces(source: Source) -> Iterator[Evidence]:
    """Does the code differ between the two compilers that the judges use?"""
    for number, line in enumerate(without_comments(source.raw).split("\n"), 1):
        for word in re.findall(r"\b__\w+", line):
            if TELLTALES.match(word):
                yield _at(f"`{word}` tells one build from another", source.name, number)
    here, there = (
        _active(source.raw, text.written(source.name))
        for text in (source.plain, source.instrumented)
    )
    for number in sorted(here ^ there):
        what = "this part is there for one compiler and not for the other"
        yield _at(what, source.name, number)
    spelled = set(re.findall(r"[A-Za-z_]\w*", source.raw)) - KEYWORDS
    counts = [
        Counter(
            t.text
            for t in text.tokens({source.name})
            if t.kind == "name" and t.text in spelled and not t.text.startswith("__")
        )
        for text in (source.plain, source.instrumented)
    ]
    if here == there and counts[0] != counts[1]:
        words = sorted((counts[0] - counts[1]) + (counts[1] - counts[0]))
        what = f"macros make another use of `{words[0]}` under gcc than under clang"
        yield _at(what, source.name, _line_of(source.raw, words[0]))


def _active(raw: str, written: set[int]) -> set[int]:
    """The lines of the conditional directives whose parts, up to the next one, left something."""
    heads = [n for n, line in enumerate(raw.split("\n"), 1) if CONDITIONAL.match(line)]
    ends = [*heads[1:], raw.count("\n") + 2]
    return {
        head for head, end in zip(heads, ends) if any(n in written for n in range(head + 1, end))
    }


def without_comments(raw: str) -> str:
    """C with its comments and strings blanked, line by line as before.

    A quote that nothing closes (under #if 0) ends with its line: looking for each one's end would
    take hours.
    """
    pattern = r"""/\*.*?\*/|//[^\n]*|"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?"""
    return re.sub(pattern, lambda m: "\n" * m.group().count("\n") or " ", raw, flags=re.S)


def _line_of(raw: str, word: str) -> int:
    found = re.search(rf"\b{re.escape(word)}\b", raw)
    return raw.count("\n", 0, found.start()) + 1 if found else 1
