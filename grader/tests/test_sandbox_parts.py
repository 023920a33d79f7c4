"""The parts of the sandbox that need no run: control groups of both versions, paths, remedies."""

from __future__ import annotations

import dataclasses
import itertools
import os
import signal
import subprocess
import types
from pathlib import Path

import boxes
import pytest
from conftest import TINY_ANSWER

from happens_before.core.cache import Cache
from happens_before.core.pipeline import Grader, Selection
from happens_before.core.report import Status
from happens_before.core.submission import UnitFiles
from happens_before.core.unit import Unit
from happens_before.sandbox import (
    Command,
    Limits,
    SandboxError,
    bubblewrap,
    cgroup,
    disk,
    find_sandbox,
    none,
    owner,
    reaper,
    remedy,
    syscalls,
    watch,
)
from happens_before.sandbox.cgroup import Cgroups, GroupV1, GroupV2
from happens_before.sandbox.disk import Disk
from happens_before.sandbox.none import NoSandbox
from happens_before.sandbox.output import Drain
from happens_before.sandbox.reading import Reading
from happens_before.sandbox.tree import TreeGauge

LIMITS = Limits(memory_mb=64, processes=24)


def tree(root: Path, files: dict[str, str]) -> Path:
    """Make a directory with these files."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.fixture
def writable(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a fake tree no group appears with its files: take it for writable."""
    monkeypatch.setattr(cgroup, "_can_make_groups", lambda parent: True)


def v2_tree(root: Path, lent_above: str, lent: str, offered: str = "cpu memory pids") -> Path:
    return tree(
        root,
        {
            "cgroup.controllers": "cpu io memory pids",
            "cgroup.subtree_control": lent_above,
            "user/cgroup.controllers": offered,
            "user/cgroup.subtree_control": lent,
            "user/own/cgroup.controllers": offered,
            "user/own/cgroup.subtree_control": "",
            "self": "0::/user/own\n",
        },
    )


