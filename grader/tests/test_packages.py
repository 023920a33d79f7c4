"""The packages, unpacked where each platform unpacks them, and run as each platform runs them."""

from __future__ import annotations

import io
import json
import os
import subprocess
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from happens_before.core import workbook
from happens_before.core.unit import load
from happens_before.core.packing import Member, tar_of, zip_of
from happens_before.teach.packages.build import PLATFORMS
from platforms import package, run, submission, unpack
from test_formats import valid

UNIT = "04-mutex"
BROKEN = "int x = ;\n"
WRONG = (workbook.ROOT / "grader" / "demo" / "mutex.c").read_text()
# source, points of 100, whether all passes
HANDINS = {"correct": (None, 100.0), "wrong": (WRONG, 91.5), "broken": (BROKEN, 0.0)}
RUNS = [
    "broken",
    *(pytest.param(name, marks=pytest.mark.long) for name in ("correct", "wrong")),
]
CACHE = {workbook.CACHE_VARIABLE: "/cache"}


def names(archive: bytes) -> list[str]:
    return zipfile.ZipFile(io.BytesIO(archive)).namelist()


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache that a container can be given: no link leads out of it."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """Each package, unpacked."""
    return {name: unpack(package(name, UNIT), tmp_path_factory.mktemp(name)) for name in PLATFORMS}


# --- what is in them ------------------------------------------------------------------------------


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_package_is_the_same_whenever_it_is_made(platform: str) -> None:
    assert package(platform, UNIT) == package(platform, UNIT)


def test_archives_do_not_hang_on_order_clock_or_owner() -> None:
    members = [Member("b", b"2"), Member("a/x", b"1", executable=True)]
    for pack in (zip_of, tar_of):
        assert pack(members) == pack(members[::-1])
    (first, second) = tarfile.open(fileobj=io.BytesIO(tar_of(members))).getmembers()
    assert (first.name, first.mode, first.mtime, first.uid) == ("a/x", 0o755, 0, 0)
    info = zipfile.ZipFile(io.BytesIO(zip_of(members))).infolist()[0]
    assert info.external_attr >> 16 & 0o777 == 0o755 and info.date_time[0] == 1980


def test_instructors_packages_hold_answers_and_hidden_tests_but_no_tests_of_ours() -> None:
    held = names(package("gradescope", UNIT))
    assert {"setup.sh", "run_autograder"} <= set(held)
    assert "workbook/solutions/lessons/04-mutex/hidden_tests.c" in held
    assert "workbook/solutions/lessons/04-mutex/mutex.c" in held
    assert not [name for name in held if "/tests/" in name or "/mutants/" in name or ".git" in name]


def test_a_public_package_holds_no_answer_but_what_a_unit_builds_on() -> None:
    held = names(package("classroom50", UNIT))
    assert not [name for name in held if "solutions/" in name]
    later = names(package("classroom50", "11-executor"))
    assert [name for name in later if "solutions/" in name]
    assert not [name for name in later if "solutions/lessons/11-executor" in name]
    executor = load(workbook.find_unit("11-executor"))
    assert PLATFORMS["classroom50"].answers([executor]) == [u.path for u in executor.foundations]


def test_a_package_asks_only_for_what_grading_needs(unpacked: Mapping[str, Path]) -> None:
    text = (unpacked["gradescope"] / "workbook/grader/packages.txt").read_text()
    assert "valgrind" in text and "| maintainers" not in text.split("# package", 1)[1]


# --- Gradescope -----------------------------------------------------------------------------------


def gradescope(
    source: Path, work: Path, cache: Path, *, namespaces: bool = True
) -> tuple[subprocess.CompletedProcess[str], Path]:
    """Run run_autograder on what stands in work/submission; also the results file."""
    (work / "results").mkdir(exist_ok=True)
    (work / "source").mkdir(exist_ok=True)
    binds = {"/autograder": work, "/autograder/source": source, "/cache": cache}
    done = run(
        ["/usr/bin/bash", "/autograder/source/run_autograder"],
        binds,
        directory="/autograder",
        namespaces=namespaces,
        environment=CACHE,
    )
    return done, work / "results" / "results.json"


@pytest.mark.parametrize("name", RUNS)
def test_gradescope_grades(
    name: str, unpacked: Mapping[str, Path], kept: Path, tmp_path: Path
) -> None:
    source, points = HANDINS[name]
    submission(tmp_path / "submission", source)
    done, results = gradescope(unpacked["gradescope"], tmp_path, kept)
    assert done.returncode == 0, done.stdout + done.stderr
    data = valid(results.read_text(), "gradescope")
    assert data["score"] == points
    assert sum(test.get("max_score", 0) for test in data["tests"]) == 100


@pytest.mark.parametrize("name", RUNS)
def test_where_no_namespace_is_allowed_the_container_is_the_wall(
    name: str, unpacked: Mapping[str, Path], tmp_path: Path
) -> None:
    source, points = HANDINS[name]
    submission(tmp_path / "submission", source)
    (tmp_path / "cache").mkdir()
    unpacked["gradescope"].chmod(0o755)
    done, results = gradescope(
        unpacked["gradescope"], tmp_path, tmp_path / "cache", namespaces=False
    )
    if os.geteuid() != 0:  # one user for all: the grader's files could not be kept from the run
        assert done.returncode == 3 and not results.exists()
        return
    assert "the container itself is the wall" in done.stderr
    assert json.loads(results.read_text())["score"] == points
    assert unpacked["gradescope"].stat().st_mode & 0o077 == 0


def test_gradescope_gets_no_results_when_grading_takes_too_long(
    unpacked: Mapping[str, Path], tmp_path: Path
) -> None:
    submission(tmp_path / "submission", None)
    for name in ("results", "source", "cache"):
        (tmp_path / name).mkdir()
    (tmp_path / "results" / "results.json").write_text('{"score": 100}')
    done = run(
        ["/usr/bin/bash", "/autograder/source/run_autograder"],
        {"/autograder": tmp_path, "/autograder/source": unpacked["gradescope"]},
        environment={"TIMEOUT_SECONDS": "2", workbook.CACHE_VARIABLE: "/autograder/cache"},
    )
    assert done.returncode == 3 and not (tmp_path / "results" / "results.json").exists()
    assert "longer than the platform's 2 seconds" in done.stderr
    assert "No score is given" in done.stdout


def test_gradescope_gets_no_results_when_the_grader_is_broken(tmp_path: Path) -> None:
    source = unpack(package("gradescope", UNIT), tmp_path / "package")
    (source / "workbook/grader/happens_before/core/pipeline.py").write_text("raise OSError('!')\n")
    submission(tmp_path / "submission", None)
    (tmp_path / "cache").mkdir()
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "results.json").write_text('{"score": 100}')
    done, results = gradescope(source, tmp_path, tmp_path / "cache")
    assert done.returncode not in (0, 1) and not results.exists()


@pytest.mark.long
def test_gradescope_builds_an_image_only_if_it_grades_the_reference(
    tmp_path: Path, kept: Path
) -> None:
    source = unpack(package("gradescope", UNIT), tmp_path / "package")
    answer = source / "workbook/solutions/lessons/04-mutex/mutex.c"
    (tmp_path / "source").mkdir()
    binds = {"/autograder": tmp_path, "/autograder/source": source, "/cache": kept}
    command = ["/usr/bin/bash", "/autograder/source/setup.sh"]
    done = run(command, binds, environment=CACHE)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the reference answer gets full marks" in done.stdout
    answer.write_text(WRONG)
    done = run(command, binds, environment=CACHE)
    assert done.returncode == 1 and "does not get full marks" in done.stderr


# --- Autolab --------------------------------------------------------------------------------------


def autolab(files: Path, work: Path, cache: Path) -> list[str]:
    """What Autolab reads, line by line, of `make` in a directory as Autolab lays it out."""
    (work / "Makefile").write_bytes((files / "autograde-Makefile").read_bytes())
    (work / "autograde.tar").write_bytes((files / "autograde.tar").read_bytes())
    binds = {"/home/autograde": work, "/cache": cache}
    done = run(["/usr/bin/make"], binds, directory="/home/autograde", environment=CACHE)
    assert done.returncode == 0, done.stderr
    return done.stdout.rstrip().splitlines()


@pytest.mark.parametrize("name", RUNS)
def test_autolab_grades(
    name: str, unpacked: Mapping[str, Path], kept: Path, tmp_path: Path
) -> None:
    source, points = HANDINS[name]
    submission(tmp_path, source)
    lines = autolab(unpacked["autolab"], tmp_path, kept)
    valid(f"[{','.join(lines[-2:])}]", "autolab")
    assert json.loads(lines[-1]) == {"scores": {UNIT: points}}


def test_autolab_takes_an_archive(unpacked: Mapping[str, Path], kept: Path, tmp_path: Path) -> None:
    member = Member("lessons/04-mutex/mutex.c", BROKEN.encode())
    (tmp_path / "handin.tar").write_bytes(tar_of([member]))
    lines = autolab(unpacked["autolab"], tmp_path, kept)
    assert json.loads(lines[-1]) == {"scores": {UNIT: 0.0}} and "int x" in "\n".join(lines)


def test_autolab_gets_null_when_there_is_no_verdict(
    unpacked: Mapping[str, Path], kept: Path, tmp_path: Path
) -> None:
    (tmp_path / "handin.tar").write_bytes(b"no archive")
    lines = autolab(unpacked["autolab"], tmp_path, kept)
    assert json.loads(lines[-1]) == {"scores": {UNIT: None}} and "Not graded" in lines[0]


# --- Exercism -------------------------------------------------------------------------------------


def exercism(root: Path, work: Path, cache: Path, slug: str = UNIT) -> Any:
    """results.json of a run on work/input."""
    (work / "output").mkdir()
    binds = {"/opt/test-runner": root, "/work": work, "/cache": cache}
    if not (link := root / "workbook" / ".cache").is_symlink():
        link.symlink_to("/cache")
    command = ["/usr/bin/bash", "/opt/test-runner/bin/run.sh", slug, "/work/input/"]
    done = run([*command, "/work/output/"], binds)
    assert done.returncode == 0, done.stderr
    return valid((work / "output" / "results.json").read_text(), "exercism")


@pytest.mark.parametrize("name", RUNS)
def test_exercism_grades(
    name: str, unpacked: Mapping[str, Path], kept: Path, tmp_path: Path
) -> None:
    submission(tmp_path / "input", HANDINS[name][0])
    data = exercism(unpacked["exercism"], tmp_path, kept)
    assert data["status"] == {"correct": "pass", "wrong": "fail", "broken": "error"}[name]
    if name == "broken":
        assert "int x = ;" in data["message"]


def test_exercism_says_error_for_a_slug_that_is_no_unit(
    unpacked: Mapping[str, Path], kept: Path, tmp_path: Path
) -> None:
    submission(tmp_path / "input", None)
    data = exercism(unpacked["exercism"], tmp_path, kept, slug="two-fer")
    assert data["status"] == "error" and "there is no unit 'two-fer'" in data["message"]


# --- Classroom 50 ---------------------------------------------------------------------------------

RUNNERS = {
    "CLASSROOM": "cs",
    "ASSIGNMENT": "mutex",
    "USERNAME": "alice",
    "SUBMISSION_TAG": "submit/2026-06-01T14-32-05Z-a1b2c3d",
    "COMMIT_URL": "https://example.org/commit/a1",
    "RELEASE_URL": "https://example.org/releases/a1",
}


def checkout(place: Path, source: str | None) -> Path:
    """A student's repository with one commit, made at a known time."""
    submission(place, source)
    environment = dict(os.environ, GIT_COMMITTER_DATE="2026-06-01T16:32:01+02:00")
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", "-C", str(place)]
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "work"]):
        subprocess.run([*git, *arguments], check=True, env=environment)
    return place


