"""The bombs: each ends within its limit, for the right reason, and leaves nothing behind."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import boxes
import pytest
from boxes import LIMITS, bomb, run

from happens_before.core import workbook
from happens_before.sandbox import Command, Limits, Sandbox, SandboxError, find_sandbox, owner
from happens_before.sandbox.bubblewrap import Bubblewrap
from happens_before.sandbox.cgroup import Cgroups

SHORT = dataclasses.replace(LIMITS, wall_s=0.5)
LITTLE_TIME = dataclasses.replace(LIMITS, cpu_s=0.5)

# bomb, arguments, limits, what it must be stopped by
STOPPED = [
    ("fork_bomb", (), LIMITS, "processes"),
    ("thread_bomb", (), LIMITS, "processes"),
    ("zombies", (), LIMITS, "processes"),
    ("memory_bomb", (), LIMITS, "memory"),
    ("shared_memory_bomb", (), LIMITS, "memory"),
    ("output_flood", (), LIMITS, "output"),
    ("disk_flood", ("/scratch",), LIMITS, "disk"),
    ("disk_flood", ("/tmp",), LIMITS, "disk"),
    ("disk_flood", ("/dev/shm",), LIMITS, "disk"),
    ("large_file", ("/scratch/large",), LIMITS, "disk"),
    ("inode_flood", ("/scratch",), LIMITS, "disk"),
    ("inode_flood", ("/tmp",), LIMITS, "disk"),
    ("spin", (), LITTLE_TIME, "cpu"),
    ("spin_in_threads", (), LITTLE_TIME, "cpu"),
    ("sleeper", (), SHORT, "wall"),
    ("stopped", (), SHORT, "wall"),
    ("ignores_signals", (), SHORT, "wall"),
]
IDS = [f"{name}{''.join(arguments).replace('/', '-')}" for name, arguments, _, _ in STOPPED]
# Without isolation there is no private /tmp, and scratch has its host's name.
TRUSTED = [item for item in STOPPED if item[0] not in ("inode_flood",) and "/tmp" not in item[1]]
TRUSTED = [item for item in TRUSTED if "/dev/shm" not in item[1]]


# A grader that is not root runs process 1, which holds nothing of ours, as the run's own user.
ALIKE = set() if os.geteuid() == 0 else {"the memory of process 1"}


@pytest.fixture(params=boxes.boxes())
def box(request: pytest.FixtureRequest) -> Sandbox:
    return boxes.boxes()[request.param]


@pytest.fixture(params=boxes.open_boxes())
def open_box(request: pytest.FixtureRequest) -> Sandbox:
    return boxes.open_boxes()[request.param]


@pytest.mark.parametrize("name, arguments, limits, why", STOPPED, ids=IDS)
def test_a_bomb_is_stopped_for_what_it_did(
    box: Sandbox, name: str, arguments: tuple[str, ...], limits: Limits, why: str
) -> None:
    outcome = run(box, name, *arguments, limits=limits).outcome
    assert outcome.stopped_by == why
    assert outcome.wall_s < limits.wall_s + 2
    assert len(outcome.stdout) <= limits.output_kb * 1024


@pytest.mark.parametrize(
    "name, arguments, limits, why", TRUSTED, ids=lambda v: v if isinstance(v, str) else ""
)
def test_limits_hold_without_isolation_too(
    open_box: Sandbox, name: str, arguments: tuple[str, ...], limits: Limits, why: str
) -> None:
    assert run(open_box, name, *arguments, limits=limits).outcome.stopped_by == why


def test_a_flood_is_cut_and_says_so(box: Sandbox) -> None:
    outcome = run(box, "output_flood").outcome
    assert outcome.stdout_cut and outcome.stderr_cut
    assert outcome.stdout.startswith(b"not a result\n" * 100)


def test_little_output_is_kept_whole(box: Sandbox) -> None:
    outcome = run(box, "daemon").outcome
    assert outcome.stdout == b"left four behind\n"
    assert not outcome.stdout_cut and not outcome.stderr_cut


def test_daemons_do_not_outlive_their_run(box: Sandbox) -> None:
    outcome = run(box, "daemon").outcome
    assert (outcome.exit_code, outcome.stopped_by) == (0, "")


def test_daemons_do_not_outlive_a_run_without_isolation(open_box: Sandbox) -> None:
    outcome = run(open_box, "daemon").outcome
    assert (outcome.exit_code, outcome.stopped_by) == (0, "")


def test_a_crash_is_told_with_its_signal(box: Sandbox) -> None:
    outcome = run(box, "recursion").outcome
    assert (outcome.signal, outcome.stopped_by) == (signal.SIGSEGV, "")
    assert outcome.exit_code == 128 + signal.SIGSEGV


def test_signals_reach_nobody_else(box: Sandbox) -> None:
    outcome = run(box, "kill_all").outcome
    assert outcome.stdout == b"the child died of signal 9\n"
    assert (outcome.exit_code, outcome.stopped_by) == (0, "")


def test_a_program_can_delete_only_what_is_its_own(box: Sandbox) -> None:
    ran = run(box, "delete_directory")
    assert (ran.outcome.exit_code, ran.outcome.stdout, ran.left) == (0, b"", [])
    assert bomb("delete_directory").exists()


def test_secrets_are_out_of_sight(box: Sandbox) -> None:
    secrets = ["/etc/shadow", "/etc/passwd", "/root", "/home", "/var", "/sys", str(workbook.ROOT)]
    secrets += [str(Path(__file__)), str(Path.home())]
    if os.geteuid() == 0:  # else process 1 is the same user, and holds nothing of ours
        secrets += ["/proc/1/environ", "/proc/1/mem"]
    outcome = run(box, "reads_secrets", *secrets).outcome
    assert (outcome.exit_code, outcome.stdout) == (0, b"")


def test_the_program_itself_can_be_read() -> None:
    """The control of the test above: the bomb does say what it can read."""
    outcome = run(find_sandbox(False), "reads_secrets", "/program", "/usr/bin/true").outcome
    assert outcome.stdout == b"read /program\nread /usr/bin/true\n"


@pytest.mark.parametrize("name", ["writes_read_only", "connects", "traces"])
def test_ways_out_are_closed(box: Sandbox, name: str) -> None:
    outcome = run(box, name).outcome
    found = set(outcome.stdout.decode().splitlines()) - ALIKE
    assert (outcome.exit_code, found, outcome.stopped_by) == (0, set(), ""), outcome.stderr


def test_the_ways_out_are_open_without_isolation() -> None:
    """The control of the test above: the bomb does find ways that are open."""
    assert b"ptrace\n" in run(boxes.open_boxes()["none"], "traces").outcome.stdout


def test_what_is_left_in_scratch_is_harmless(box: Sandbox) -> None:
    ran = run(box, "nested")
    assert (ran.outcome.exit_code, ran.outcome.stdout) == (0, b"nested\n")
    assert ran.left == ["closed", "deep", "kept"]


def test_five_bombs_at_once_change_nothing_for_an_honest_program(box: Sandbox) -> None:
    alone = run(box, "honest").outcome
    assert (alone.exit_code, alone.stopped_by) == (7, "")
    bombs = ("fork_bomb", "thread_bomb", "memory_bomb", "output_flood", "spin")
    limits = dataclasses.replace(LIMITS, cpu_s=1)
    boxes.share(True)
    try:
        with ThreadPoolExecutor(len(bombs) + 1) as pool:
            running = [pool.submit(run, box, name, limits=limits) for name in bombs]
            honest = pool.submit(run, box, "honest").result().outcome
            ended = [future.result().outcome.stopped_by for future in running]
    finally:
        boxes.share(False)
    same = ("exit_code", "signal", "stopped_by", "stdout", "stderr")
    assert [getattr(honest, key) for key in same] == [getattr(alone, key) for key in same]
    assert ended == ["processes", "processes", "memory", "output", "cpu"]
    assert boxes.groups_of_ours() == set()


def test_processor_time_is_that_of_all_threads(box: Sandbox) -> None:
    limits = dataclasses.replace(LIMITS, cpu_s=0.6)
    outcome = run(box, "spin_in_threads", limits=limits).outcome
    assert 0.6 <= outcome.cpu_s < 2
    assert outcome.signal == signal.SIGKILL  # by us, before a process reached its own limit


def test_cancel_ends_a_run_at_once(box: Sandbox) -> None:
    cancel = threading.Event()
    timer = threading.Timer(0.3, cancel.set)
    timer.start()
    outcome = run(box, "ignores_signals", cancel=cancel).outcome
    timer.join()
    assert outcome.stopped_by == "cancelled"
    assert outcome.wall_s < 3


def test_a_run_that_is_cancelled_beforehand_ends_at_once(box: Sandbox) -> None:
    cancel = threading.Event()
    cancel.set()
    assert run(box, "sleeper", cancel=cancel).outcome.stopped_by == "cancelled"


def test_a_world_that_cannot_be_built_is_the_sandbox_s_fault(box: Sandbox) -> None:
    missing = Command(("/program",), LIMITS, read_only=((Path("/nonexistent"), "/program"),))
    with pytest.raises(SandboxError, match="/nonexistent"):
        box.run(missing)


def test_control_groups_that_vanish_are_the_sandbox_s_fault(tmp_path: Path) -> None:
    gone = Cgroups(1, {"memory": tmp_path / "gone"})
    with pytest.raises(SandboxError, match="control group"):
        Bubblewrap(gone, os.geteuid() == 0).run(Command(("/usr/bin/true",), LIMITS))


def test_file_descriptors_reach_the_program_under_their_numbers(box: Sandbox) -> None:
    ours, theirs = os.pipe()
    try:
        shell = Command(
            ("/usr/bin/python3", "-c", f"import os; os.write({theirs}, b'through\\n')"),
            LIMITS,
            pass_fds=(theirs,),
        )
        assert box.run(shell).exit_code == 0
        os.close(theirs)
        assert os.read(ours, 100) == b"through\n"
        assert os.read(ours, 100) == b""
    finally:
        os.close(ours)


def test_addresses_are_fixed_when_asked(box: Sandbox) -> None:
    shell = Command(("/bin/sh", "-c", "cat /proc/self/personality"), LIMITS, personality=True)
    assert int(box.run(shell).stdout, 16) & 0x0040000


GRADER = """
import sys
from pathlib import Path
from happens_before.sandbox.bubblewrap import Bubblewrap
from happens_before.sandbox.cgroup import Cgroups
from happens_before.sandbox import Command, Limits, find_sandbox
from happens_before.sandbox.bubblewrap import Bubblewrap
from happens_before.sandbox.none import NoSandbox
box = find_sandbox(allow_none=sys.argv[3] == "none")
command = Command(("/program",), Limits(wall_s=60), ((Path(sys.argv[1]), "/program"),),
                  environment={"HB_TEST_MARK": sys.argv[2]})
