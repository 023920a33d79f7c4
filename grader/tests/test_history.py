"""The linearizability checker: its specifications, its verdicts, its reports, its recorder.

The judge of the judge is history/models.py: models of its own, and every order tried.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from history import generate
from history.models import (
    NONE,
    History,
    Op,
    is_legal,
    most_placed,
    must_place,
    placed,
)

HERE = Path(__file__).resolve().parent / "history"
RUNTIME = HERE.parents[1] / "runtime"
PARTS = RUNTIME / "history"
CHECKER = ("linearize", "memo", "digest", "report", "timeline")
SPECS = ("specs_cells", "specs_sequences", "specs_keyed")
SEED, OF_EACH = 5, 500
FLAGS = ("-std=c17", "-D_GNU_SOURCE", "-g", "-Wall", "-Wextra", "-Werror", "-pthread")


def compile_c(compiler: str, sources: Sequence[Path], out: Path, *flags: str) -> Path:
    """Compile and link; `out` is the program, or the object when flags say -c."""
    command = [compiler, *FLAGS, *flags, f"-I{RUNTIME / 'include'}", f"-I{PARTS}"]
    subprocess.run([*command, *map(str, sources), "-o", str(out)], check=True, timeout=120)
    return out


def parts(*names: str) -> list[Path]:
    """Files of the runtime."""
    return [PARTS / f"{name}.c" for name in names]


def ask(judge: Path, histories: Sequence[History], *arguments: str) -> str:
    """What the program under test says of these histories."""
    text = "".join(history.text() for history in histories)
    done = subprocess.run(
        [str(judge), *arguments], input=text, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stdout[-500:] + done.stderr
    return done.stdout


class Verdict:
    """One line of judge.c."""

    def __init__(self, line: str) -> None:
        self.answer, how, refused, cached, *prefix = line.split()
        self.by_key, self.same_when_cached = how == "key", cached == "same"
        self.refused = [bit for bit in range(64) if int(refused, 16) >> bit & 1]
        self.prefix = tuple(map(int, prefix))


def verdicts(judge: Path, histories: Sequence[History]) -> list[Verdict]:
    """The verdicts, in the order of the histories."""
    return [Verdict(line) for line in ask(judge, histories).splitlines()]


@pytest.fixture(scope="module", params=["gcc", "clang"])
def judge(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """judge.c with the checker, under each compiler."""
    out = tmp_path_factory.mktemp("judge") / "judge"
    sources = [HERE / "judge.c", *parts(*CHECKER, *SPECS)]
    return compile_c(request.param, sources, out, "-O2", "-fsanitize=address,undefined")


@pytest.fixture(scope="module")
def corpus() -> list[tuple[History, bool]]:
    """Random histories, each with what trying every order says."""
    made = generate.histories(SEED, OF_EACH)
    return [(history, most_placed(history) == must_place(history)) for history in made]


# --- the specifications ----------------------------------------------------------------------------


def sequential(spec: str, steps: Sequence[tuple[object, ...]], parameter: int = 0) -> History:
    """One operation after the other: (name, arguments..., result), by thread 1 or "name@2"."""
    ops = []
    for name, *arguments, result in steps:
        word, _, thread = str(name).partition("@")
        ops.append(Op(word, tuple(arguments), int(thread or 1), result))  # type: ignore[arg-type]
    return History(spec, parameter, tuple(ops), tuple(frozenset(range(n)) for n in range(len(ops))))


# Each is right; each with one of its looked-at answers changed is wrong.
SEQUENCES: list[tuple[str, int, list[tuple[object, ...]]]] = [
    ("register", 3, [("read", 3), ("write", 5, 0), ("read", 5), ("exchange", 6, 5), ("read", 6)]),
    ("register", 0, [("fetch_add", 2, 0), ("compare_exchange", 2, 9, 1), ("read", 9)]),
    ("register", 0, [("compare_exchange", 1, 9, 0), ("read", 0), ("fetch_add", -1, 0)]),
    ("register0", 7, [("read", 0), ("write", 1, 0), ("read", 1)]),
    ("counter", 10, [("read", 10), ("increment", 0), ("fetch_add", 5, 11), ("read", 16)]),
    ("counter0", 7, [("decrement", 0), ("read", -1), ("add", 3, 0), ("read", 2)]),
    ("queue", 0, [("pop", NONE), ("push", 1, 0), ("push", 2, 0), ("peek", 1), ("pop", 1)]),
    ("queue", 0, [("push", 1, 0), ("push", 2, 0), ("pop", 1), ("pop", 2), ("pop", NONE)]),
    ("bounded queue", 1, [("push", 4, 1), ("push", 5, 0), ("pop", 4), ("push", 6, 1), ("pop", 6)]),
    ("stack", 0, [("push", 1, 0), ("push", 2, 0), ("peek", 2), ("pop", 2), ("pop", 1)]),
    ("stack", 0, [("pop", NONE), ("peek", NONE), ("push", 3, 0), ("pop", 3), ("pop", NONE)]),
    ("bounded stack", 2, [("push", 1, 1), ("push", 2, 1), ("push", 3, 0), ("pop", 2)]),
    ("set", 0, [("contains", 4, 0), ("add", 4, 1), ("add", 4, 0), ("contains", 4, 1)]),
    ("set", 0, [("remove", 4, 0), ("add", 4, 1), ("add", 3, 1), ("remove", 4, 1), ("add", 3, 0)]),
    ("map", 0, [("get", 1, NONE), ("put", 1, 5, NONE), ("put", 1, 6, 5), ("get", 1, 6)]),
    ("map", 0, [("insert", 2, 7, 1), ("insert", 2, 8, 0), ("get", 2, 7), ("remove", 2, 7)]),
    ("map", 0, [("set", 2, 7, 0), ("set", 1, 3, 0), ("contains", 2, 1), ("remove", 1, 3)]),
    ("map", 0, [("remove", 2, NONE), ("contains", 2, 0), ("set", 2, 4, 0), ("get", 2, 4)]),
    ("mutex", 0, [("try_lock", 1), ("try_lock@2", 0), ("unlock", 0), ("try_lock@2", 1)]),
    ("mutex", 0, [("lock", 0), ("try_lock", 0), ("unlock", 0), ("lock@2", 0), ("unlock@2", 0)]),
]
IGNORED = ("write", "increment", "decrement", "add", "set", "lock", "unlock")


def is_ignored(spec: str, name: str) -> bool:
    """Does the specification not look at this operation's result?"""
    if name == "push":
        return not spec.startswith("bounded")
    return name.partition("@")[0] in IGNORED and (spec, name) != ("set", "add")


