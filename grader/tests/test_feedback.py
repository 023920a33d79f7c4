"""A student's page: it tells what failed and why, and quotes whatever was handed in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import html_pages
import pytest
from made_class import MUTEX, Answer, failed, make_class, result, unit

from happens_before.core.report import CheckResult, Evidence, Place, Status
from happens_before.explore import story_json
from happens_before.explore.story import Story
from happens_before.render.students import Hidden
from happens_before.teach.pages import feedback
from happens_before.teach import intake
from happens_before.teach.pages import html as pages
from happens_before.teach.pages.feedback import Settings
from happens_before.teach.pages.interleaving import interleaving_of
from happens_before.teach.marks import marks_of
from happens_before.teach.handins.people import Student
from happens_before.web import player
from stories import DEADLOCK, of

OTHER = "explore/scenario__nests"
RACE, HIDDEN = "explore/scenario__excludes", "tests/hidden__two_mutexes_do_not_mix"
TAKE = Place("mutex.c", 2, "take", "return 1; /* no atomic */")
EVIDENCE = [
    Evidence("thread 2: lost wakeup", [TAKE]),
    Evidence("thread 0 waits for the end of thread 2"),
    Evidence("thread 2 sleeps in a futex wait (state)", [TAKE]),
    Evidence("missing: no release"),
    Evidence("step 9, thread 1: state: 0 -> 1 [acquire, initial value]", [TAKE]),
    Evidence(
        "step 10, thread 1: state is 1 [relaxed, from step 9]; state is 1 [relaxed, from step 9]"
    ),
    Evidence("(3 steps left out)"),
    Evidence("step 14, thread 2: a[0] = 2 [release], an old value; futex wait a[1]", [TAKE]),
    Evidence("to see it again: grader/grade explore x.c --replay HB1"),
]
LOST = failed(RACE, "lost-wakeup", "thread 2 waits for ever.", where=TAKE, evidence=EVIDENCE)
HOSTILE = (
    "<script>alert(1)</script>",
    "]]> & \"quotes\" 'too' </pre></style>",
    "nul \x00 escape \x1b[31m",
    "turned \u202e round \u2066",
    "lone \udc80 surrogate",
    "{{ 7 * 7 }} {% raw %}",
)


def written(directory: Path, answer: Answer, settings: Settings = Settings()) -> str:
    """The one student's page, checked."""
    results = make_class(directory, [answer])
    [mark], [taken] = marks_of(results), intake.read(results)
    page = feedback.page(results, taken, mark, settings)
    html_pages.check(page)
    return page


def page_of(directory: Path, *results: CheckResult, **settings: object) -> str:
    answer = Answer(Student("ada"), {"mutex.c": b"int x;\nreturn 1;\nint y;\n"}, results)
    return written(directory, answer, Settings(**settings))  # type: ignore[arg-type]


def test_evidence_becomes_a_column_a_thread_with_its_end() -> None:
    story = interleaving_of(LOST)
    assert story and story.threads == (1, 2)
    assert [(s.number, s.thread, s.switched, s.left_out) for s in story.steps] == [
        (9, 1, False, 0),
        (10, 1, False, 0),
        (0, 0, False, 3),
        (14, 2, True, 0),
    ]
    deeds = [[(deed.what, deed.how) for deed in step.deeds] for step in story.steps]
    assert deeds[0] == [("state: 0 -> 1", "acquire, initial value")]
    assert deeds[1] == [("state is 1, 2 times", "relaxed, from step 9")]
    assert deeds[3] == [("a[0] = 2, an old value", "release"), ("futex wait a[1]", "")]
    assert [(e.thread, e.text, e.breaks_it) for e in story.ends] == [
        (2, "lost wakeup: sleeps in a futex wait (state)", True),
        (0, "waits for the end of thread 2", False),
    ]
    assert [item.text for item in story.others] == ["missing: no release"]
    assert story.again == "grader/grade explore x.c --replay HB1"
    assert interleaving_of(failed(RACE, evidence=[Evidence("thread 1 runs")])) is None