def test_v2_takes_the_nearest_group_that_lends_memory_and_pids(
    tmp_path: Path, writable: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = v2_tree(tmp_path, "cpu memory pids", "memory pids")
    monkeypatch.setattr(cgroup, "_lends", _only_reads)
    found = cgroup.find(root, root / "self")
    assert found == Cgroups(2, dict.fromkeys(("memory", "pids", "cpu"), root / "user"))


def test_v2_goes_up_past_a_group_that_lends_too_little(
    tmp_path: Path, writable: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = v2_tree(tmp_path, "memory pids", "memory")
    monkeypatch.setattr(cgroup, "_lends", _only_reads)
    found = cgroup.find(root, root / "self")
    assert found and found.parents["memory"] == root


def _only_reads(group: Path) -> bool:
    """cgroup._lends without asking for more, which a fake tree would always grant."""
    return {"memory", "pids"} <= set((group / "cgroup.subtree_control").read_text().split())


def test_v2_asks_for_controllers_where_it_may(tmp_path: Path, writable: None) -> None:
    root = v2_tree(tmp_path, "", "")
    found = cgroup.find(root, root / "self")
    assert found and found.parents["memory"] == root / "user" / "own"
    assert (root / "user/own/cgroup.subtree_control").read_text() == "+memory +pids"


def test_v2_without_the_controllers_is_no_place(tmp_path: Path, writable: None) -> None:
    root = v2_tree(tmp_path, "cpu", "cpu", offered="cpu")
    (root / "cgroup.controllers").write_text("cpu")
    assert cgroup.find(root, root / "self") is None


def test_v1_finds_each_controller_where_it_is_mounted(tmp_path: Path, writable: None) -> None:
    root = tree(
        tmp_path,
        {
            "memory/a/b/cgroup.procs": "",
            "pids/cgroup.procs": "",
            "cpuacct/cgroup.procs": "",
            "self": "4:memory:/a/b\n3:pids:/not/here\n2:cpu,cpuacct:/\n1:name=systemd:/\n",
        },
    )
    found = cgroup.find(root, root / "self")
    expected = {"memory": root / "memory/a/b", "pids": root / "pids", "cpu": root / "cpuacct"}
    assert found == Cgroups(1, expected)


def test_no_writable_group_is_no_place(tmp_path: Path) -> None:
    root = tree(tmp_path, {"memory/cgroup.procs": "", "self": "4:memory:/\n"})
    assert cgroup.find(root, root / "self") is None
    assert cgroup.find(root, root / "nothing") is None


def test_v2_sets_its_limits_and_reads_its_counters(tmp_path: Path) -> None:
    group = GroupV2(dict.fromkeys(("memory", "pids", "cpu"), tmp_path / "run"))
    group.make(LIMITS)
    group.attach(4711)
    written = {file.name: file.read_text() for file in (tmp_path / "run").iterdir()}
    assert written == {
        "memory.max": str(64 << 20),
        "memory.swap.max": "0",
        "memory.oom.group": "1",
        "pids.max": "25",
        "cgroup.procs": "4711",
    }
    counters = {
        "cpu.stat": "usage_usec 2500000\nuser_usec 2000000\n",
        "memory.current": "4096\n",
        "memory.peak": "8192\n",
        "memory.events": "low 0\noom 1\noom_kill 0\n",
        "pids.current": "3\n",
        "pids.events": "max 0\n",
    }
    tree(tmp_path / "run", counters)
    assert group.reading() == Reading(2.5, 4096, 8192, 3, False, False)
    tree(tmp_path / "run", {"memory.events": "oom_kill 1\n", "pids.events": "max 2\n"})
    assert group.reading() == Reading(2.5, 4096, 8192, 3, True, True)
    (tmp_path / "run" / "memory.peak").unlink()  # before Linux 5.19
    assert group.reading().peak == 4096


def test_v1_sets_its_limits_and_reads_its_counters(tmp_path: Path) -> None:
    group = GroupV1({kind: tmp_path / kind for kind in ("memory", "pids", "cpu")})
    group.make(LIMITS)
    assert (tmp_path / "memory/memory.limit_in_bytes").read_text() == str(64 << 20)
    assert (tmp_path / "memory/memory.oom_control").read_text() == "1"
    assert (tmp_path / "pids/pids.max").read_text() == "25"
    counters = {
        "cpu/cpuacct.usage": "1500000000\n",
        "memory/memory.oom_control": "oom_kill_disable 1\nunder_oom 0\noom_kill 0\n",
        "memory/memory.usage_in_bytes": "4096\n",
        "memory/memory.max_usage_in_bytes": "8192\n",
        "pids/pids.current": "3\n",
    }
    tree(tmp_path, counters)
    assert group.reading() == Reading(1.5, 4096, 8192, 3, False, False)
    tree(tmp_path, {"memory/memory.oom_control": "under_oom 1\n"})
    assert group.reading().out_of_memory


def test_a_limit_that_cannot_be_set_leaves_no_group(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: GroupV2, limits: Limits) -> None:
        raise PermissionError("memory.max")

    monkeypatch.setattr(GroupV2, "_limit", refuse)
    with pytest.raises(PermissionError):
        Cgroups(2, {"memory": tmp_path}).create(LIMITS)
    assert list(tmp_path.iterdir()) == []


real = cgroup.find()


@pytest.mark.skipif(real is None, reason="no writable control groups here")
def test_what_a_killed_grader_left_is_swept_and_killed() -> None:
    assert real
    sleeper = subprocess.Popen(["sleep", "60"])
    dead = subprocess.Popen(["true"])
    dead.wait()
    parent = next(iter(real.parents.values()))
    stale = parent / f"{owner.PREFIX}{dead.pid}-1-0"
    ours = real.create(LIMITS)
    try:
        stale.mkdir()
        (stale / "cgroup.procs").write_text(str(sleeper.pid))
        assert stale in real.sweep()
        assert sleeper.wait(timeout=5) == -signal.SIGKILL
        assert not stale.exists()
        assert all(directory.exists() for directory in ours.directories.values())
    finally:
        sleeper.kill()
        assert ours.remove()
    assert not any(directory.exists() for directory in ours.directories.values())


@pytest.mark.parametrize(
    ("stands_still_s", "ends_at", "stopped_by"), [(600, 100, ""), (0, 100, ""), (0, None, "wall")]
)
def test_time_in_which_the_grader_stood_still_is_not_the_runs(
    stands_still_s: float, ends_at: int | None, stopped_by: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a clock that goes on by a hundredth each time it is read, and once by much more."""
    (ended, ends), *output = os.pipe(), os.pipe(), os.pipe()
    reads = itertools.count()
    now = 0.0

    def read() -> float:
        nonlocal now
        number = next(reads)
        now += 0.01 + (stands_still_s if number == 50 else 0)
        if number == ends_at:
            os.close(ends)
        return now

    monkeypatch.setattr(watch, "time", types.SimpleNamespace(monotonic=read))
    drains = Drain(output[0][0], 100), Drain(output[1][0], 100)
    limits = dataclasses.replace(boxes.LIMITS, wall_s=5)
    nothing = Disk(1, None)
    watched = watch.Watch(limits, ended, drains, (), nothing, lambda: None, None, False, read())
    assert watched.until_end() == stopped_by
    assert now == pytest.approx(0.01 * 100 + stands_still_s if ends_at else 5, abs=0.3)
    for fd in (ended, *itertools.chain(*output), *(() if ends_at else (ends,))):
        os.close(fd)


def test_readings_fill_each_other_in() -> None:
    exact, rough = Reading(cpu_s=1.0, out_of_memory=True), Reading(2.0, 10, 20, 3)
    assert exact.or_else(rough) == Reading(1.0, 10, 20, 3, True)


PLACES = {"/program": "/home/me/p", "/unit": "/tmp/u", "/include": "/src/inc", "/scratch": "/tmp/s"}


@pytest.mark.parametrize(
    "inside, outside",
    [
        ("/program", "/home/me/p"),
        ("-I/include", "-I/src/inc"),
        ("-ffile-prefix-map=/unit/=", "-ffile-prefix-map=/tmp/u/="),
        ("log_path=/scratch/tsan:x=/program", "log_path=/tmp/s/tsan:x=/home/me/p"),
        ("/usr/include", "/usr/include"),
        ("/usr/bin/unit", "/usr/bin/unit"),
        ("/units", "/units"),
        ("/program.c", "/program.c"),
        ("a/unit", "a/unit"),
    ],
)
def test_paths_inside_are_translated_where_they_stand_alone(inside: str, outside: str) -> None:
    assert none.translate(inside, PLACES) == outside


def test_the_hosts_own_directories_are_not_measured() -> None:
    # What the first process of a run still sees while its world is being built.
    hosts = disk.Disk(64, None, ("/proc/self/root/tmp", "/proc/self/root/usr"))
    assert not hosts.over() and hosts.used_bytes() == 0


def test_a_place_with_too_many_files_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = disk.Disk(limit_mb=1, scratch=tmp_path)
    assert not place.over()
    monkeypatch.setattr(disk, "MOST_FILES", 16)
    for number in range(disk.MOST_FILES + 1):
        (tmp_path / str(number)).touch()
    assert place.over()


def test_a_directory_of_any_depth_is_removed(tmp_path: Path) -> None:
    top = tmp_path / "deep"
    top.mkdir()
    back = os.open(".", os.O_RDONLY)
    try:
        os.chdir(top)
        for _ in range(1200):
            os.mkdir("deeper")
            Path("file").touch()
            os.chdir("deeper")
    finally:
        os.chdir(back)
        os.close(back)
    disk.remove_deep(str(top))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["wall_s", "cpu_s", "memory_mb", "processes", "output_kb"])
def test_a_limit_of_nothing_is_a_mistake(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        Limits(**{name: 0})


def test_without_bubblewrap_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bubblewrap, "BWRAP", "/nonexistent/bwrap")
    with pytest.raises(SandboxError, match="make setup.*--no-sandbox"):
        find_sandbox(allow_none=False)
    assert ("isolation", "NONE") == _short(find_sandbox(allow_none=True).describe()[0])


def _short(pair: tuple[str, str]) -> tuple[str, str]:
    return pair[0], pair[1].split()[0]


def test_a_bubblewrap_that_fails_is_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "bwrap"
    broken.write_text(
        "#!/bin/sh\necho 'bwrap: setting up uid map: Permission denied' >&2; exit 1\n"
    )
    broken.chmod(0o755)
    monkeypatch.setattr(bubblewrap, "BWRAP", str(broken))
    with pytest.raises(SandboxError, match="setting up uid map: Permission denied.*--no-sandbox"):
        find_sandbox(allow_none=False)


@pytest.mark.parametrize(
    "setting, value, words",
    [
        ("APPARMOR", "1", "/etc/apparmor.d/bwrap"),
        ("CLONE", "0", "kernel.unprivileged_userns_clone=1"),
        ("MOST", "0", "user.max_user_namespaces"),
    ],
)
def test_the_remedy_fits_the_kernel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: str, value: str, words: str
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    for name in ("APPARMOR", "CLONE", "MOST"):
        monkeypatch.setattr(remedy, name, tmp_path / name)
    (tmp_path / setting).write_text(f"{value}\n")
    assert words in remedy.no_namespaces("words")


def test_the_filter_of_system_calls_is_there_and_can_allow_io_uring() -> None:
    assert syscalls.available()
    strict, loose = syscalls.filter_program(False), syscalls.filter_program(True)
    assert len(strict) % 8 == len(loose) % 8 == 0
    assert len(strict) > len(loose) > 8


def test_io_uring_is_allowed_when_asked() -> None:
    words = "import ctypes; print(ctypes.CDLL(None, use_errno=True).syscall(425, 0, None), ctypes.get_errno())"
    box = find_sandbox(allow_none=False)
    said = {
        allowed: box.run(
            Command(("/usr/bin/python3", "-c", words), Limits(), io_uring=allowed)
        ).stdout
        for allowed in (False, True)
    }
    assert said[False] == b"-1 1\n"  # EPERM: refused by the filter
    assert said[True] != said[False]


def test_directories_of_killed_graders_are_swept_and_no_others(tmp_path: Path) -> None:
    dead = subprocess.Popen(["true"])
    dead.wait()
    names = [f"{owner.PREFIX}{dead.pid}-1-x", f"{owner.prefix()}x", f"{owner.PREFIX}x", "other"]
    for name in names:
        (tmp_path / name / "inner").mkdir(parents=True)
    link = tmp_path / f"{owner.PREFIX}{dead.pid}-1-link"
    link.symlink_to(tmp_path / "other")
    assert owner.sweep_directories(tmp_path) == [tmp_path / names[0]]
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == sorted([*names[1:], link.name])
    assert (tmp_path / "other" / "inner").exists()


BURN = """
import os, sys, time
def burn():
    while sum(os.times()[:2]) < 0.2:
        pass
child = os.fork()
burn()
if child:
    gone = os.fork()
    if gone == 0:
        burn()
        os._exit(0)
    os.waitpid(gone, 0)
print("burnt", flush=True)
time.sleep(60)
"""


def test_the_tree_gauge_counts_the_living_and_the_dead() -> None:
    """Two processes that live have used 0.2 s each, and one that was waited for another 0.2 s."""
    burner = subprocess.Popen(["/usr/bin/python3", "-c", BURN], stdout=subprocess.PIPE)
    try:
        assert burner.stdout
        assert [burner.stdout.readline() for _ in range(2)] == 2 * [b"burnt\n"]
        reading = TreeGauge(burner.pid, 0, LIMITS).reading()
    finally:
        reaper.kill_below(burner.pid)
        burner.kill()
        burner.wait()
    assert reading.tasks == 2
    assert reading.cpu_s and reading.cpu_s >= 0.55  # in ticks of 0.01 s, rounded down
    assert reading.memory and 4 << 20 < reading.memory < 64 << 20


def test_without_a_sandbox_headers_keep_the_names_that_the_rules_know(
    tiny: Unit, tmp_path: Path
) -> None:
    grader = Grader(NoSandbox(None), Cache(tmp_path / "cache"))
    files = UnitFiles({"cell.c": b'#include "panic.h"\n' + TINY_ANSWER.encode()}, ())
    report = grader.grade_unit(tiny, files, Selection(), lambda _: None)
    assert report.status is Status.PASS, report.results[0]
