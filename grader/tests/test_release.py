"""The students' edition: what is in it, what is not, and that a student can work with it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from happens_before.core import foundation, tree, workbook
from happens_before.core import unit as units
from happens_before.core.errors import GraderFault, InputError
from happens_before.core.pipeline import Grader, Selection
from happens_before.core.report import Status
from happens_before.core.submission import files_of, open_submission
from happens_before.core.toolchain import INSTRUMENTED
from happens_before.learn import attempts
from happens_before.teach.release import choose, leaks, make, pack, pages
from happens_before.teach.release.edition import Edition, File

NAMES = [f"{place.parent.name}/{place.name}" for place in workbook.unit_directories()]
# What an edition's pages, programs and lists must not send a student to.
NOT_THERE = re.compile(
    r"solutions/|CONTRIBUTING|make (solution|test|lint|format|table|compiled|bench-\w+)\b|grade (maintain|teach)"
)


@pytest.fixture(scope="session")
def released() -> make.Released:
    return make.compose(workbook.ROOT, (), "object")


@pytest.fixture(scope="session")
def place(released: make.Released, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The edition of all units, on the disk."""
    folder = tmp_path_factory.mktemp("release") / "students"
    pack.write(released.edition, folder, {})
    return folder


def copy_of_the_workbook(to: Path) -> Path:
    """What git tracks, outside of git."""
    for name in tree.names(workbook.ROOT, tracked=True):
        (to / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(workbook.ROOT / name, to / name)
    return to


def run(place: Path, kept: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """A command in the edition, with a cache of ours."""
    environment = {**os.environ, workbook.CACHE_VARIABLE: str(kept)}
    return subprocess.run(
        command, cwd=place, env=environment, capture_output=True, text=True, check=False
    )


def test_what_is_left_out_is_there_to_be_left_out() -> None:
    every = tree.names(workbook.ROOT)
    for part in (*choose.LEFT_OUT, *choose.KEPT):
        assert any(name == part or name.startswith(part) for name in every), part


def test_no_file_of_the_instructors_is_in_it(released: make.Released) -> None:
    names = set(released.edition.files)
    assert not [n for n in names if n.startswith(choose.LEFT_OUT) and not n.startswith(choose.KEPT)]
    assert not [n for n in names if re.search(r"hidden|mutants|alternates|NOTES", n)]
    assert {"Makefile", "README.md", "grader/grade", "grader/demo/mutex.c", "LICENSE"} <= names
    assert released.edition.files["grader/grade"].runs


def test_every_link_leads_to_a_file(place: Path) -> None:
    links = 0
    for page in place.rglob("*.md"):
        text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.M | re.S)
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page}: {target}"
                links += 1
    assert links > 50


def test_nothing_sends_a_student_to_what_is_not_there(released: make.Released) -> None:
    for name, text in released.edition.texts(".md", ".c", ".h", ".toml", ".txt", "Makefile"):
        for number, line in enumerate(text.splitlines(), 1):
            assert not NOT_THERE.search(line), f"{name}:{number}: {line}"
        assert "<!-- instructors" not in text and "<!-- students" not in text, name


def test_no_three_lines_of_a_solution_are_in_it(released: make.Released) -> None:
    """Plainly, beside the release's own look: what the unit itself shows, attempts and benchmarks apart."""
    shown: dict[tuple[str, ...], set[str]] = {}
    for name, text in released.edition.texts(".c", ".h", ".md", ".toml", ".py"):
        lines = leaks.telling(text)
        for three in zip(lines, lines[1:], lines[2:]):
            shown.setdefault(three, set()).add(name)
    looked_for = 0
    for unit in released.edition.units:
        for secret in (*unit.reference, unit.solution / "hidden_tests.c"):
            lines = leaks.telling(secret.read_text())
            for three in zip(lines, lines[1:], lines[2:]):
                looked_for += 1
                places = [
                    name
                    for name in shown.get(three, ())
                    if not name.startswith(f"{unit.path}/")
                    and not name.endswith("/bench.c")
                    and "/attempts/" not in name
                    and name != "grader/demo/mutex.c"
                ]
                assert not places, f"{secret}: {three}"
    assert looked_for > 2000


