"""The litmus lab: what it prints, what it counts, what it asks, and when it raises an alarm.

What the processor shows is never a condition here: only that all it shows is allowed. The sets of
allowed outcomes are held against the oracle, which was written without the explorer.
"""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner

from happens_before.commands.litmus import litmus
from happens_before.core import workbook
from happens_before.core.errors import GraderFault, InputError
from happens_before.litmus import allowed, machine, predict, report, shapes
from happens_before.litmus.models import machines, oracle
from happens_before.litmus.notation import show
from happens_before.litmus.program import Program

MOMENT = 0.02  # seconds that the processor is watched: thousands of runs
CASES = [
    (shape, order)
    for shape in shapes.SHAPES
    for order in shapes.ORDERS
    if shape.mixed or order != shapes.MIXED
]
NAMES = [f"{shape.name}-{order}" for shape, order in CASES]
SB = shapes.program_of(shapes.find("SB"), "relaxed")
EVERYTHING = (
    "a = cas(x.acq_rel.acq, 0, 1); fence.sc; if a == 0: {y = 2, b = xchg(z, 3)} || "
    "c = add(y.rel, 1); d = z.acq; x.sc = 4"
)


def grade(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(workbook.ROOT / "grader" / "grade"), "litmus", *arguments]
    return subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )


def result(
    seen: dict[str, int], architecture: str = report.X86, program: Program = SB, asks: str = ""
) -> report.Result:
    """A result that some processor showed this."""
    sets = {
        report.C: frozenset(oracle.outcomes(program)),
        report.INTERLEAVED: machines.sc_outcomes(program),
        report.TSO: machines.tso_outcomes(program),
    }
    shown = machine.Seen(sum(seen.values()), 1.0, 2, seen)
    return report.Result(program, "", "", asks, sets, shown, architecture)


def told(outcome: report.Result) -> str:
    return "\n".join(report.lines(outcome))


# --- the shapes -----------------------------------------------------------------------------------


def test_there_are_enough_shapes_and_each_asks_for_one_outcome() -> None:
    assert len(shapes.SHAPES) >= 12
    assert len({shape.name.lower() for shape in shapes.SHAPES}) == len(shapes.SHAPES)
    for shape in shapes.SHAPES:
        asked = [s for s in report.candidates(shapes.program_of(shape, "relaxed"))]
        assert sum(shapes.matches(state, shape.asks) for state in asked) == 1, shape.name


@pytest.mark.parametrize(("shape", "order"), CASES, ids=NAMES)
def test_a_mixed_shape_is_the_same_program(shape: shapes.Shape, order: str) -> None:
    """Orders and fences apart, all variants of a shape are its text."""
    plain = shapes.program_of(shape, "relaxed")
    variant = shapes.program_of(shape, order)
    bare = [
        [text for text in map(without_orders, show_thread(thread)) if not text.startswith("fence")]
        for thread in variant.threads
    ]
    assert bare == [show_thread(thread) for thread in plain.threads]


@pytest.mark.parametrize(
    ("name", "order", "text"),
    [
        ("SB", "acq_rel", "x.rel = 1; a = y.acq || y.rel = 1; b = x.acq"),
        ("SB", "sc_fences", "x = 1; fence.sc; a = y || y = 1; fence.sc; b = x"),
        ("RS", "seq_cst", "x.sc = 1; y.sc = 1 || c = add(y.sc, 1) || a = y.sc; b = x.sc"),
        ("RS", "acq_rel", "x.rel = 1; y.rel = 1 || c = add(y.acq_rel, 1) || a = y.acq; b = x.acq"),
        ("RS", "mixed", "x = 1; y.rel = 1 || c = add(y, 1) || a = y.acq; b = x"),
    ],
)
def test_an_order_is_given_to_every_access(name: str, order: str, text: str) -> None:
    assert show(shapes.program_of(shapes.find(name), order)) == text


def show_thread(thread: Sequence[object]) -> list[str]:
    return show(Program("", (tuple(thread),))).split("; ")  # type: ignore[arg-type]


def without_orders(text: str) -> str:
    for order in (".acq_rel", ".rel", ".acq", ".sc"):
        text = text.replace(order, "")
    return text if not text.startswith("fence") else "fence"


@pytest.mark.parametrize(("shape", "order"), CASES, ids=NAMES)
def test_the_lab_has_the_sets_of_the_oracle_and_the_processor_keeps_to_them(
    shape: shapes.Shape, order: str
) -> None:
    program = shapes.program_of(shape, order)
    sets = allowed.outcomes(program, report.MODELS)
    assert sets[report.C] == set(oracle.outcomes(program))
    assert sets[report.INTERLEAVED] == machines.sc_outcomes(program)
    assert sets[report.TSO] == machines.tso_outcomes(program)
    assert sets[report.C] <= set(report.candidates(program))
    seen = machine.run(program, MOMENT)
    assert sum(seen.outcomes.values()) == seen.runs > 0
    if not shapes.may_buffer_loads(program):
        assert set(seen.outcomes) <= sets[report.C]


