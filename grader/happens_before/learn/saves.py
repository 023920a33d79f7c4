"""Noticing saves: which files of which units have other contents than a moment ago.

The kernel's events only say when to look; what has changed is decided by the contents. So it does
not matter how an editor saves (in place, by rename, by an atomic replace), whether a directory goes
and comes back, or whether an event is lost; and a save that changes nothing is none.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from watchdog.events import FileSystemEvent

ENDINGS = (".c", ".h", ".toml")
TELLING = {"created", "closed", "moved", "deleted"}  # a file that is still being written is not yet
QUIET_S = 0.02  # saves that come closer together are one
MOST_S = 0.2  # but after so long even a stream of them is looked at
LOOK_S = 1.0  # between looks without an event, for what no event told of
LOOK_BLIND_S = 0.25  # the same where the kernel gives no events at all

Contents = dict[Path, dict[str, str]]  # directory, file name, digest
Changes = Mapping[Path, tuple[str, ...]]  # unit's directory, names of the files that changed
Signature = tuple[int, int, int, int]


class Look:
    """Reads what stands in directories, and says what is new since the last time."""

    def __init__(self, directories: Callable[[], Sequence[Path]]) -> None:
        self._directories = directories
        self._known: dict[Path, tuple[Signature, str]] = {}
        self._last = self.contents()

    def changes(self, trust_times: bool = False) -> Changes:
        """Each directory with the names of files that are new, gone or other than at the last call.

        trust_times: take a file whose times and size are the same for unchanged, without reading it.
        """
        now, before = self.contents(trust_times), self._last
        self._last = now
        found = {}
        for directory in dict.fromkeys((*before, *now)):
            old, new = before.get(directory, {}), now.get(directory, {})
            names = tuple(sorted(n for n in {*old, *new} if old.get(n) != new.get(n)))
            if names:
                found[directory] = names
        return found

    def contents(self, trust_times: bool = False) -> Contents:
        """The digest of every file that counts; one that cannot be read is not there."""
        found: Contents = {}
        for directory in self._directories():
            try:
                names = [name for name in os.listdir(directory) if name.endswith(ENDINGS)]
            except OSError:
                names = []
            digests = {name: self._digest(directory / name, trust_times) for name in names}
            found[directory] = {name: digest for name, digest in digests.items() if digest}
        return found

    def _digest(self, file: Path, trust_times: bool) -> str:
        try:
            stat = file.stat()
            signature = (stat.st_mtime_ns, stat.st_ctime_ns, stat.st_size, stat.st_ino)
            known = self._known.get(file)
            if trust_times and known and known[0] == signature:
                return known[1]
            digest = hashlib.sha256(file.read_bytes()).hexdigest()
        except OSError:
            return ""
        self._known[file] = (signature, digest)
        return digest


class Watcher:
    """Calls `tell` with what was saved, from a thread of its own, until `stop`.

    directories: the units' directories; asked anew at each look, so that a new one is seen.
    roots:       existing directories around them, of which the kernel is asked for events.
    blind:       why there are no events and it has to look often instead, or "".
    """

    def __init__(
        self,
        directories: Callable[[], Sequence[Path]],
        roots: Sequence[Path],
        tell: Callable[[Changes], None],
    ) -> None:
        self._look, self._roots, self._tell = Look(directories), roots, tell
        self._event, self._stopped = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._watch, name="saves", daemon=True)
        self.blind = ""

    def start(self) -> None:
        """Begin; what was saved since the object was made is told first."""
        from watchdog import observers

        untyped: Any = observers
        self._observer = untyped.Observer()
        for root in self._roots:
            self._observer.schedule(self, str(root), recursive=True)
        try:
            self._observer.start()
        except OSError as error:  # the user's share of inotify is used up, or there is none
            self._observer.unschedule_all()
            self.blind = f"the kernel tells of no saves here ({error.strerror})"
        self._thread.start()

    def stop(self) -> None:
        """End; when this returns, nothing more is told."""
        self._stopped.set()
        self._event.set()
        if not self.blind:
            self._observer.stop()
            self._observer.join()
        self._thread.join()

    def dispatch(self, event: FileSystemEvent) -> None:
        """What watchdog calls with each event."""
        paths = (event.src_path, getattr(event, "dest_path", ""))
        if event.event_type in TELLING and (
            event.is_directory or any(path.endswith(ENDINGS) for path in paths)
        ):
            self._event.set()

    def _watch(self) -> None:
        while not self._stopped.is_set():
            if changes := self._look.changes(trust_times=not self._event.is_set()):
                self._tell(changes)
            if self._event.wait(LOOK_BLIND_S if self.blind else LOOK_S):
                until_quiet(self._event)


def until_quiet(event: threading.Event, quiet_s: float = QUIET_S, most_s: float = MOST_S) -> None:
    """Return when the event has not been set for `quiet_s`, or keeps being set for `most_s`."""
    for _ in range(int(most_s / quiet_s)):
        event.clear()
        if not event.wait(quiet_s):
            return
