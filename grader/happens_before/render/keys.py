"""Single keys and calm frames on a terminal, which is given back as it was however this ends."""

from __future__ import annotations

import os
import select
import signal
import sys
import termios
import tty
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Any

from rich.console import Console
from rich.text import Text

ARROWS = {
    **{b"\x1b[A": "up", b"\x1b[B": "down", b"\x1b[C": "right", b"\x1b[D": "left"},
    **{b"\x1bOA": "up", b"\x1bOB": "down", b"\x1bOC": "right", b"\x1bOD": "left"},
    **{b"\x1b[H": "home", b"\x1b[F": "end", b"\x1b[1~": "home", b"\x1b[4~": "end"},
    **{b"\x1b[5~": "page up", b"\x1b[6~": "page down", b"\x1b[3~": "delete"},
}
NAMES = {b"\r": "enter", b"\n": "enter", b"\x7f": "back", b"\x08": "back", b"\x1b": "escape"}
ENTER, LEAVE = "\x1b[?1049h\x1b[?25l", "\x1b[?25h\x1b[?1049l"
HOME, TO_LINE_END, TO_SCREEN_END = "\x1b[H", "\x1b[K", "\x1b[J"
ESCAPE_S = 0.05  # within which the rest of an arrow key's bytes come


def can_move(console: Console) -> bool:
    """Whether frames and single keys make sense: a terminal at both ends, and none that is dumb."""
    moves = console.file.isatty() and not console.is_dumb_terminal
    return moves and sys.stdin.isatty()


class Keys:
    """Reads single keys from standard input; use it in a `with`.

    Of a terminal each key is read at once and not shown. Of a pipe each character is a key, and its
    end is no key at all. While the program is stopped (Ctrl-Z), the terminal is as it was.

    stopping: called before the program stops.
    """

    def __init__(self, stopping: Callable[[], None] = lambda: None) -> None:
        self.screen: Screen | None = None
        self._stopping = stopping
        self._fd = sys.stdin.fileno()
        self._before: list[Any] | None = None
        self._wake_out, self._wake_in = os.pipe()
        self._rest = b""
        self._ended = self._stop = False

    def __enter__(self) -> Keys:
        os.set_blocking(self._wake_in, False)
        if os.isatty(self._fd):
            self._before = termios.tcgetattr(self._fd)
            tty.setcbreak(self._fd)
            self._tstp = signal.signal(signal.SIGTSTP, self._to_stop)
        self._winch = signal.signal(signal.SIGWINCH, self._resized)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        signal.signal(signal.SIGWINCH, self._winch)
        if self._before is not None:
            signal.signal(signal.SIGTSTP, self._tstp)
            termios.tcsetattr(self._fd, termios.TCSADRAIN, self._before)
        os.close(self._wake_in)
        os.close(self._wake_out)

    def wake(self) -> None:
        """Make a waiting `read` return; from any thread."""
        with suppress(OSError):  # full: it will return anyway; closed: nobody reads any more
            os.write(self._wake_in, b"!")

    def _resized(self, number: int, frame: FrameType | None) -> None:
        self.wake()

    def _to_stop(self, number: int, frame: FrameType | None) -> None:
        self._stop = True
        self.wake()

    def _stand_still(self) -> None:
        """Give the terminal back and stop; when the shell says so, go on and take it again."""
        self._stop = False
        self._stopping()
        if self.screen:
            self.screen.leave()
        output = signal.signal(signal.SIGTTOU, signal.SIG_IGN)  # the shell may have it already
        termios.tcsetattr(self._fd, termios.TCSADRAIN, self._before or [])
        signal.signal(signal.SIGTTOU, output)
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        signal.raise_signal(signal.SIGTSTP)  # comes back when the program goes on
        signal.signal(signal.SIGTSTP, self._to_stop)
        tty.setcbreak(self._fd)
        if self.screen:
            self.screen.enter()

    def read(self, wait_s: float | None = None) -> str:
        """The next key: a character or a name such as "left". "": woken, or nothing in `wait_s`."""
        if self._rest:
            return self._key()
        watched = [self._wake_out] if self._ended else [self._wake_out, self._fd]
        ready, _, _ = select.select(watched, [], [], wait_s)
        if self._wake_out in ready:
            os.read(self._wake_out, 4096)
        if self._stop:
            self._stand_still()
            return ""
        if self._fd not in ready:
            return ""
        self._rest = os.read(self._fd, 1024)
        self._ended = not self._rest
        if self._rest == b"\x1b" and select.select([self._fd], [], [], ESCAPE_S)[0]:
            self._rest += os.read(self._fd, 1024)
        return self._key() if self._rest else ""

    @property
    def ended(self) -> bool:
        """Whether no key will ever come again."""
        return self._ended

    def _key(self) -> str:
        for code, name in ARROWS.items():
            if self._rest.startswith(code):
                self._rest = self._rest[len(code) :]
                return name
        length = next((n for n in range(1, 5) if _is_text(self._rest[:n])), 1)
        first, self._rest = self._rest[:length], self._rest[length:]
        return NAMES.get(first) or first.decode("utf-8", "replace")


def _is_text(part: bytes) -> bool:
    try:
        part.decode()
    except UnicodeDecodeError:
        return False
    return True


class Screen:
    """The whole terminal, drawn in one write a frame, so that nothing flickers; use it in a `with`.

    keys: give the screen back, and take it again, when the program is stopped.
    """

    def __init__(self, console: Console, keys: Keys) -> None:
        self._console, self._keys = console, keys

    def __enter__(self) -> Screen:
        self.enter()
        self._keys.screen = self
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._keys.screen = None
        self.leave()

    def enter(self) -> None:
        """A screen of our own, without a cursor."""
        self._write(ENTER)

    def leave(self) -> None:
        """The screen that was there before."""
        self._write(LEAVE)

    @property
    def size(self) -> tuple[int, int]:
        """Columns and lines, as they are now."""
        return self._console.size.width, self._console.size.height

    def show(self, lines: Sequence[Text], foot: Sequence[Text] = ()) -> None:
        """Draw the lines from the top, and `foot` at the bottom; what has no room is cut."""
        width, height = self.size
        room = max(0, height - len(foot))
        body = [*lines[:room], *[Text()] * (room - len(lines)), *foot][:height]
        with self._console.capture() as drawn:
            for at, line in enumerate(body):
                line = line.copy()
                line.truncate(width, overflow="ellipsis")
                self._console.print(line, end="", soft_wrap=True)
                self._console.print("\n" if at < height - 1 else "", end="")
        rows = drawn.get().split("\n")
        self._write(HOME + (TO_LINE_END + "\r\n").join(rows[:height]) + TO_LINE_END + TO_SCREEN_END)

    def _write(self, text: str) -> None:
        self._console.file.write(text)
        self._console.file.flush()