def test_the_reference_itself_stands_nowhere(released: make.Released) -> None:
    """An attempt may be near it, for it is an answer with a fault; a skeleton may not."""
    for unit in released.edition.units:
        for file in unit.reference:
            same = [n for n, f in released.edition.files.items() if f.content == file.read_bytes()]
            assert not same, file
    for near in released.near_answers:
        assert "/attempts/" in near.file


PLANTED_LINES = (
    ("lessons/04-mutex/mutex.c", "mutex.c"),
    ("lessons/04-mutex/README.md", "mutex.c"),
    ("lessons/01-memory-ordering/hints.toml", "hidden_tests.c"),
    ("grader/runtime/README.md", "mutex.c"),
)
PLANTED_NAMES = (
    ("README.md", "hidden__two_mutexes_do_not_mix"),
    ("lessons/04-mutex/quiz.toml", "hidden__slow_riser_is_not_forgotten"),
    ("lessons/10-futures/README.md", "join_polls_one_child"),
)


def test_parts_of_solutions_are_found(released: make.Released) -> None:
    solution = workbook.ROOT / "solutions" / "lessons" / "04-mutex"
    edition = released.edition
    for name, secret in PLANTED_LINES:
        edition = planted(edition, name, (solution / secret).read_text())
    for name, secret in PLANTED_NAMES:
        edition = planted(edition, name, f"the mutant `{secret}`")
    found = leaks.look(edition, workbook.ROOT).leaks
    assert {leak.file for leak in found} == {name for name, _ in (*PLANTED_LINES, *PLANTED_NAMES)}
    for name, secret in PLANTED_LINES:
        assert [x for x in found if (x.file, Path(x.secret).name) == (name, secret) and x.lines > 7]
    for name, secret in PLANTED_NAMES:
        assert [leak for leak in found if (leak.file, leak.what) == (name, secret)]


def planted(edition: Edition, name: str, text: str) -> Edition:
    """The edition with a text more in one of its files."""
    copy = Edition(edition.units, edition.left_out, dict(edition.files))
    copy.put(name, f"{edition.files[name].content.decode()}\n{text}\n")
    return copy


def test_a_link_that_leads_nowhere_is_told(released: make.Released) -> None:
    link = "see [there](../04-mutex/nowhere.c)"
    edition = planted(released.edition, "lessons/10-futures/README.md", link)
    assert list(pages.dangling(released.edition)) == []
    assert list(pages.dangling(edition)) == ["lessons/10-futures/README.md: ../04-mutex/nowhere.c"]


@pytest.mark.parametrize("name", NAMES)
def test_the_pages_of_one_unit_tell_of_what_is_there(name: str) -> None:
    """Every command, every folder of a table; and the front page counts and measures no other unit."""
    edition = choose.read(workbook.ROOT, choose.chosen(workbook.ROOT, [name]))
    pages.adjust(edition)
    there = {unit.name for unit in edition.units}
    for page, text in edition.texts(".md"):
        for block in re.findall(r"^```sh\n(.*?)^```", text, flags=re.M | re.S):
            assert block.strip() and not NOT_THERE.search(block), f"{page}: {block}"
            assert set(re.findall(r"\bU=([\w-]+)", block)) <= there, page
        for folder in re.findall(r"^\| `([\w./-]+)/` \|", text, flags=re.M):
            parts = (Path(page).parent / folder).parts
            assert any(Path(n).parts[: len(parts)] == parts for n in edition.files), folder
    front = edition.files["README.md"].content.decode()
    assert not re.search(r"\ball (two|three|four|five|six|seven|eight|nine|ten)\b", front)
    assert set(re.findall(r"\blesson (\d+)", front, flags=re.I)) <= {n[:2] for n in there}