box.run(command)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("kind", ["sandbox", "none"])
def test_a_grader_that_is_killed_leaves_nothing(kind: str, number: signal.Signals) -> None:
    mark = f"mark-{os.urandom(8).hex()}"
    grader = subprocess.Popen(
        [sys.executable, "-c", GRADER, bomb("ignores_signals"), mark, kind],
        env={**os.environ, "PYTHONPATH": str(Path(boxes.__file__).parents[1])},
        stderr=subprocess.DEVNULL,
    )
    try:
        inside = lambda: [p for p in boxes.processes_with(mark) if p != grader.pid]  # noqa: E731
        boxes.wait_until(lambda: any(_is_program(pid) for pid in inside()))
        grader.send_signal(number)
        grader.wait(timeout=10)
        boxes.wait_until(lambda: not boxes.processes_with(mark))
    finally:
        grader.kill()
        grader.wait()
    find_sandbox(allow_none=False)  # sweeps
    assert boxes.groups_of_ours(grader.pid) == set()
    kept = Path(tempfile.gettempdir()).glob(f"{owner.PREFIX}{grader.pid}-*")
    assert list(kept) == []


def test_each_process_has_its_limits_from_the_kernel_too(box: Sandbox) -> None:
    shell = Command(("/bin/sh", "-c", "ulimit -c; ulimit -t; ulimit -f; ulimit -v"), LIMITS)
    blocks = (LIMITS.disk_mb << 20) // 512
    said = f"0\n{int(LIMITS.cpu_s) + 2}\n{blocks}\nunlimited\n"
    assert box.run(shell).stdout.decode() == said


def test_a_program_can_open_its_own_output(box: Sandbox) -> None:
    shell = Command(("/bin/sh", "-c", "echo one >/dev/stdout; echo two >/dev/stderr"), LIMITS)
    outcome = box.run(shell)
    assert (outcome.stdout, outcome.stderr) == (b"one\n", b"two\n")


FEW = "secrets or ways_out or fork_bomb or memory_bomb or spin_in or flood or daemons or killed"


@pytest.mark.skipif(os.geteuid() != 0, reason="all of these tests run so")
def test_all_of_this_holds_for_a_grader_that_is_not_root() -> None:
    here = Path(__file__)
    nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    if subprocess.run([*nobody, "test", "-r", here]).returncode != 0:
        pytest.skip(f"{here} cannot be read by others")
    pytest_few = [sys.executable, "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", FEW]
    done = subprocess.run([*nobody, *pytest_few, here], cwd="/tmp", capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-4000:]


def _is_program(pid: int) -> bool:
    try:
        return "program" in os.readlink(f"/proc/{pid}/exe") or "ignores" in os.readlink(
            f"/proc/{pid}/exe"
        )
    except OSError:
        return False