@pytest.mark.parametrize(("spec", "parameter", "steps"), SEQUENCES)
def test_a_specification_knows_its_answers(
    judge: Path, spec: str, parameter: int, steps: list[tuple[object, ...]]
) -> None:
    said = verdicts(judge, [sequential(spec, steps, parameter)])[0]
    assert said.answer == "yes"
    for at, (name, *arguments, result) in enumerate(steps):
        wrong = [*steps[:at], (name, *arguments, 77), *steps[at + 1 :]]
        said = verdicts(judge, [sequential(spec, wrong, parameter)])[0]
        assert said.answer == ("yes" if is_ignored(spec, str(name)) else "no"), (name, result)
        if said.answer == "no" and not said.by_key:
            assert (said.prefix, said.refused) == (tuple(range(at)), [at])


def test_a_mutex_is_held_by_one_and_unlocked_by_its_holder(judge: Path) -> None:
    twice = [("lock", 0), ("lock@2", 0)]
    stranger = [("lock", 0), ("unlock@2", 0)]
    said = verdicts(judge, [sequential("mutex", steps) for steps in (twice, stranger)])
    assert [(one.answer, one.refused) for one in said] == [("no", [1])] * 2


def test_an_operation_that_the_specification_does_not_have_is_named(judge: Path) -> None:
    history = sequential("queue", [("push", 1, 0), ("pup", 1)])
    assert verdicts(judge, [history])[0].answer == "unknown"
    assert "  2 pup() = 1, thread 1" in ask(judge, [history], "report")


# --- precedence and pending operations ---------------------------------------------------------------


