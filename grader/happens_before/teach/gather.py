"""From a folder of hand-ins to who handed in what: a stand-in until the platforms are there."""

from __future__ import annotations

from pathlib import Path

from happens_before.teach.people import Gathered, Handin, Student


def gather(folder: Path) -> Gathered:
    """Each entry of the folder is a student's, named by it."""
    entries = sorted(folder.iterdir())
    handins = [Handin(Student(p.name), (p,), (p.name,), "named by the file", None) for p in entries]
    return Gathered(tuple(handins), (), (), (), "plain")
