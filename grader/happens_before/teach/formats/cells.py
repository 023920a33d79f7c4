"""Cells of a table that a spreadsheet will open: numbers, and text that stays text."""

from __future__ import annotations

import re

# What a spreadsheet takes for the beginning of a formula (OWASP, CSV Injection; CWE-1236).
FORMULA = ("=", "+", "-", "@", "\t", "\r")
NUMBER = re.compile(r"[-+]?[0-9][0-9.,]*%?|[-+]?[.,][0-9]+%?|-")


def harmless(text: str) -> str:
    """The text, behind an apostrophe when a spreadsheet would run it. Numbers stay as they are."""
    return f"'{text}" if text.startswith(FORMULA) and not NUMBER.fullmatch(text) else text


def points(value: float | None) -> str:
    """A number of points with up to two decimals, which is what Canvas keeps; "" for none."""
    if value is None:
        return ""
    return f"{value:.2f}".rstrip("0").rstrip(".")