def test_a_failure_is_told_with_all_that_is_known(tmp_path: Path) -> None:
    page = page_of(tmp_path, LOST)
    read = html_pages.text(page)
    check = LOST.check
    for part in (
        f"✗ failed {check.name}",
        f"promised {check.promise} happened thread 2 waits for ever. where mutex.c:2 take return 1;",
        "step thread 1 thread 2 at",
        "3 steps left out",
        "✗ lost wakeup: sleeps in a futex wait (state)",
        "missing: no release",
        "--replay HB1",
        "Hint",
    ):
        assert part in read
    lines = re.findall(r'<span data-n="(\d+)"( class="at")?>', page)
    assert [number for number, marked in lines if marked] == ["2"]
    assert 'return 1;\n</span><span class="mark">✗ <a href="#04-mutex-1">' in page


def test_an_execution_that_the_report_has_is_played_and_read_without_a_script(
    tmp_path: Path,
) -> None:
    story = Story.from_findings(of(DEADLOCK), unit="lessons/04-mutex", promise="it ends")
    assert story
    result = replace(LOST, story=story_json.to_json(story))
    page = page_of(tmp_path, result, failed(OTHER, "deadlock", story=result.story))
    assert page.count(str(player.assets())) == 1
    assert page.count('<script type="application/json">') == 2
    read = html_pages.text(html_pages.without_player(page))
    for step in story.steps:
        assert step.text in read
    assert "✗ Deadlock" in read and "missing: no release" in read
    assert "at mutex.c:2" not in read and "step thread 1 thread 2 at" not in read


def test_every_check_stands_in_the_table_with_its_verdict_in_words(tmp_path: Path) -> None:
    page = page_of(tmp_path, LOST, result("tests/mutex__starts_unlocked", Status.UNGRADED))
    table = page[page.index("<h3>Every check</h3>") :]
    checks = unit().checks
    assert all(check.name in table for check in checks)
    assert table.count("✓ passed") == len(checks) - 2
    assert table.count("✗ failed") == table.count("– ungraded") == 1
    assert "No mark yet." in page and "a fault of the grader" in page


@pytest.mark.parametrize("tiers", [0, 1, 3])
def test_as_many_tiers_of_a_hint_are_shown_as_the_instructor_sets(
    tmp_path: Path, tiers: int
) -> None:
    chosen = feedback._hint(MUTEX, LOST)
    read = html_pages.text(page_of(tmp_path, LOST, tiers=tiers))
    shown = [" ".join(tier.split()) in read for tier in chosen]
    assert shown == [number < tiers for number in range(3)]


def test_a_hint_that_fits_twice_is_told_once(tmp_path: Path) -> None:
    again = failed("explore/scenario__nests", "lost-wakeup")
    page = page_of(tmp_path, LOST, again)
    assert page.count('<div class="hint">') == 1 and "hint given above" in page


def test_what_could_not_be_run_is_not_told_at_length(tmp_path: Path) -> None:
    broken = [
        failed(check.name, "not-run" if check.id != "compiles" else "compile", "it stopped there")
        for check in unit().checks
    ]
    page = page_of(tmp_path, *broken)
    assert page.count("<article") == 1
    shown = sum(not each.check.hidden for each in broken)
    assert f"{shown - 1} more checks could not be run" in html_pages.text(page)


@pytest.mark.parametrize(
    ("hidden", "name", "secret", "score"),
    [
        (Hidden.SCORE, True, False, True),
        (Hidden.NAME, False, False, False),
        (Hidden.NOTHING, False, False, False),
        (Hidden.EVERYTHING, True, True, True),
    ],
)
def test_hidden_checks_are_shown_as_the_instructor_sets(
    tmp_path: Path, hidden: Hidden, name: bool, secret: bool, score: bool
) -> None:
    secrets = failed(HIDDEN, "deadlock", "SECRET", evidence=[Evidence("SECRET too")])
    page = page_of(tmp_path, secrets, hidden={MUTEX: hidden})
    assert ("SECRET" in page) == secret
    assert (f'<span class="code">{HIDDEN}</span>' in page) == name
    assert ("(hidden)" in page) == score


