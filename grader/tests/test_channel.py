"""The grader's end of the channel, when the other end goes away."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from happens_before.core.channel import Channel


def test_a_program_that_never_read_what_it_was_told_ends_the_run_quietly(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its end is closed with our packet unread: the kernel resets the connection."""
    raised: list[Any] = []
    monkeypatch.setattr(threading, "excepthook", raised.append)
    run = Channel(1, ["mutex__excludes"]).close()
    assert raised == []
    assert (run.announced, run.done, run.records, run.strange) == (-1, -1, {}, [])