def classroom50(
    bundle: Path, work: Path, cache: Path, **environment: str
) -> subprocess.CompletedProcess[str]:
    binds = {"/bundle": bundle, "/checkout": work, "/cache": cache}
    command = ["/usr/bin/python3", "/bundle/autograder/autograder.py"]
    return run(command, binds, directory="/checkout", environment=RUNNERS | CACHE | environment)


@pytest.mark.parametrize("name", RUNS)
def test_classroom50_grades_what_students_can_check_themselves(
    name: str, unpacked: Mapping[str, Path], kept: Path, tmp_path: Path
) -> None:
    work = checkout(tmp_path, HANDINS[name][0])
    done = classroom50(unpacked["classroom50"], work, kept)
    assert done.returncode == 0, done.stdout + done.stderr
    data = valid((work / "result.json").read_text(), "classroom50")
    assert data["datetime"] == "2026-06-01T14:32:01Z" and data["owner"] == "alice"
    assert not [test for test in data["tests"] if "hidden" in test["test-name"]]
    share = data["score"] / data["max-score"]
    assert {"correct": share == 1, "wrong": 0.8 < share < 1, "broken": share == 0}[name]


def test_classroom50_hears_of_an_error_and_gets_no_result_without_a_verdict(
    unpacked: Mapping[str, Path], kept: Path, tmp_path: Path
) -> None:
    work = checkout(tmp_path, BROKEN)
    (work / "result.json").write_text('{"score": 100}')
    done = classroom50(unpacked["classroom50"], work, kept, COMMIT_URL="")
    assert done.returncode == 2 and not (work / "result.json").exists()
    assert "COMMIT_URL" in done.stderr


def test_the_workflow_is_yaml_whose_steps_are_sound_shell(
    unpacked: Mapping[str, Path], tmp_path: Path
) -> None:
    file = unpacked["classroom50"] / ".github" / "workflows" / "happens-before.yaml"
    data = yaml.safe_load(file.read_text())
    assert set(data[True]["workflow_call"]["inputs"]) == {"classroom", "assignment"}
    job = data["jobs"]["grade"]
    assert job["runs-on"] == "ubuntu-24.04" and job["timeout-minutes"] == 15
    script = "#!/bin/bash -e\n" + "\n".join(step["run"] for step in job["steps"] if "run" in step)
    (tmp_path / "steps.sh").write_text(script)
    subprocess.run(["shellcheck", str(tmp_path / "steps.sh")], check=True)
    runtime = json.loads((unpacked["classroom50"] / "runtime.json").read_text())
    assert "valgrind" in runtime["apt"] and runtime["runs-on"] == "ubuntu-24.04"
