"""Names of people, compared as people would: by their letters, in whatever order they stand."""

from __future__ import annotations

import unicodedata

MAX_WORDS = 12  # of a name that is turned around
# Letters that Unicode does not take apart, though keyboards and platforms do.
PLAIN = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h"}
)


def clean(text: str) -> str:
    """The text in Unicode's composed form, on one line, without characters that nobody sees.

    Control characters and marks of direction go; they would disturb a table, and two names that
    look the same would differ.
    """
    composed = unicodedata.normalize("NFC", text)
    kept = "".join(" " if c.isspace() else c for c in composed if c.isspace() or _visible(c))
    return " ".join(kept.split())


def _visible(character: str) -> bool:
    # U+200D joins emoji and letters of Indic scripts: without it they look different.
    return character == "\u200d" or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co")


def letters(text: str) -> str:
    """Only the letters and digits, without case and accents: "Müller, Jörg" is "mullerjorg".

    Marks beside the Latin accents stay: in other scripts they are letters.
    """
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFC", text).casefold())
    kept = (c for c in apart.translate(PLAIN) if not "\u0300" <= c <= "\u036f")
    return "".join(c for c in kept if c.isalnum() or unicodedata.category(c)[0] == "M")


def forms(name: str) -> frozenset[str]:
    """The letters of a name from whichever of its words one begins: given name or surname first."""
    words = [word for word in map(letters, name.replace(",", " ").split()) if word]
    if len(words) > MAX_WORDS:
        return frozenset({"".join(words)})
    turned = (words[start:] + words[:start] for start in range(len(words)))
    return frozenset("".join(each) for each in turned)