def history(spec: str, ops: Sequence[Op], *pairs: tuple[int, int]) -> History:
    """A history whose precedence is these pairs; the caller closes it transitively."""
    before = [frozenset(a for a, b in pairs if b == at) for at in range(len(ops))]
    return History(spec, 0, tuple(ops), tuple(before))


WRITE, STALE = Op("write", (1,), 1, 0), Op("read", (), 2, 0)
OPEN_PUSH, POP = Op("push", (1,), 1), Op("pop", (), 2, 1)
EMPTY = Op("pop", (), 2, NONE)


@pytest.mark.parametrize(
    ("made", "answer"),
    [
        (history("register", [WRITE, STALE]), "yes"),
        (history("register", [WRITE, STALE], (0, 1)), "no"),
        (history("queue", [OPEN_PUSH, POP]), "yes"),
        (history("queue", [OPEN_PUSH, EMPTY]), "yes"),
        (history("queue", [OPEN_PUSH, EMPTY], (0, 1)), "yes"),  # it precedes nothing
        (history("queue", [OPEN_PUSH, POP], (1, 0)), "no"),  # it began too late
        (history("queue", [OPEN_PUSH, POP, POP]), "no"),  # it happens once
        (history("mutex", [Op("lock", (), 1, 0), Op("lock", (), 2, 0)]), "no"),
        (history("mutex", [Op("lock", (), 1, 0), Op("lock", (), 2)]), "yes"),
        (history("register", [WRITE, STALE], (0, 1), (1, 0)), "no"),  # a cycle
        (history("queue", []), "yes"),
    ],
)
def test_precedence_orders_and_pending_operations_may_have_happened(
    judge: Path, made: History, answer: str
) -> None:
    assert verdicts(judge, [made])[0].answer == answer


def test_keys_are_judged_apart_where_that_is_sound(judge: Path) -> None:
    """Store buffering: each key has an order, both together have none (see linearize.c)."""
    put = [Op("put", (key, 1), key, NONE) for key in (1, 2)]
    get = [Op("get", (3 - key,), key, NONE) for key in (1, 2)]
    buffers = history("map", [*put, *get], (0, 2), (1, 3))
    in_time = history("map", [*put, *get], (0, 2), (1, 3), (0, 3))
    wrong = history("map", [put[0], Op("get", (1,), 2, NONE), put[1]], (0, 1), (0, 2))
    said = verdicts(judge, [buffers, in_time, wrong])
    assert [(one.answer, one.by_key) for one in said] == [("no", False), ("no", True), ("no", True)]


def test_sixty_four_operations_are_no_trouble(judge: Path) -> None:
    """Eight threads, all concurrent; a FIFO queue whose answers come from some order."""
    ops = [Op("push", (n,), 1 + n % 8, 0) for n in range(32)]
    ops += [Op("pop", (), 1 + n % 8, n) for n in range(32)]
    by_thread = [(a, b) for b in range(64) for a in range(b) if ops[a].thread == ops[b].thread]
    assert verdicts(judge, [history("queue", ops, *by_thread)])[0].answer == "yes"
    same = [Op("add", (n,), 1 + n % 8, 1) for n in range(63)] + [Op("add", (5,), 1, 1)]
    said = verdicts(judge, [history("set", same)])[0]
    assert (said.answer, said.by_key) == ("no", True)


def test_what_cannot_be_decided_is_said(judge: Path) -> None:
    ops = [Op("write", (n,), 1 + n % 8, 0) for n in range(63)] + [Op("read", (), 1, 99)]
    assert verdicts(judge, [history("register", ops)])[0].answer == "undecided"


# --- against every order ------------------------------------------------------------------------------


def test_the_corpus_is_worth_its_name(corpus: list[tuple[History, bool]]) -> None:
    for name in sorted({made.spec for made, _ in corpus}):
        answers = [right for made, right in corpus if made.spec == name]
        assert 0.2 < sum(answers) / len(answers) < 0.95, name
    pending = sum(op.result is None for made, _ in corpus for op in made.ops)
    assert pending > len(corpus) / 4


