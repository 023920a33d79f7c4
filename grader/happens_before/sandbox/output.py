"""A stream of a run: read to its end, kept up to a limit."""

from __future__ import annotations

import os

CHUNK = 1 << 16


class Drain:
    """Reads one pipe without ever blocking, keeps its beginning, and counts the rest."""

    def __init__(self, fd: int, keep_bytes: int) -> None:
        os.set_blocking(fd, False)
        self.fd, self._keep = fd, keep_bytes
        self._kept = bytearray()
        self.total = 0  # bytes that the run has written so far
        self.ended = False

    def read(self) -> None:
        """Take what is there now, at most a few chunks, so that a flood starves nobody."""
        for _ in range(16):
            try:
                chunk = os.read(self.fd, CHUNK)
            except BlockingIOError:
                return
            if not chunk:
                self.ended = True
                return
            self.total += len(chunk)
            self._kept += chunk[: self._keep - len(self._kept)]

    @property
    def kept(self) -> bytes:
        """The beginning of the stream."""
        return bytes(self._kept)

    @property
    def cut(self) -> bool:
        """Whether there was more than what was kept."""
        return self.total > len(self._kept)