def test_lines_of_what_is_not_there_go() -> None:
    edition = Edition([], ["lessons/05-x", "exercises/06-y"], {"a/lessons/b.c": File(b"")})
    text = (
        "make plot U=05-x, `make proof`\n\n```sh\nmake plot U=06-y  # a picture\n"
        "make plot U=06-yy  # not U=06-y\nmake setup proof\nmake proof-read  # after make proof\n"
        "```\n\n| `lessons/` | b |\n| `exercises/` | c |\n| `a` | `exercises/` |\n"
    )
    edition.files |= {name: File(text.encode()) for name in ("README.md", "a/README.md")}
    shown = (
        "make plot U=05-x, `make proof`\n\n```sh\n"
        "make plot U=06-yy  # not U=06-y\nmake proof-read  # after make proof\n```\n\n"
    )
    rules = "".join(f"## {name}\nproof:\n" for name in pages.SECTIONS)
    edition.files |= {"Makefile": File(rules.encode()), "grader/packages.txt": File(b"")}
    pages.adjust(edition)
    below = "| `lessons/` | b |\n"
    rest = "| `a` | `exercises/` |\n"
    assert edition.files["README.md"].text == shown + rest
    assert edition.files["a/README.md"].text == shown + below + rest


@pytest.mark.parametrize("name", NAMES)
def test_points_are_those_of_the_whole_unit(place: Path, name: str) -> None:
    unit, whole = units.load(place / name), units.load(workbook.ROOT / name)
    hidden = [check for check in whole.checks if check.hidden]
    assert unit.checks == tuple(check for check in whole.checks if not check.hidden)
    assert unit.withheld == units.Withheld(len(hidden), sum(check.points for check in hidden))
    assert unit.max_points + unit.withheld.points == whole.max_points == 100
    assert whole.withheld == units.Withheld()


def test_a_broken_word_on_what_is_withheld_is_told(place: Path, tmp_path: Path) -> None:
    shutil.copytree(place / "lessons/04-mutex", tmp_path / "lessons/04-mutex")
    file = tmp_path / "lessons/04-mutex/withheld.toml"
    file.write_text("checks = 0\npoint = 3\n")
    with pytest.raises(InputError, match="(?s)withheld.toml.*point is not known.*checks: 0"):
        units.load(file.parent)


def test_who_hands_the_whole_edition_in_hears_no_complaint(place: Path) -> None:
    every = [units.load(directory) for directory in workbook.unit_directories()]
    submission = open_submission(place, every)
    assert submission.notes == []
    assert all(files_of(submission, unit, alone=False) for unit in every)


@pytest.mark.parametrize("name", NAMES)
def test_attempts_have_their_verdicts_without_hidden_checks(place: Path, name: str) -> None:
    here, there = (attempts.load(units.load(root / name)) for root in (place, workbook.ROOT))
    assert list(here) == list(there)
    shown = {check.name for check in units.load(place / name).checks}
    for key, attempt in there.items():
        assert here[key].fails == {c: how for c, how in attempt.fails.items() if c in shown}


def test_the_same_workbook_gives_the_same_bytes(released: make.Released, tmp_path: Path) -> None:
    elsewhere = make.compose(copy_of_the_workbook(tmp_path / "a" / "copy"), (), "object").edition
    edition = released.edition
    assert sorted(edition.files) == sorted(elsewhere.files)
    assert [n for n in edition.files if edition.files[n] != elsewhere.files[n]] == []
    assert pack.as_zip(edition) == pack.as_zip(elsewhere)
    for compress in (False, True):
        assert pack.as_tar(edition, compress) == pack.as_tar(elsewhere, compress)