def test_the_checker_agrees_with_trying_every_order(
    judge: Path, corpus: list[tuple[History, bool]]
) -> None:
    for (made, right), said in zip(
        corpus, verdicts(judge, [made for made, _ in corpus]), strict=True
    ):
        assert said.answer == ("yes" if right else "no"), made.text()
        assert said.same_when_cached
        if said.by_key or (right and not said.prefix):
            continue
        assert is_legal(made, said.prefix), made.text()
        assert placed(made, said.prefix) == most_placed(made), made.text()
        for op in said.refused:
            assert not is_legal(made, (*said.prefix, op)), made.text()


# Each: the file, what stands there, and what stands there instead.
MUTANTS: dict[str, tuple[str, dict[str, str]]] = {
    "the memo forgets the state": (
        "memo",
        {
            "hash_bytes(hash_mix(done, bytes), state, bytes)": "hash_mix(done, 1)",
            "!memcmp(memo.states + entry->state, state, bytes)": "true",
            "entry->bytes == bytes &&": "",
        },
    ),
    "the memo forgets what is done": (
        "memo",
        {"hash_mix(done, bytes)": "1", "entry->done == done &&": ""},
    ),
    "precedence is ignored": (
        "linearize",
        {"precedence->before[op] & work.returned": "precedence->before[op] & 0"},
    ),
    "a pending operation precedes others": (
        "linearize",
        {"precedence->before[op] & work.returned": "precedence->before[op]"},
    ),
    "a pending operation must happen": (
        "linearize",
        {"if (ops[op].returned) work.returned": "work.returned"},
    ),
    "a pending operation never happens": (
        "linearize",
        {"while (!top->untried)": "while (!(top->untried & must))"},
    ),
    "keys are always judged apart": ("linearize", {"&& is_interval_order()": ""}),
    "only the first key is judged": ("linearize", {"rest &= ~same;": "rest = 0;"}),
    "the first refusal ends it": (
        "linearize",
        {"take_untried(top))) continue;": "take_untried(top))) return HISTORY_NOT_LINEARIZABLE;"},
    ),
    "a refused operation is taken all the same": (
        "linearize",
        {"&work.ops[op])) return false;": "&work.ops[op])) {}"},
    ),
    "a queue with its ends exchanged": (
        "specs_sequences",
        {"take(state, op, 0)": "take(state, op, ((struct sequence *)state)->count - 1)"},
    ),
    "a capacity that is one too large": (
        "specs_sequences",
        {">= sequence->capacity": "> sequence->capacity"},
    ),
    "the digest forgets the capacity": (
        "digest",
        {"add(&digest, (uint64_t)spec->parameter)": "(void)0"},
    ),
    "the digest forgets the results": (
        "digest",
        {"add(&digest, (uint64_t)op->result)": "(void)0"},
    ),
    "the digest forgets the precedence": (
        "digest",
        {"add(&digest, precedence->before[op - ops])": "(void)0"},
    ),
}
LENIENT = ("-O1", "-Wno-error", "-w")  # a mutant leaves names unused


@pytest.mark.parametrize("name", MUTANTS)
def test_a_broken_checker_is_seen(
    name: str, corpus: list[tuple[History, bool]], tmp_path: Path
) -> None:
    part, changes = MUTANTS[name]
    text = (PARTS / f"{part}.c").read_text(encoding="utf-8")
    for old, new in changes.items():
        assert text.count(old) == 1, "the mutant does not fit the code any more"
        text = text.replace(old, new)
    mutant = tmp_path / f"{part}.c"
    mutant.write_text(text, encoding="utf-8")
    others = [source for source in parts(*CHECKER, *SPECS) if source.name != mutant.name]
    judge = compile_c("gcc", [HERE / "judge.c", mutant, *others], tmp_path / "judge", *LENIENT)
    said = verdicts(judge, [made for made, _ in corpus])
    assert any(
        one.answer != ("yes" if right else "no") or not one.same_when_cached
        for (_, right), one in zip(corpus, said, strict=True)
    )


# --- reports --------------------------------------------------------------------------------------------


