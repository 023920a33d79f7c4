"""`make setup` and `make doctor`: what they say when all is well, and when something is missing."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from happens_before.learn import doctor, packages, selfcheck
from happens_before.sandbox import Limits, SandboxError, find_sandbox

GRADER = Path(__file__).resolve().parents[1]
SETUP = GRADER / "setup.sh"
EVERY = [package.name for package in packages.packages()]


def test_all_is_well_here(capsys: pytest.CaptureFixture[str]) -> None:
    status = doctor.main([])
    said = capsys.readouterr().out
    assert (status, said.splitlines()[-1]) == (0, "All is well.")
    for tool in ("ThreadSanitizer", "Helgrind", "Criterion"):
        assert f"ok       {tool}: " in said


def test_it_is_plain_and_fits_80_columns(capsys: pytest.CaptureFixture[str]) -> None:
    doctor.main([])
    said = capsys.readouterr().out
    assert said.isascii() and "\x1b" not in said
    assert [line for line in said.splitlines() if len(line) > 80] == []


def test_json_says_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    assert doctor.main(["--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["ok"] is True
    titles = [section["title"] for section in told["sections"]]
    assert titles[0] == "System" and titles[-1] == "Self-checks"


def test_a_wrong_argument_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert doctor.main(["--jsn"]) == 2
    assert "--jsn" in capsys.readouterr().err


def test_it_works_on_a_bare_python() -> None:
    """Without site packages, as before `make setup`: the modules are missing, and it says so."""
    words = f"import sys; sys.path.insert(0, {str(GRADER)!r}); "
    words += "from happens_before.learn.doctor import main; sys.exit(main([]))"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", words], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (1, "")
    assert "missing  python3-click: " in done.stdout
    assert "`make setup` installs it." in done.stdout
    assert "none (python3-seccomp is missing)" in done.stdout


def test_a_missing_tool_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "PATH", "/nonexistent")
    found = {f.what: f for f in doctor._tools("everybody", "missing")}
    assert found["valgrind"].state == found["libclang-rt-dev"].state == "missing"
    assert "make setup" in found["valgrind"].to_do
    assert {f.state for f in doctor._tools("maintainers", "lacking")} == {"lacking", "ok"}


@pytest.fixture
def planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the planted faults that a test may change."""
    for source in selfcheck.SOURCES.glob("*.c"):
        (tmp_path / source.name).write_text(source.read_text())
    monkeypatch.setattr(selfcheck, "SOURCES", tmp_path)
    return tmp_path


def checked() -> dict[str, selfcheck.Checked]:
    return {item.tool: item for item in selfcheck.check_all(find_sandbox(False))}


def test_a_detector_that_finds_nothing_does_not_pass(planted: Path) -> None:
    source = (planted / "race.c").read_text()
    silent = source.replace("counter++;", "__atomic_fetch_add(&counter, 1, __ATOMIC_RELAXED);")
    (planted / "race.c").write_text(silent)
    told = checked()
    assert not told["ThreadSanitizer"].works and "does not find" in told["ThreadSanitizer"].text


def test_a_detector_that_finds_another_line_does_not_pass(planted: Path) -> None:
    source = (planted / "race.c").read_text()
    moved = source.replace(selfcheck.MARK, "").replace("int main", f"{selfcheck.MARK}\nint main")
    (planted / "race.c").write_text(moved)
    told = checked()
    assert not told["ThreadSanitizer"].works and not told["Helgrind"].works
    assert "not its line" in told["Helgrind"].text


def test_a_test_that_fails_does_not_pass(planted: Path) -> None:
    (planted / "runs.c").write_text((planted / "runs.c").read_text().replace("42", "43"))
    assert not checked()["Criterion"].works


def test_criterion_with_an_arena_that_tsan_refuses_does_not_pass(planted: Path) -> None:
    # 0x300000000000 is ThreadSanitizer's own; libc's rand_r would hit on a good place now and then.
    text = "int rand_r(unsigned *seed) { (void)seed; return 0x100000; }\n"
    (planted / "arena.c").write_text(text)
    assert not checked()["Criterion"].works


def test_a_self_check_that_does_not_compile_says_why(planted: Path) -> None:
    (planted / "race.c").write_text(f"int main(void) {{ return x; }} {selfcheck.MARK}\n")
    told = checked()
    assert not told["Helgrind"].works and "cannot build race.c" in told["Helgrind"].text


def test_a_self_check_that_hangs_is_stopped(planted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selfcheck, "LIMITS", Limits(wall_s=0.5, memory_mb=512))
    (planted / "runs.c").write_text("int main(void) { for (;;) ; }\n")
    assert "wall" in checked()["Criterion"].text


def test_without_a_sandbox_it_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def nothing(allow_none: bool) -> object:
        if allow_none:
            return find_sandbox(True)
        raise SandboxError("no sandbox: the kernel says no. Ask it again.")

    monkeypatch.setattr(doctor, "find_sandbox", nothing)
    assert doctor.main([]) == 1
    said = capsys.readouterr().out
    assert "broken   isolation: no sandbox is possible here" in said
    # Where /tmp is closed to other users, Criterion is not well either: see the next test.
    assert "Ask it again." in said and said.splitlines()[-1].startswith("Not well: isolation")


