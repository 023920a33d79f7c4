"""The private channel over which a judged program reports.

Its other end is grader/runtime/runner/channel.c. A SOCK_SEQPACKET socket pair; every packet carries
a nonce that this run alone knows, or a token that only one test's process knows. What a program
prints, and the status that it exits with, are never taken for results.
"""

from __future__ import annotations

import secrets
import socket
import threading
from dataclasses import dataclass, field

PACKET_BYTES = 1 << 16
PARENTS = {"hello", "end", "done"}  # what the process says that never runs a test


@dataclass
class Fault:
    """A fault that the lab or a scenario named; threads: (thread, activity, place) triples."""

    kind: str
    message: str
    threads: list[tuple[str, str, str]] = field(default_factory=list)


@dataclass
class Record:
    """All that one run said of one test."""

    id: str
    pid: int = 0
    failures: list[tuple[str, str, str]] = field(default_factory=list)  # file, line, message
    faults: list[Fault] = field(default_factory=list)
    sites: dict[str, str] = field(default_factory=dict)  # assertions that held, and their places
    races: list[list[str]] = field(default_factory=list)  # fields as channel.h documents them
    complete: bool = False
    end: str = ""  # pass, fail, crash, timeout, fault; empty while it has not ended
    signal: int = 0
    exit_code: int = 0
    elapsed_s: float = 0.0


@dataclass
class Run:
    """All that one run of a judged program said."""

    records: dict[str, Record] = field(default_factory=dict)
    greeting: str = ""
    announced: int = -1
    done: int = -1  # how many tests ended, by the last packet; -1: the run broke off
    strange: list[str] = field(default_factory=list)  # packets that cannot be believed

    def record(self, test: str) -> Record:
        """The test's record, made when first heard of."""
        return self.records.setdefault(test, Record(test))


class Channel:
    """The grader's end. Use as a context manager around the program's run.

    `program_fd` is the number of the other end: hand it to the program (HB_CHANNEL), and close ours
    of it when the program runs.
    """

    def __init__(self, rounds: int, tests: list[str]) -> None:
        self.run = Run()
        self._nonce = secrets.token_hex(16)
        self._ours, self._theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._ours.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self._tokens = {test: secrets.token_hex(16) for test in tests}
        pairs = [part for pair in self._tokens.items() for part in pair]
        first = [self._nonce, str(rounds), *pairs, "", ""]
        self._ours.send("\0".join(first).encode())
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def program_fd(self) -> int:
        """The program's end, open in this process until close()."""
        return self._theirs.fileno()

    def close(self) -> Run:
        """The program is gone: read what is left, and give back all that it said."""
        self._theirs.close()
        self._reader.join()
        self._ours.close()
        return self.run

    def _read(self) -> None:
        while packet := self._received():
            fields = packet.decode("utf-8", "replace").split("\0")
            if len(fields) < 4 or fields[0] != self._sender(fields[1], fields[2]):
                self.run.strange.append(f"a packet of {len(packet)} bytes that nobody may send")
                continue
            try:
                _note(self.run, fields[1], fields[2], fields[3:-1])
            except (ValueError, IndexError):
                self.run.strange.append(f"a malformed '{fields[1]}' packet")

    def _received(self) -> bytes:
        """The next packet; empty at the end, which a reset is too: of a run that was cut off."""
        try:
            return self._ours.recv(PACKET_BYTES)
        except ConnectionResetError:
            return b""

    def _sender(self, kind: str, test: str) -> str | None:
        """What proves that a packet may be believed."""
        return self._nonce if kind in PARENTS else self._tokens.get(test)


def _note(run: Run, kind: str, test: str, fields: list[str]) -> None:
    match kind:
        case "hello":
            run.greeting, run.announced = fields[0], int(fields[1])
        case "begin":
            run.record(test).pid = int(fields[0])
        case "site":
            run.record(test).sites[fields[0]] = fields[1]
        case "fail":
            run.record(test).failures.append((fields[0], fields[1], fields[2]))
        case "fault":
            triples = [(a, b, c) for a, b, c in zip(fields[2::3], fields[3::3], fields[4::3])]
            run.record(test).faults.append(Fault(fields[0], fields[1], triples))
        case "race":
            run.record(test).races.append(fields)
        case "complete":
            run.record(test).complete = True
        case "end":
            record = run.record(test)
            record.end, record.signal, record.exit_code = fields[0], int(fields[1]), int(fields[2])
            record.elapsed_s = int(fields[3]) / 1e9
        case "done":
            run.done = int(fields[0])
        case _:
            run.strange.append(f"a packet of unknown kind '{kind}'")