def test_every_kind_of_statement_runs_and_is_explored() -> None:
    program = shapes.own(EVERYTHING)
    sets = allowed.outcomes(program, (report.C,))
    assert sets[report.C] == set(oracle.outcomes(program)) <= set(report.candidates(program))
    assert set(machine.run(program, MOMENT).outcomes) <= sets[report.C]


def test_a_register_that_is_never_written_is_zero() -> None:
    program = shapes.own("a = x; if a == 5: {b = y} || y = 1")
    assert set(machine.run(program, MOMENT).outcomes) == {"a=0 b=0"}


def test_one_thread_and_six_threads_run() -> None:
    assert set(machine.run(shapes.own("x = 1; a = x"), MOMENT).outcomes) == {"a=1"}
    many = shapes.own(" || ".join(f"{name} = add(x, 1)" for name in "abcdef"))
    for state in machine.run(many, MOMENT).outcomes:
        found = sorted(int(part[-1]) for part in state.split()[:6])
        assert found == list(range(6)) and state.endswith("x=6")


# --- bad input ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("XYZ",), "Shapes: SB, MP,"),
        (("SB", "--order", "strong"), "Orders: relaxed, acq_rel, seq_cst,"),
        (("SB", "--order", "mixed"), "Orders: relaxed, acq_rel, seq_cst,"),
        (("SB", "--seconds", "0"), "Invalid value for '--seconds'"),
        (("x = 1; a = ", "--seconds", "1"), "not a program"),
        (("x = 1 || a = y", "--order", "relaxed"), "leave the order away"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_bad_input_is_told_with_what_there_is(arguments: tuple[str, ...], words: str) -> None:
    done = grade(*arguments)
    assert done.returncode == 2 and words in done.stderr and "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x = 1 || ", "without a statement"),
        ("x.acq = 1", "store cannot be acquire"),
        ("a = x.rel", "load cannot be release"),
        ("a = x.weak", "not a program"),
        ("a = cas(x.sc.rel, 0, 1)", "fails cannot be release"),
        ("fence.rlx; x = 1", "relaxed fence"),
        ("a = x || a = y", "two threads use the register a"),
        (" || ".join(["x = 1"] * 7), "7 threads are more than 6"),
        ("launch the missiles;", "not a statement"),
    ],
)
def test_a_program_that_is_none_is_refused(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        shapes.own(text)


def test_a_test_that_dies_is_a_fault_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "COMPILE", (*machine.COMPILE, "-DLITMUS_MOST_REGISTERS"))
    with pytest.raises(GraderFault, match="gcc"):
        machine.run(SB, MOMENT)


# --- the report -----------------------------------------------------------------------------------

FOUR = {"a=0 b=0": 1, "a=0 b=1": 1, "a=1 b=0": 1, "a=1 b=1": 1}


def test_the_report_answers_the_question() -> None:
    text = told(result(FOUR, asks="a=0 b=0"))
    assert "Can it end with a=0 b=0? C allows it; this processor showed it once." in text
    rows = [line for line in text.splitlines() if "the question" in line]
    assert len(rows) == 1 and rows[0].split()[:6] == ["a=0", "b=0", "1", "yes", "yes", "no"]


def test_what_c_forbids_is_an_alarm() -> None:
    strong = shapes.program_of(shapes.find("SB"), "seq_cst")
    found = result(FOUR, program=strong, asks="a=0 b=0")
    assert found.is_alarming and "ALARM: a=0 b=0 was seen" in told(found)
    quiet = result({"a=1 b=1": 5}, program=strong)
    assert not quiet.is_alarming and "ALARM" not in told(quiet)


def test_load_buffering_is_no_alarm_where_c17_allows_it() -> None:
    shape = shapes.find("LB")
    found = result(FOUR, "aarch64", shapes.program_of(shape, "relaxed"), shape.asks)
    assert found.odd == ["a=1 b=1"] and not found.is_alarming and "not RC11" in told(found)
    strict = result(FOUR, "aarch64", shapes.program_of(shape, "acq_rel"), shape.asks)
    assert strict.is_alarming