QUEUE = """\
This history is not linearizable: FIFO queue.
  main           thread 1       thread 2
  1 push(1) = 0
                 2 push(2)
                 |              3 pop()
                 2 = 0          |
                 4 pop()        |
                 |              3 = 2
                 |              5 pop() ...
                 4 = 2          |
The FIFO queue allows at most this much, in this order:
  1 push(1) = 0, main
  2 push(2) = 0, thread 1
  after which it holds, oldest first, 1, 2.
One of these must come next, and none can:
  3 pop() = 2, thread 2
  4 pop() = 2, thread 1
"""
BUFFERS = """\
This history is not linearizable: map.
  thread 1     thread 2
  1 put(1, 1)
  |            2 put(2, 1)
  1 = none     |
  3 get(2)     |
  |            2 = none
  |            4 get(1)
  3 = none     |
               4 = none
The rows are one order of several: between threads, nothing is ordered.
The map allows at most this much, in this order:
  1 put(1, 1) = none, thread 1
  3 get(2) = none, thread 1
  2 put(2, 1) = none, thread 2
  after which it holds {1: 1, 2: 1}.
This must come next, and cannot:
  4 get(1) = none, thread 2
"""


def test_a_report_shows_threads_side_by_side(judge: Path) -> None:
    ops = [
        Op("push", (1,), 0, 0),
        Op("push", (2,), 1, 0),
        Op("pop", (), 2, 2),
        Op("pop", (), 1, 2),
        Op("pop", (), 2),
    ]
    pairs = [(0, 1), (0, 2), (0, 3), (1, 3), (0, 4), (1, 4), (2, 4)]
    assert ask(judge, [history("queue", ops, *pairs)], "report") == QUEUE


def test_a_report_says_what_the_rows_cannot(judge: Path) -> None:
    put = [Op("put", (key, 1), key, NONE) for key in (1, 2)]
    get = [Op("get", (3 - key,), key, NONE) for key in (1, 2)]
    third = Op("get", (1,), 3, 1)
    nothing = history("map", [*put, *get], (0, 2), (1, 3))
    something = history("map", [*put, *get, third], (0, 2), (1, 3), (0, 4))
    assert ask(judge, [nothing], "report") == BUFFERS
    assert (
        "Between threads, only this is so:\n  1 returns before 5 is invoked\nThe map allows"
        in ask(judge, [something], "report")
    )


def rows(report: str) -> tuple[dict[int, int], dict[int, int]]:
    """In which row of the table each operation is invoked, and in which it returns."""
    invoked, returned = {}, {}
    for row, line in enumerate(report.partition("\nThe ")[0].splitlines()):
        for number, call in re.findall(r"\b(\d+) (\w+\(|= )", line):
            if call != "= ":
                invoked[int(number) - 1] = row
            if call == "= " or re.search(r"\) = ", line):
                returned[int(number) - 1] = row
    return invoked, returned


def test_every_report_fits_a_page_and_shows_the_order_as_it_is(
    judge: Path, corpus: list[tuple[History, bool]]
) -> None:
    wrong = [made for made, right in corpus if not right]
    reports = ask(judge, wrong, "report").split("This history is ")[1:]
    for made, report in zip(wrong, reports, strict=True):
        assert max(map(len, report.splitlines())) <= 80
        if "the operations on" in report.splitlines()[0]:
            continue
        invoked, returned = rows(report)
        assert len(invoked) == len(made.ops)
        finished = [at for at, op in enumerate(made.ops) if op.result is not None]
        assert sorted(returned) == finished
        true = {(a, b) for b, before in enumerate(made.before) for a in before if a in returned}
        shown = {(a, b) for a in returned for b in invoked if returned[a] < invoked[b]}
        assert true <= shown, report
        assert (true < shown) == ("The rows are one order" in report), report
        earlier = [before.intersection(returned) for before in made.before]
        is_chain = all(one <= other or other <= one for one in earlier for other in earlier)
        assert not (is_chain and true < shown), report


def test_many_threads_get_a_line_for_each_event(judge: Path) -> None:
    ops = [Op("compare_exchange", (1, 2), thread, 1) for thread in range(8)]
    said = ask(judge, [history("register", ops)], "report")
    assert "  thread 7   8 compare_exchange(1, 2)\n" in said
    assert max(map(len, said.splitlines())) <= 80


