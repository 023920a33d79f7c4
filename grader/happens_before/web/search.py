"""What the search looks through: every section of every chapter, as a script that works from a disk."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from happens_before.web.book import Book


def index(book: Book) -> str:
    """The script: HB.sections, a list of [page, anchor, chapter, section, text]."""
    sections = []
    for chapter in book.chapters:
        title = f"{chapter.label} {chapter.title}".strip()
        for part in book.document(chapter.name, chapter.url).parts:
            anchor = part.heading.anchor if part.heading else ""
            heading = part.heading.text if part.heading else ""
            words = " ".join(" ".join(part.text).split())
            sections.append([chapter.url, anchor, title, heading, words])
    text = json.dumps(sections, ensure_ascii=False, separators=(",", ":"))
    return f"'use strict';\nwindow.HB = window.HB || {{}};\nHB.sections = {text};\n"