def test_archives_hold_what_the_folder_holds(place: Path, tmp_path: Path) -> None:
    edition = Edition([], [], {n: File((place / n).read_bytes()) for n in tree.names(place)})
    archives = {
        tmp_path / "a.zip": pack.as_zip(edition),
        tmp_path / "a.tgz": pack.as_tar(edition, True),
    }
    pack.write(edition, tmp_path / "folder", archives)
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        archive.extractall(tmp_path / "zip")
    with tarfile.open(tmp_path / "a.tgz") as archive:
        archive.extractall(tmp_path / "tar")
    for form in ("zip", "tar"):
        top = tmp_path / form / pack.TOP
        assert tree.names(top) == tree.names(place)
        assert all((top / n).read_bytes() == (place / n).read_bytes() for n in tree.names(place))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.tgz", "a.zip", "folder", "tar", "zip"]


@pytest.mark.parametrize(
    ("text", "page"),
    [
        ("a <!-- instructors -->b <!-- /instructors -->c", "a c"),
        ("a<!-- instructors -->, b<!-- /instructors -->.", "a."),
        ("a\n\n<!-- instructors -->\n## B\n\nb\n<!-- /instructors -->\n\n## C\n", "a\n\n## C\n"),
        ("| a |\n| <!-- instructors -->b | c<!-- /instructors --> |\n| d |\n", "| a |\n| d |\n"),
        ("a <!-- instructors -->b<!-- /instructors --><!-- students: c --> d", "a c d"),
        ("a\n\n<!-- students:\nb\nc\n-->\n\nd", "a\n\nb\nc\n\nd"),
        ("a. <!-- instructors -->B\nb.<!-- /instructors -->\nc", "a.\nc"),
        ("a\n\n\nb <!-- another comment -->", "a\n\n\nb <!-- another comment -->"),
    ],
)
def test_marked_parts_go_and_come(text: str, page: str) -> None:
    assert pages.page(text, "README.md") == page


@pytest.mark.parametrize(
    "text",
    ["a <!-- instructors -->b", "a <!-- /instructors -->", "<!-- students: a", "<!-- students -->"],
)
def test_a_mark_without_its_partner_is_told(text: str) -> None:
    with pytest.raises(InputError, match="README.md: a mark without its partner: '<!-- "):
        pages.page(text, "README.md")


def test_a_makefile_without_its_sections_is_told() -> None:
    with pytest.raises(InputError, match="Instructors, Maintainers"):
        pages.makefile("all:\n\n## Students\ncheck: ## Grade\n\n## Maintainers\ntest: ## Prove\n")


def test_make_lists_what_is_there_and_says_why_the_rest_is_not(place: Path, kept: Path) -> None:
    listed = run(place, kept, "make", "help").stdout
    assert "make check" in listed and "make doctor" in listed
    assert not re.search(r"Instructors|Maintainers|make (test|lint|table)\b|SOLUTION", listed)
    assert "solution" not in listed + run(place, kept, "grader/grade", "--help").stdout
    for target in ("test", "lint", "table", "solution"):
        asked = run(place, kept, "make", target)
        assert asked.returncode == 2
        assert f"make {target}: not in a students' edition; it needs the solutions." in asked.stderr


@pytest.mark.parametrize("words", [("teach", "release", "x"), ("maintain", "table", "--all")])
def test_an_instructors_command_says_that_it_is_not_there(
    place: Path, kept: Path, words: tuple[str, ...]
) -> None:
    asked = run(place, kept, "grader/grade", *words)
    assert (asked.returncode, asked.stdout) == (2, "")
    assert asked.stderr == (
        f"error: {words[0]}: not in a students' edition; it needs the solutions.\n"
    )


def test_every_module_of_it_can_be_imported(place: Path, kept: Path) -> None:
    program = (
        "import pkgutil, importlib, happens_before as top\n"
        "for module in pkgutil.walk_packages(top.__path__, 'happens_before.'):\n"
        "    print(importlib.import_module(module.name).__file__)"
    )
    done = run(place / "grader", kept, sys.executable, "-c", program)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.split()) > 50
    assert all(name.startswith(str(place)) for name in done.stdout.split())


