"""Similar answers: copies are found in disguise, and independent answers are left alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import made_class
import pytest
from made_class import Answer, make_class

from happens_before.core.errors import GraderFault
from happens_before.learn import attempts
from happens_before.maintain import variants
from happens_before.render import similar as terminal
from happens_before.teach.similar import sim_c
from happens_before.teach.handins.people import Student
from happens_before.teach.similar.similarity import REFERENCE, Similar, Threshold, similar_in

MUTEX, FAIR, ORDERING = "lessons/04-mutex", "exercises/01-fair-mutex", "lessons/01-memory-ordering"
NAMES = re.compile(r"\b(take|lock_slow|spin|seen|expected|look|done|FREE|HELD|CONTENDED)\b")


def found_in(
    directory: Path, files: Mapping[str, Mapping[str, bytes]], unit: str = MUTEX
) -> Similar:
    """What is similar among answers by their students' ids."""
    answers = [Answer(Student(id), content) for id, content in files.items()]
    return similar_in(make_class(directory, answers, unit))[0]


def groups(similar: Similar) -> list[set[str]]:
    """The ids in each group."""
    return [{s.id for answer in group.answers for s in answer.students} for group in similar.groups]


def reference(unit: str = MUTEX) -> dict[str, bytes]:
    return variants.reference(made_class.unit(unit)).files


def mutex(text: str) -> dict[str, bytes]:
    return {"mutex.c": text.encode()}