@pytest.mark.skipif(os.geteuid() != 0, reason="others run as themselves")
@pytest.mark.parametrize("mode, told", [(0o755, 1), (0o1777, 0)])
def test_a_tmp_that_other_users_cannot_write_is_told(mode: int, told: int, tmp_path: Path) -> None:
    tmp_path.chmod(mode)
    found = list(doctor._shared_place(tmp_path))
    assert len(found) == told and all("mode 0755: only its owner" in one.text for one in found)
    assert all(f"`chmod 1777 {tmp_path}`" in one.to_do for one in found)


def test_a_cache_that_cannot_be_written_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(doctor.workbook, "CACHE", tmp_path / "file" / "cache")
    found = {f.what: f for f in doctor._places()}
    assert found["cache"].state == "broken" and "HAPPENS_BEFORE_CACHE" in found["cache"].to_do


def test_a_malformed_list_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "list").write_text("# head\ngcc | somebody | command gcc | compiles\n")
    with pytest.raises(ValueError, match="list:2"):
        packages.packages(tmp_path / "list")


STUBS = {
    "dpkg-query": """for last; do :; done
case $last in
    *'\\n') for p in $(cat "$STUBS/installed"); do echo "$p installed"; done ;;
    *) grep -qx "$last" "$STUBS/installed" && printf installed ;;
esac""",
    "apt-cache": """case $1 in
    policy) grep -qx "$2" "$STUBS/offered" && printf '%s:\\n  Candidate: 1.0\\n' "$2" ;;
    depends) printf 'clang\\n  Depends: clang-18\\n' ;;
esac
true""",
    "apt-get": """echo "$*" >> "$STUBS/log"
[ "$1" = install ] || exit 0
for p; do case $p in install|--*) ;; *)
    grep -qx "$p" "$STUBS/offered" || exit 100
    echo "$p" >> "$STUBS/installed" ;;
esac; done""",
    "sudo": """echo "sudo $*" >> "$STUBS/log"
exec "$@\"""",
}


@pytest.fixture
def apt(tmp_path: Path) -> Path:
    """A machine whose apt is ours: the files `installed` and `offered` say what it has."""
    for name, script in STUBS.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)
    (tmp_path / "installed").write_text("\n".join(EVERY) + "\n")
    (tmp_path / "offered").write_text("\n".join(EVERY) + "\n")
    (tmp_path / "log").touch()
    return tmp_path


def setup(apt: Path) -> subprocess.CompletedProcess[str]:
    env = {"PATH": f"{apt}:/usr/bin:/bin", "STUBS": str(apt)}
    return subprocess.run([SETUP], env=env, capture_output=True, text=True, check=False)


def lacks(apt: Path, which: str, *names: str) -> None:
    (apt / which).write_text("\n".join(name for name in EVERY if name not in names) + "\n")


def installs(apt: Path) -> list[str]:
    log = (apt / "log").read_text().splitlines()
    return [line for line in log if line.startswith("install")]


def test_setup_does_nothing_the_second_time(apt: Path) -> None:
    done = setup(apt)
    assert (done.returncode, done.stdout) == (0, "setup: all is installed.\n")
    assert (apt / "log").read_text() == ""


def test_setup_installs_what_is_missing_and_says_what_for(apt: Path) -> None:
    lacks(apt, "installed", "valgrind", "python3-rich")
    done = setup(apt)
    assert done.returncode == 0
    assert "valgrind             Helgrind and Memcheck\n" in done.stdout
    options = "--yes --quiet --no-install-recommends"
    assert installs(apt) == [f"install {options} valgrind python3-rich"]
    assert setup(apt).stdout == "setup: all is installed.\n"


def test_setup_names_the_package_that_it_cannot_get(apt: Path) -> None:
    lacks(apt, "installed", "valgrind", "bubblewrap")
    lacks(apt, "offered", "bubblewrap")
    done = setup(apt)
    assert done.returncode == 1
    assert "apt knows no package named: bubblewrap." in done.stderr
    assert "update --quiet" in (apt / "log").read_text()


def test_setup_takes_clangs_version_where_the_runtime_s_name_carries_it(apt: Path) -> None:
    lacks(apt, "installed", "libclang-rt-dev")
    lacks(apt, "offered", "libclang-rt-dev")
    with (apt / "offered").open("a") as offered:
        offered.write("libclang-rt-18-dev\n")
    done = setup(apt)
    assert done.returncode == 0
    assert "libclang-rt-18-dev   ThreadSanitizer's runtime" in done.stdout
    assert setup(apt).stdout == "setup: all is installed.\n"


def test_setup_without_apt_says_what_to_install(tmp_path: Path) -> None:
    for name in ("bash", "dirname", "env"):
        (tmp_path / name).symlink_to(f"/usr/bin/{name}")
    done = subprocess.run(
        [SETUP], env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "not a Debian or Ubuntu system" in done.stderr


def test_setup_uses_sudo_when_not_root(apt: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("apt's lists may be missing: this test gives up root itself")
    apt.chmod(0o777)
    lacks(apt, "installed", "valgrind")
    for file in ("installed", "log", "offered"):
        (apt / file).chmod(0o666)
    for part in apt.parents:
        if part.stat().st_uid == 0 and part != Path("/") and part != Path("/tmp"):
            part.chmod(0o755)
    script = apt / SETUP.name  # a copy: the workbook may stand where nobody else can read
    for file in (SETUP, SETUP.parent / "packages.txt"):
        shutil.copy(file, apt)
    nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    env = {"PATH": f"{apt}:/usr/bin:/bin", "STUBS": str(apt)}
    done = subprocess.run([*nobody, script], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "sudo env DEBIAN_FRONTEND=noninteractive apt-get install" in (apt / "log").read_text()
