"""Text from elsewhere on a page: what would steer or turn round a reader's screen is named instead."""

from __future__ import annotations

import re

LONGEST = 20_000  # characters of one text; nobody reads more of it
LONGEST_LINE = 300  # characters of one line of source
# What steers a reader's terminal, or turns the text around, and is no text itself.
CONTROL = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff"
    "\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)


def plain(text: str) -> str:
    """The text with each character that would steer or turn it round named instead: <U+202E>."""
    if CONTROL.search(text):
        text = CONTROL.sub(lambda match: f"<U+{ord(match.group()):04X}>", text)
    return text.replace("\r", "")


def shortened(text: str, most: int = LONGEST) -> str:
    """The text, or its beginning and how long it is in all."""
    return text if len(text) <= most else f"{text[:most]} ... ({len(text):,} characters in all)"