def test_what_is_not_seen_is_told_with_its_reason() -> None:
    mp = shapes.program_of(shapes.find("MP"), "relaxed")
    some = {"a=0 b=0": 1, "a=0 b=1": 1, "a=1 b=1": 1}
    assert "No x86 processor shows that" in told(result(some, program=mp))
    assert "No x86" not in told(result(some, "aarch64", mp))
    assert "Longer runs may show it" in told(result({"a=1 b=1": 1, "a=0 b=1": 1, "a=1 b=0": 1}))
    assert "An interleaving gives it" in told(result({"a=0 b=0": 1}))


def test_what_only_a_compiler_can_have_done_is_told_on_x86() -> None:
    mp = shapes.program_of(shapes.find("MP"), "relaxed")
    found = result(FOUR, program=mp)
    assert not found.is_alarming and "the compiler may have moved" in told(found).replace("\n", " ")


def test_other_processors_have_no_column_for_x86() -> None:
    assert "x86-TSO" in told(result(FOUR)) and "x86" not in told(result(FOUR, "aarch64"))


# --- the prediction -------------------------------------------------------------------------------


def asked(answers: list[str], program: Program = SB, asks: str = "a=0 b=0") -> predict.Prediction:
    left = iter(answers)
    return predict.ask(program, asks, lambda question: next(left), lambda line: None)


def test_a_prediction_is_ticked_and_compared() -> None:
    said = asked(["2 3, 4", "all"])
    assert said.allowed == {"a=0 b=1", "a=1 b=0", "a=1 b=1"} and said.seen == set(FOUR)
    first, second = predict.verdict(said, result(FOUR))
    assert first == "Your prediction, allowed: 3 of 4 right. You left out a=0 b=0."
    assert second == "Your prediction, seen here: 4 of 4 right."


def test_an_answer_that_cannot_be_read_is_asked_again() -> None:
    assert asked(["seven", "0", "9", "none", "1"]).allowed == frozenset()


def test_no_answer_is_no_prediction() -> None:
    assert predict.verdict(asked([""]), result(FOUR)) == []


def test_a_program_with_many_outcomes_is_asked_about_one() -> None:
    shape = shapes.find("Z6.U")
    program = shapes.program_of(shape, "mixed")
    assert len(report.candidates(program)) > report.MOST_CANDIDATES
    said = asked(["perhaps", "n"], program, shape.asks)
    outcome = result({}, program=program, asks=shape.asks)
    assert predict.verdict(said, outcome) == ["You said no: not so."]


# --- the command ----------------------------------------------------------------------------------


def test_without_a_name_it_lists_shapes_and_orders() -> None:
    done = grade()
    assert done.returncode == 0
    for name in (*(shape.name for shape in shapes.SHAPES), *shapes.ORDERS):
        assert name in done.stdout


@pytest.mark.parametrize("name", ["sb", "IRIW", "x = 1; a = y.acq || y.rel = 1; b = x"])
def test_it_runs_without_a_terminal_and_fits_80_columns(name: str) -> None:
    done = grade(name, "--seconds", str(MOMENT))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "x86" in done.stdout or machine.architecture() != report.X86
    assert max(map(len, done.stdout.splitlines())) <= 80 and "predict" not in done.stdout.lower()


def test_it_gives_json(tmp_path: Path) -> None:
    done = grade("MP", "--order", "mixed", "--seconds", str(MOMENT), "--json", "-")
    data = json.loads(done.stdout)
    assert data["shape"] == "MP" and data["asks"] == "a=1 b=0" and not data["alarm"]
    assert sum(outcome["seen"] for outcome in data["outcomes"]) == data["runs"]
    file = tmp_path / "result.json"
    assert grade("MP", "--seconds", str(MOMENT), "--json", str(file)).returncode == 0
    assert json.loads(file.read_text())["orders"] == "every access is relaxed"


def test_on_a_terminal_the_reader_predicts_first() -> None:
    master, slave = pty.openpty()
    command = [sys.executable, str(workbook.ROOT / "grader" / "grade"), "litmus", "SB"]
    with subprocess.Popen(
        [*command, "--seconds", str(MOMENT)], stdin=slave, stdout=subprocess.PIPE, text=True
    ) as process:
        os.write(master, b"1 2 3 4\n1\n")
        output, _ = process.communicate(timeout=60)
    os.close(slave)
    os.close(master)
    assert process.returncode == 0
    assert output.index("does C allow?") < output.index("runs in")
    assert "Your prediction, allowed: 4 of 4 right." in output


def test_an_alarm_is_exit_status_1(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "run", lambda *_: machine.Seen(4, 1.0, 2, FOUR))
    done = CliRunner().invoke(litmus, ["SB", "--order", "seq_cst"], standalone_mode=False)
    assert "ALARM" in done.output and done.return_value == 1
    done = CliRunner().invoke(litmus, ["SB"], standalone_mode=False)
    assert "ALARM" not in done.output and done.return_value == 0