# --- the header ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_the_header_stands_alone_and_its_example_compiles(compiler: str, tmp_path: Path) -> None:
    header = (RUNTIME / "include" / "history.h").read_text(encoding="utf-8")
    example = re.search(r" \*     enum \{ FLIP.*?coin_apply\};", header, re.DOTALL)
    assert example
    program = tmp_path / "example.c"
    program.write_text(
        '#include "history.h"\n'
        + re.sub(r"^ \*", "", example.group(), flags=re.MULTILINE)
        + """
        int main(void) {
            history_clear();
            int a = history_invoke("flip"), b = history_invoke("f", 1), c = history_invoke("g", 1, 2);
            history_return(a, 0), history_return(b, 0), history_return(c, 0);
            history_require_linearizable(&coin);
        }
        """.rstrip(
            " "
        )
    )
    compile_c(compiler, [program], tmp_path / "example.o", "-c", "-pedantic")


# --- the recorder ---------------------------------------------------------------------------------------

Run = Callable[[str], subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module", params=["gcc", "clang"])
def threads(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """threads.c with the recorder, under each compiler."""
    out = tmp_path_factory.mktemp("threads") / "threads"
    sources = [HERE / "threads.c", *parts("record", "require", *CHECKER, *SPECS)]
    program = compile_c(request.param, sources, out, "-O2")

    def run(name: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([str(program), name], capture_output=True, text=True, timeout=60)

    return run


def test_the_recorder_notes_who_came_before_whom(threads: Run) -> None:
    assert threads("notes").stdout.splitlines() == [
        f"get/1(7, 0) by 0 = {-(2**63)}, after 0",
        "contains/1(9, 0) by 0 = 1, after 5",
        "put/2(1, 2) by 1 = 5, after 0",
        "remove/1(1, 0) by 1 open, after 4",
    ]


def test_a_queue_under_a_lock_is_linearizable(threads: Run) -> None:
    done = threads("queue")
    assert (done.returncode, done.stdout) == (0, "linearizable\n")


def test_a_stack_is_no_queue_and_the_scenario_is_told(threads: Run) -> None:
    done = threads("stack")
    assert done.returncode == 1
    assert done.stdout.startswith("threads.c:1: history_linearizable()\nThis history is not linear")
    assert "This must come next, and cannot:\n  3 pop() = 2, main\n" in done.stdout


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("twice", "panic: history_return: the operation must be one that has been invoked"),
        ("unknown", "panic: history_require_linearizable: each operation must be one"),
        ("many", "panic: history_invoke: a history has at most 64 operations"),
    ],
)
def test_a_callers_bug_panics(threads: Run, name: str, said: str) -> None:
    done = threads(name)
    assert (done.returncode, done.stdout[: len(said)]) == (3, said)


def test_a_program_may_bring_its_own_specification(threads: Run) -> None:
    done = threads("own")
    assert done.returncode == 1 and "not linearizable: coin.\n" in done.stdout
    assert "  4 look() = 0, main\n" in done.stdout


def test_threadsanitizer_sees_no_edge_in_the_recorder(tmp_path: Path) -> None:
    """With the recorder instrumented the race is hidden: so the test could fail."""
    reports = {}
    for name, flags in {"shipped": (), "instrumented": ("-fsanitize=thread",)}.items():
        record = compile_c("clang", parts("record"), tmp_path / f"{name}.o", "-O1", "-c", *flags)
        sources = [HERE / "race.c", record]
        program = compile_c("clang", sources, tmp_path / name, "-O1", "-fsanitize=thread")
        done = subprocess.run([str(program)], capture_output=True, text=True, timeout=60)
        assert done.stdout == "2 operations\n"
        reports[name] = "data race" in done.stderr
    assert reports == {"shipped": True, "instrumented": False}


def test_helgrind_sees_no_edge_in_the_recorder_and_no_race(tmp_path: Path) -> None:
    errors = {}
    for name, flags in {"racing": (), "locked": ("-DLOCKED",)}.items():
        sources = [HERE / "race.c", *parts("record")]
        program = compile_c("gcc", sources, tmp_path / name, "-O1", *flags)
        command = ["valgrind", "--tool=helgrind", "--fair-sched=yes", str(program)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        assert done.stdout == "2 operations\n"
        errors[name] = "touch (race.c" in done.stderr, "ERROR SUMMARY: 0 errors" in done.stderr
    assert errors == {"racing": (True, False), "locked": (False, True)}