def disguised(text: str) -> str:
    """The same code with other names, comments, layout, strings, and order of functions."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    text = NAMES.sub(lambda match: f"my_{match.group()[::-1].lower()}", text)
    head, *functions = re.split(r"\n\n(?=\w)", text)
    return "\n".join([head, *reversed(functions)]).replace("    ", "\t") + "/* all my own */\n"


def test_a_copy_with_other_names_comments_and_order_is_found(tmp_path: Path) -> None:
    text = reference()["mutex.c"].decode()
    alternate = variants.alternates(made_class.unit())["musl_style"].files
    similar = found_in(
        tmp_path, {"anna": reference(), "ben": mutex(disguised(text)), "eve": alternate}
    )
    assert disguised(text) != text
    assert groups(similar) == [{"anna", "ben"}]
    assert similar.groups[0].pairs[0].share > 0.8


@pytest.mark.parametrize("path", [MUTEX, FAIR, ORDERING])
def test_answers_that_were_written_apart_are_not_grouped(tmp_path: Path, path: str) -> None:
    unit = made_class.unit(path)
    alternates = {name: each.files for name, each in variants.alternates(unit).items()}
    similar = found_in(tmp_path, {"reference": reference(path), **alternates}, path)
    assert similar.compared == len(alternates) + 1 > 2
    assert groups(similar) == []


@pytest.mark.parametrize("path", [MUTEX, FAIR])
def test_copies_with_one_planted_bug_are_one_group(tmp_path: Path, path: str) -> None:
    files = {each.name: each.files.files for each in variants.mutants(made_class.unit(path))}
    similar = found_in(tmp_path, files, path)
    assert groups(similar) == [set(files)]
    [group] = similar.groups
    assert len(group.pairs) == len(files) - 1 < group.close
    assert {a.key for p in group.pairs for a in (p.one, p.two)} == {a.key for a in group.answers}


def test_each_pair_is_shown_with_lines_that_are_alike(tmp_path: Path) -> None:
    text = reference()["mutex.c"].decode()
    pair = found_in(tmp_path, {"a": mutex(text), "b": mutex("\n\n" + text)}).groups[0].pairs[0]
    assert pair.one.students[0].id != pair.two.students[0].id
    for run in pair.runs:
        one = [line for _, _, line in pair.one.excerpt(run.first, run.last)]
        two = [line for _, _, line in pair.two.excerpt(run.two_first, run.two_last)]
        assert one == two
    assert sum(run.tokens for run in pair.runs) == pair.tokens >= Threshold().tokens
    assert list(pair.runs) == sorted(pair.runs, key=lambda run: -run.tokens)


def test_what_stands_twice_in_an_answer_counts_once(tmp_path: Path) -> None:
    text = reference()["mutex.c"].decode()
    once = found_in(tmp_path / "once", {"a": mutex(text + "/* a */"), "b": mutex(text)})
    twice = found_in(tmp_path / "twice", {"a": mutex(text + text), "b": mutex(text)})
    assert twice.groups[0].pairs[0].tokens == once.groups[0].pairs[0].tokens


def test_the_skeleton_counts_for_nothing(tmp_path: Path) -> None:
    skeleton = (made_class.unit().directory / "mutex.c").read_text()
    similar = found_in(tmp_path, {"a": mutex(skeleton), "b": mutex(skeleton + "/* b */\n")})
    assert groups(similar) == []
    assert {answer.students[0].id for answer in similar.empty_handed} == {"a", "b"}


def test_an_attempt_of_the_chapter_is_named_and_not_grouped(tmp_path: Path) -> None:
    attempt = attempts.load(made_class.unit(FAIR))["guarded_list"].file.read_bytes()
    files = {id: {"fair_mutex.c": attempt + f"/* {id} */".encode()} for id in ("a", "b")}
    similar = found_in(tmp_path, {**files, "c": reference(FAIR)}, FAIR)
    assert groups(similar) == []
    assert {(item.answer.students[0].id, item.text) for item in similar.known} == {
        ("a", "the chapter's attempt 'guarded_list'"),
        ("b", "the chapter's attempt 'guarded_list'"),
        ("c", REFERENCE),
    }


def test_the_same_files_are_named_as_the_same(tmp_path: Path) -> None:
    similar = found_in(tmp_path, {"a": reference(), "b": reference()})
    assert groups(similar) == [{"a", "b"}] and similar.compared == 1
    assert similar.groups[0].pairs == ()
    assert any("the same files, byte by byte: a = b" in line for line in terminal.lines(similar))


def test_a_team_that_hands_in_together_is_no_group(tmp_path: Path) -> None:
    text = reference()["mutex.c"].decode()
    answers = [
        Answer(Student("a", group="red"), reference()),
        Answer(Student("b", group="red"), mutex(text + "/* b */")),
    ]
    assert groups(similar_in(make_class(tmp_path / "team", answers))[0]) == []
    answers[1] = Answer(Student("b", group="blue"), mutex(text + "/* b */"))
    assert groups(similar_in(make_class(tmp_path / "teams", answers))[0]) == [{"a", "b"}]


@pytest.mark.parametrize("change", [lambda t: t.replace("\n", "\r\n"), lambda t: "\ufeff" + t, str])
def test_odd_names_and_encodings_are_compared_like_others(tmp_path: Path, change: object) -> None:
    text = reference()["mutex.c"].decode()
    odd = 'O\'Brien "\u202e" Zoë / -n'
    assert callable(change)
    similar = found_in(tmp_path, {odd: mutex(change(text)), "b": mutex(text + "/* é */")})
    assert groups(similar) == [{odd, "b"}]
    assert all("\u202e" not in line for line in terminal.lines(similar))


def test_what_is_too_long_is_left_out_by_name(tmp_path: Path) -> None:
    long = mutex("int f(void) {\n" + "x = x + 1;\n" * (sim_c.MAX_BYTES // 10) + "}\n")
    similar = found_in(tmp_path, {"long": long, "a": reference()})
    assert [answer.students[0].id for answer in similar.left_out] == ["long"]
    assert similar.compared == 1


def test_nobody_is_similar_to_nobody(tmp_path: Path) -> None:
    similar = similar_in(make_class(tmp_path, [Answer(Student("a"), None)]))[0]
    assert (similar.compared, similar.groups, similar.known) == (0, (), ())


def test_without_sim_c_it_is_said_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sim_c, "PATH", str(tmp_path))
    with pytest.raises(GraderFault, match="similarity-tester"):
        found_in(tmp_path / "out", {"a": reference()})


def test_nothing_is_called_a_copy(tmp_path: Path) -> None:
    text = reference()["mutex.c"].decode()
    similar = found_in(tmp_path, {"a": reference(), "b": mutex(text + "/* b */")})
    told = " ".join([terminal.CAUTION, *terminal.lines(similar)]).lower()
    assert not re.search(r"copied|copy|cheat|plagiar|stole|guilty|suspect", told)