def test_status_and_editor_work_outside_of_git(place: Path, tmp_path: Path) -> None:
    status = run(place, tmp_path, "make").stdout
    assert "04-mutex" in status and "0 of 86.5 (+13.5)" in status
    assert "points of hidden checks, which your instructor runs" in status
    assert run(place, tmp_path, "make", "editor").returncode == 0
    named = {entry["file"] for entry in json.loads((place / "compile_commands.json").read_text())}
    (place / "compile_commands.json").unlink()
    assert "lessons/04-mutex/mutex.c" in named


def test_some_units_bring_what_they_build_on_and_the_demonstration(tmp_path: Path) -> None:
    made = make.compose(workbook.ROOT, ("futures", "exercises/01-fair-mutex"), "object")
    assert [unit.name for unit in made.edition.units] == ["04-mutex", "10-futures", "01-fair-mutex"]
    assert not [n for n in made.edition.files if n.startswith(("lessons/11-", "exercises/06-"))]
    made = make.compose(workbook.ROOT, ("11-executor",), "source")
    assert [unit.name for unit in made.edition.units] == ["04-mutex", "10-futures", "11-executor"]
    assert made.built_on == ["lessons/04-mutex", "lessons/10-futures"]
    reference = (workbook.ROOT / "solutions/lessons/10-futures/future.c").read_bytes()
    assert made.edition.files["lessons/10-futures/foundation/future.c"].content == reference
    assert not [n for n in made.edition.files if n.endswith(".o") or "11-executor/found" in n]
    with pytest.raises(InputError, match="there is no unit 'nowhere'"):
        make.compose(workbook.ROOT, ("nowhere",), "object")


@pytest.mark.parametrize(("count", "words"), [(1, "0 files, 1 unit."), (2, "0 files, 2 units.")])
def test_one_unit_is_told_as_one(count: int, words: str) -> None:
    every = [units.load(workbook.ROOT / name) for name in NAMES[:count]]
    order = make.Order(Path("students"))
    told = make.told(order, make.Released(Edition(every, []), [], [], []))
    assert list(told) == [f"students: {words}"]


def test_links_to_units_that_are_left_out_become_words(released: make.Released) -> None:
    edition = Edition([], ["lessons/05-x"], dict(released.edition.files))
    text = "[a](../05-x/README.md), [b](../04-mutex/mutex.h), [c](https://x.y), [d](../05-xy)"
    linked = pages._linked(edition, "lessons/10-futures/README.md", text)
    assert linked == "a, [b](../04-mutex/mutex.h), [c](https://x.y), [d](../05-xy)"


def test_an_edited_skeleton_is_refused(tmp_path: Path) -> None:
    root = copy_of_the_workbook(tmp_path / "copy")
    for words in ("init -q", "add -A", "-c user.name=x -c user.email=x@y.z commit -q -m x"):
        subprocess.run(["git", *words.split()], cwd=root, check=True)
    assert choose.read(root, choose.chosen(root, ("04-mutex",))).files
    skeleton = root / "lessons/04-mutex/mutex.c"
    skeleton.write_text(skeleton.read_text() + "/* mine */\n")
    with pytest.raises(InputError, match="04-mutex/mutex.c: edited since the last commit"):
        choose.read(root, choose.chosen(root, ("04-mutex",)))
    subprocess.run(["git", "restore", "."], cwd=root, check=True)
    (root / "lessons/04-mutex/mine.c").write_text("int x;\n")
    inside = choose.chosen(root, ("04-mutex",))
    assert "lessons/04-mutex/mine.c" not in choose.read(root, inside).files
    skeleton.unlink()
    skeleton.symlink_to(root / "solutions/lessons/04-mutex/mutex.c")
    subprocess.run(["git", "add", "."], cwd=root, check=True)
    subprocess.run(
        "git -c user.name=x -c user.email=x@y.z commit -qm y".split(), cwd=root, check=True
    )
    with pytest.raises(InputError, match="is no plain file"):
        choose.read(root, inside)