def test_names_of_hidden_checks_are_told_where_only_names_are(tmp_path: Path) -> None:
    told = {each: page_of(tmp_path / each, LOST, hidden={MUTEX: each}) for each in Hidden}
    assert HIDDEN in told[Hidden.NAME] and HIDDEN not in told[Hidden.NOTHING]


@pytest.mark.parametrize("text", HOSTILE)
def test_names_code_and_evidence_are_quoted_and_never_obeyed(tmp_path: Path, text: str) -> None:
    code = f"int x;\n{text}\n".encode("utf-8", "replace").replace(b"\0", b"")
    place = Place(text, 3, text, text)
    evidence = [Evidence(f"step 1, thread 1: {text}", [place]), Evidence(text, [place])]
    results = [failed(RACE, "race", text, where=place, evidence=evidence)]
    if "\udc80" in text:  # no file can hold one; a name or a message of a tool can
        page = pages.fill("parts.html.j2", {}) + str(pages.numbered(text))
        assert "\udc80" not in page and "U+DC80" in page
        return
    page = written(tmp_path, Answer(Student("s", text, text), {"mutex.c": code}, results))
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", page)
    assert "49" not in html_pages.text(page).split("Every check")[0] or "7 * 7" in page
    shown = pages.plain(text).split()
    assert all(word in html_pages.text(page) for word in shown)


def test_a_line_of_a_megabyte_is_cut_and_its_length_told(tmp_path: Path) -> None:
    code = b'int x;\nchar *s = "' + b"a" * (1 << 20) + b'";\nint y;\n'
    page = written(tmp_path, Answer(Student("s"), {"mutex.c": code}, [LOST]))
    assert len(page) < 200_000
    assert f"({(1 << 20) + 13:,} characters in all)" in page and "int y;" in page


def test_each_student_has_a_file_of_their_own(tmp_path: Path) -> None:
    answers = [Answer(Student(id), {"mutex.c": id.encode()}) for id in ("../a", "a/b", "Zoë", ".x")]
    results = make_class(tmp_path, answers)
    files = list(feedback.write_all(results, Settings()))
    assert sorted(files) == sorted((tmp_path / feedback.FOLDER).iterdir())
    assert len(files) == len(answers)
    for file, answer in zip(files, answers):
        assert f"<bdi>{answer.student.id}</bdi></h1>" in file.read_text(encoding="utf-8")


def test_a_student_who_handed_in_nothing_has_a_page_that_says_so(tmp_path: Path) -> None:
    page = written(tmp_path, Answer(Student("s"), None))
    assert "nothing was handed in" in page and "<article" not in page


def variables(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block))


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def pairs() -> Iterator[tuple[str, str, str, str, str]]:
    """Scheme, names and colours of each text and what it stands on."""
    css = (pages.TEMPLATES / "page.css").read_text()
    light, dark = css.split("@media screen and (prefers-color-scheme: dark)")[:2]
    for scheme, block in (("light", light), ("dark", dark.split("\n}\n")[0])):
        found = variables(block)
        grounds = [name for name in found if name in ("paper", "raised") or name.endswith("-tint")]
        for ground in grounds:
            for ink in ("ink", "muted"):
                yield scheme, ink, ground, found[ink], found[ground]
        for ink in ("link", "fail", "pass", "open", *(f"t{n}" for n in range(6))):
            yield scheme, ink, "paper", found[ink], found["paper"]
        yield scheme, "fail", "fail-tint", found["fail"], found["fail-tint"]
        for n in range(6):
            yield scheme, f"t{n}", f"t{n}-tint", found[f"t{n}"], found[f"t{n}-tint"]


def test_all_text_has_the_contrast_of_wcag_aa_in_light_and_dark() -> None:
    checked = list(pairs())
    assert len(checked) == 2 * (9 * 2 + 10 + 1 + 6)
    for scheme, ink, ground, one, two in checked:
        bright, deep = sorted((luminance(one), luminance(two)), reverse=True)
        ratio = (bright + 0.05) / (deep + 0.05)
        assert ratio >= 4.5, f"{scheme}: {ink} on {ground}: {ratio:.2f}"
