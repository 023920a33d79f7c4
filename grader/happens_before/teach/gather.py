"""From a folder of hand-ins to who handed in what: a stand-in until the platforms are there."""

from __future__ import annotations

from pathlib import Path

from happens_before.teach.people import Gathered, Handin, Student


def gather(folder: Path) -> Gathered:
    """Each entry of the folder is a student's, named by it."""
    entries = sorted(folder.iterdir())
    return Gathered(tuple(Handin(Student(p.name), (p,), "named by the file") for p in entries))