def test_places_that_are_not_free_are_refused(tmp_path: Path) -> None:
    full, file, link = tmp_path / "full", tmp_path / "file", tmp_path / "link"
    full.mkdir()
    (full / "mine").write_text("x")
    file.write_text("x")
    link.symlink_to(full)
    for place, complaint in (
        (full, "is not empty"),
        (file, "is no folder"),
        (link, "is no folder"),
        (workbook.ROOT / "students", "lies in the workbook itself"),
    ):
        with pytest.raises(InputError, match=complaint):
            make.release(make.Order(place))
    with pytest.raises(InputError, match="is there already"):
        make.release(make.Order(tmp_path / "new", zip=file))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "full", "link"]
    assert [(p.name, p.read_text()) for p in (full / "mine", file)] == [
        ("mine", "x"),
        ("file", "x"),
    ]


@pytest.mark.parametrize(
    ("option", "name", "fitting"),
    [
        ("zip", "a.tar", ".zip"),
        ("tar", "a.rar", ".tar or .tar.gz or .tgz"),
        ("tar", "a.gz", ".tar or .tar.gz or .tgz"),
        ("tar", "a.zip", ".tar or .tar.gz or .tgz"),
    ],
)
def test_an_archive_is_not_named_as_what_it_is_not(
    option: str, name: str, fitting: str, tmp_path: Path
) -> None:
    order = make.Order(tmp_path / "new", **{option: tmp_path / name})
    with pytest.raises(InputError, match=f"{name}: has the ending .* end in {fitting}[.]"):
        make.release(order)
    assert not list(tmp_path.iterdir())


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path) -> None:
    """On a disk of 1 MiB, in a mount namespace of its own."""
    grade = workbook.ROOT / "grader" / "grade"
    script = (
        'mount -t tmpfs -o size=1m none "$1" && '
        f'{grade} teach release "$1/students" --units 04-mutex --zip "$1/a.zip"; '
        'echo "status $?, left: $(ls -A "$1")"'
    )
    command = ["unshare", "--map-root-user", "--mount", "sh", "-c", script, "sh", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if "status" not in done.stdout:
        pytest.skip(f"no mount namespace here: {done.stderr.strip()}")
    assert done.stdout == "status 2, left: \n", done.stderr
    assert "cannot be made (No space left on device). Nothing was left behind." in done.stderr


def test_a_foundation_for_another_machine_is_told(place: Path, tmp_path: Path) -> None:
    unit = units.load(place / "lessons/10-futures")
    content = bytearray(foundation.files(unit, INSTRUMENTED)[0].read_bytes())
    content[18:20] = (243).to_bytes(2, "little")
    (tmp_path / "future.instrumented.o").write_bytes(content)
    with pytest.raises(GraderFault, match="is for riscv64, and this is .*--foundations source"):
        foundation.ready(tmp_path / "future.instrumented.o")
    (tmp_path / "future.instrumented.o").write_bytes(b"")
    with pytest.raises(GraderFault, match="is damaged"):
        foundation.ready(tmp_path / "future.instrumented.o")


def test_a_foundation_that_is_not_there_is_told(place: Path, tmp_path: Path) -> None:
    shutil.copytree(place / "lessons", tmp_path / "lessons")
    shutil.rmtree(tmp_path / "lessons/10-futures/foundation")
    unit = units.load(tmp_path / "lessons/10-futures")
    with pytest.raises(GraderFault, match="other units build on future.c"):
        foundation.files(unit, INSTRUMENTED)


def test_a_readers_own_file_is_never_quoted_as_the_foundation(place: Path) -> None:
    unit = units.load(place / "lessons/10-futures")
    assert foundation.source_of(unit, "future.c") is None
    assert foundation.source_of(unit, "future.h") == unit.directory / "future.h"


# From here on: the edition at work.


@pytest.mark.long
def test_doctor_and_demonstration_are_well(place: Path, kept: Path) -> None:
    doctor = run(place, kept, "make", "doctor")
    assert doctor.returncode == 0 and "All is well." in doctor.stdout, doctor.stdout
    assert "maintainers" not in doctor.stdout
    demo = run(place, kept, "make", "demo")
    assert demo.returncode == 0, demo.stdout + demo.stderr
    assert "Where to look next" in demo.stdout


@pytest.mark.long
def test_hint_litmus_explore_and_replay_work(place: Path, kept: Path, tmp_path: Path) -> None:
    check = run(place, tmp_path, "make", "check", "U=11-executor", "STEP=1", "ARGS=--judge build")
    assert check.returncode == 0, check.stdout + check.stderr
    assert run(place, tmp_path, "make", "hint", "U=11-executor").returncode == 0
    litmus = run(place, kept, "make", "litmus", "T=SB")
    assert litmus.returncode == 0, litmus.stderr
    words = ("U=15-streams", "A=wake_and_hope", "S=credit_is_passed_on")
    story = run(place, kept, "make", "explore", *words)
    assert "verdict: fault found: lost wakeup" in story.stdout, story.stdout + story.stderr
    again = next(line for line in story.stdout.splitlines() if line.startswith("replay: "))
    replay = run(place, kept, *again.removeprefix("replay: ").split())
    assert "verdict: fault found: lost wakeup" in replay.stdout


@pytest.mark.long
def test_explain_and_handin_work(place: Path, kept: Path, tmp_path: Path) -> None:
    """A student's wrong answer is explained to them, and what they hand in is what we grade."""
    name, desk = "lessons/04-mutex", tmp_path / "students"
    shutil.copytree(place, desk)
    shutil.copy(desk / name / "attempts" / "lost_wakeup.c", desk / name / "mutex.c")
    words = ("make", "explain", f"U={name}", "C=explore/scenario__serves_three")
    told = run(desk, kept, *words, "PLAIN=1")
    assert told.returncode == 0 and "thread 3:" in told.stdout, told.stderr
    assert "lost wakeup: thread 0 waits for ever" in told.stdout
    page = Path(run(desk, kept, *words, "WEB=1").stdout.strip())
    assert page.name == "04-mutex-scenario__serves_three.html"
    assert not NOT_THERE.search(page.read_text())
    handed = run(desk, kept, "make", "handin", f"U={name}")
    assert handed.returncode == 0, handed.stderr
    assert "handin.zip holds 1 file; hand it in:\n  lessons/04-mutex/mutex.c" in handed.stdout
    unit = units.load(workbook.ROOT / name)
    files = files_of(open_submission(desk / "handin.zip", [unit]), unit, alone=True)
    assert files and files.files == {"mutex.c": (desk / name / "mutex.c").read_bytes()}


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_a_skeleton_fails_and_the_reference_passes(
    place: Path, kept: Path, tmp_path: Path, name: str
) -> None:
    skeleton = run(place, kept, "make", "check", f"U={name}", "ARGS=--judge build --judge tests")
    assert skeleton.returncode == 2 and "FAIL" in skeleton.stdout, skeleton.stderr
    assert "UNGRADED" not in skeleton.stdout.upper()
    answer = ("--submission", str(workbook.solution_of(workbook.ROOT / name)))
    report = tmp_path / "report.json"
    done = run(place, kept, "grader/grade", "check", name, *answer, "--json", str(report))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "which your instructor runs." in done.stdout
    judges = json.loads(report.read_text())["units"][0]["judges"]
    statuses = {check["check"]: check["status"] for judge in judges for check in judge["checks"]}
    assert statuses == {check.name: "pass" for check in units.load(place / name).checks}


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_an_attempt_gets_the_verdicts_that_it_gets_with_us(
    place: Path, grader: Grader, name: str
) -> None:
    """Those of verdicts.toml, to which test_units.py holds the instructor's edition."""
    unit = units.load(place / name)
    attempt = next(iter(attempts.load(unit).values()))
    submission = attempts.as_submission(unit, attempt)
    report = grader.grade(submission, [unit], Selection(checks=attempt.asked), lambda _: None)
    failed = [result for result in report.units[0].results if result.status is not Status.PASS]
    assert {result.check.name: result.how for result in failed} == attempt.fails
