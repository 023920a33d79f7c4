"""What the tests of the sandbox share: the bombs, built once; every kind of sandbox; clean machines."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
import uuid
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from happens_before.sandbox import Command, Limits, Outcome, Sandbox, cgroup, find_sandbox, owner
from happens_before.sandbox.bubblewrap import Bubblewrap
from happens_before.sandbox.none import NoSandbox

BOMBS = Path(__file__).parent / "bombs"
MARK = "HB_TEST_MARK"
LIMITS = Limits(wall_s=8, cpu_s=6, memory_mb=64, processes=24, output_kb=16, disk_mb=8)


@lru_cache
def bomb(name: str) -> Path:
    """The program of bombs/NAME.c."""
    out = Path(_programs().name) / name
    flags = ["-std=gnu17", "-O1", "-w", "-pthread"]
    subprocess.run(["gcc", *flags, BOMBS / f"{name}.c", "-o", out], check=True)
    return out


@lru_cache
def _programs() -> tempfile.TemporaryDirectory[str]:
    kept = tempfile.TemporaryDirectory(prefix="hb-bombs-")
    os.chmod(kept.name, 0o755)
    return kept


@lru_cache
def boxes() -> dict[str, Sandbox]:
    """Every kind of isolation that this machine has."""
    best = find_sandbox(allow_none=False)
    found: dict[str, Sandbox] = {"best": best}
    as_root = os.geteuid() == 0
    if cgroup.find():
        found["watchdog"] = Bubblewrap(None, as_root)
    return found


@lru_cache
def open_boxes() -> dict[str, Sandbox]:
    """Every kind of running without isolation."""
    found: dict[str, Sandbox] = {"none": NoSandbox(None)}
    if groups := cgroup.find():
        found["none-with-cgroups"] = NoSandbox(groups)
    return found


@dataclass
class Ran:
    """An outcome, and what the run left in its scratch directory."""

    outcome: Outcome
    left: list[str] = field(default_factory=list)


def run(
    box: Sandbox, name: str, *arguments: str, limits: Limits = LIMITS, cancel: object = None
) -> Ran:
    """Run a bomb in a scratch directory of its own, and insist that nothing of it is left."""
    mark = uuid.uuid4().hex
    groups_before = groups_of_ours()
    with tempfile.TemporaryDirectory() as scratch, tempfile.TemporaryDirectory() as outer:
        Path(scratch, "kept").write_text("kept")
        unit = _open_to_all(Path(outer))
        command = Command(
            ("/program", *arguments),
            limits,
            read_only=((bomb(name), "/program"), (unit, "/unit")),
            scratch=Path(scratch),
            environment={MARK: mark},
        )
        outcome = box.run(command, cancel)  # type: ignore[arg-type]
        assert processes_with(mark) == []
        left = sorted(os.listdir(scratch))
        assert [file.read_text() for file in unit.iterdir()] == ["kept"]
    assert not os.path.exists(scratch), "the scratch directory could not be removed"
    assert groups_of_ours() <= groups_before or box_is_shared()
    return Ran(outcome, left)


def _open_to_all(outer: Path) -> Path:
    """A directory that only its read-only mount protects, with one file in it."""
    outer.chmod(0o755)
    unit = outer / "unit"
    unit.mkdir()
    (unit / "kept").write_text("kept")
    (unit / "kept").chmod(0o666)
    unit.chmod(0o777)
    return unit


_sharing = False


def share(yes: bool) -> None:
    """Several runs at one time: another one's control groups are no leftovers."""
    global _sharing
    _sharing = yes


def box_is_shared() -> bool:
    """See share()."""
    return _sharing


def groups_of_ours(pid: int | None = None) -> set[Path]:
    """The control groups that a process's runs have now."""
    groups = cgroup.find()
    parents = set(groups.parents.values()) if groups else set()
    own = f"{owner.PREFIX}{pid or os.getpid()}-*"
    return {directory for parent in parents for directory in parent.glob(own)}


def processes_with(mark: str) -> list[int]:
    """Every process that has the mark in its environment or its arguments, but for this one."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit() and int(entry) != os.getpid():
            for name in ("environ", "cmdline"):
                try:
                    if mark.encode() in Path("/proc", entry, name).read_bytes():
                        found.append(int(entry))
                except OSError:
                    continue
    return found


def wait_until(condition: object, seconds: float = 10.0) -> None:
    """Wait until a condition holds; fail when it does not come about."""
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.01)
