"""A task of an array: its items, and the files by which we speak with its worker.

    N.keys    the items' keys, one a line: what the worker reads
    N.ended   a line for each item that has ended (worker.Ended)
    N.words   what the worker says on its standard error
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from happens_before.teach.worker import Ended


@dataclass
class Task:
    """Some items in the queue or at work. stem: its files, less their endings."""

    stem: Path
    left: list[str]
    read: int = 0
    begun: bool = False

    def news(self) -> Iterator[Ended]:
        """The items that have ended since the last call."""
        try:
            with self.stem.with_suffix(".ended").open("rb") as file:
                file.seek(self.read)
                whole = file.read().rpartition(b"\n")[0]
        except OSError:
            return
        self.read += len(whole) + 1 if whole else 0
        for line in whole.splitlines():
            try:
                ended = Ended.read(line.decode())
            except ValueError:  # torn, as the node was lost
                continue
            if ended.key in self.left:
                self.left.remove(ended.key)
                self.begun = True
                yield ended

    def last_words(self) -> str:
        """The last line that the worker wrote to its standard error, or nothing."""
        try:
            lines = self.stem.with_suffix(".words").read_text(errors="replace").splitlines()
        except OSError:
            return ""
        return next((line.strip() for line in reversed(lines) if line.strip()), "")


def lay_out(folder: Path, chunks: Sequence[Sequence[str]]) -> tuple[Path, list[Task]]:
    """A new directory below `folder` for an array, and its tasks, each with one chunk of keys."""
    wave = Path(tempfile.mkdtemp(dir=folder))
    tasks = [Task(wave / str(number), list(keys)) for number, keys in enumerate(chunks)]
    for task in tasks:
        task.stem.with_suffix(".keys").write_text("".join(f"{key}\n" for key in task.left))
    return wave, tasks
