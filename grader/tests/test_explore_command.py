"""`grader/grade explore`: building, symbols, the table, the schema, the exit statuses."""

from __future__ import annotations

import copy
import json
import os
import re
import shutil
import subprocess
import threading
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from happens_before.commands.explore import Request
from happens_before.core import workbook
from happens_before.core.cache import Cache
from happens_before.core.errors import GraderFault, InputError
from happens_before.core.toolchain import Compiled, Toolchain
from happens_before.explore import (
    adversary,
    assembly,
    build,
    debugger,
    findings,
    harmless,
    runner,
    slots,
    sources,
    table,
    words,
)
from happens_before.explore.symbols import Symbols
from happens_before.sandbox import find_sandbox

SCHEMA = json.loads((workbook.SCHEMA / "explore.schema.json").read_text())
PROGRAM = """struct pair { int first, second; };
static struct { long head; struct pair slots[4]; int grid[2][3]; } queue;
static _Atomic int flag;
long *last(void) { static long kept; return &kept; }
static void inner(void) { queue.head++; }
void writer(void) { inner(); }
int reader(void) { return flag + (int)queue.head; }
int main(void) { writer(); *last() = 1; return reader(); }
"""


# --- a small program, and raw results about it ----------------------------------------------------


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("program")
    (directory / "cell.c").write_text(PROGRAM)
    command = ["clang", "-O0", "-g", "-gdwarf-4", "-no-pie", "cell.c", "-o", "cell"]
    subprocess.run(command, cwd=directory, check=True)
    return directory / "cell"


@pytest.fixture(scope="module")
def addresses(program: Path) -> dict[str, int]:
    done = subprocess.run(["nm", str(program)], capture_output=True, text=True, check=True)
    rows = [line.split() for line in done.stdout.splitlines()]
    return {row[2]: int(row[0], 16) for row in rows if len(row) == 3}


@pytest.fixture
def symbols(program: Path) -> Symbols:
    return Symbols(program, [program.parent])


def a_step(n: int, thread: int, pc: int, op: str = "load", **more: Any) -> dict[str, Any]:
    step: dict[str, Any] = {"n": n, "thread": thread, "pc": f"{pc:#x}", "stack": [], "op": op}
    step |= {"label": "atomic", "order": "acquire", "address": None, "size": 4, "location": 3}
    step |= {"read": None, "written": None, "from": None, "stale": False, "note": None}
    return step | more


@pytest.fixture
def raw(addresses: dict[str, int]) -> dict[str, Any]:
    """A data race between writer and reader, as the runtime would tell it."""
    write, read = addresses["writer"] + 1, addresses["reader"] + 1
    flag, queue = f"{addresses['flag']:#x}", f"{addresses['queue']:#x}"
    main = f"{addresses['main'] + 1:#x}"
    fault = {
        **{"kind": "data race", "thread": 2, "text": "two accesses that nothing orders."},
        **{"pc": f"{read:#x}", "stack": [f"{read:#x}", main], "address": queue},
        "other": {"thread": 1, "pc": f"{write:#x}", "stack": [main], "what": "write of 8 bytes"},
        **{"missing": "thread 1's store to `flag` is relaxed.", "token": "r1-2-3"},
        **{"waiting": [], "history": None},
    }
    store = {"written": "0x1", "address": flag, "order": "relaxed"}
    load = {"read": "0x1", "from": 1, "address": flag}
    return {
        **{"schema": 1, "verdict": "fault", "mode": "exhaustive", "model": "rc11"},
        **{"scenario": None, "complete": False, "bound": None, "executions": 12, "blocked": 3},
        **{"steps": 345, "seconds": 0.5, "seed": 0, "samples": 0, "max_depth": 40, "threads": 3},
        **{"bypass_below": 0, "statement": None, "outcomes": [], "fault": fault},
        **{"output": "", "counters": {}},
        "trace": [a_step(1, 1, write, "store", **store), a_step(2, 2, read, **load)],
    }


def told(raw: dict[str, Any], symbols: Symbols) -> dict[str, Any]:
    return findings.findings(raw, symbols) | {"replay": None}


def text_of(data: dict[str, Any], width: int = 100) -> str:
    return "\n".join(line for line, _ in table.report(data, width))


def ended(raw: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(raw), "fault": None, "trace": [], **changes}


# --- places and names -----------------------------------------------------------------------------


def test_findings_keep_the_schema(raw: dict[str, Any], symbols: Symbols) -> None:
    jsonschema.validate(told(raw, symbols), SCHEMA)
    jsonschema.validate(told(ended(raw, verdict="correct", complete=True), symbols), SCHEMA)
    assembler = assembly.Opaque("lock; incl x", "a.c", 3)
    unread = findings.opaque([assembler], "exhaustive", "rc11") | {"replay": None}
    jsonschema.validate(unread, SCHEMA)
    assert "inline assembly" in text_of(unread) and "a.c:3" in text_of(unread)


def test_every_program_counter_becomes_a_place(raw: dict[str, Any], symbols: Symbols) -> None:
    data = told(raw, symbols)
    place = data["fault"]["pc"]
    assert (place["function"], place["file"], place["line"]) == ("reader", "cell.c", 7)
    assert place["source"].startswith("int reader(void)")
    assert [frame["function"] for frame in data["fault"]["stack"]] == ["reader", "main"]
    assert [frame["function"] for frame in data["fault"]["other"]["stack"]] == ["writer", "main"]


def test_variables_are_named_with_their_members(
    symbols: Symbols, addresses: dict[str, int]
) -> None:
    queue = addresses["queue"]
    assert symbols.name(queue) == "queue.head"
    assert symbols.name(queue + 8 + 8 * 2 + 4) == "queue.slots[2].second"
    assert symbols.name(queue + 40 + 4 * 4) == "queue.grid[1][1]"
    assert symbols.name(queue + 8 + 2) == "queue.slots[0].first + 2"
    assert symbols.name(addresses["flag"]) == "flag"
    assert symbols.name(addresses["last.kept"]) == "kept"
    assert symbols.name(0x10) == ""


def test_regions_name_what_has_no_symbol(raw: dict[str, Any], symbols: Symbols) -> None:
    raw["regions"] = [
        {"low": "0x7f0000000000", "high": "0x7f0000010000", "what": "heap of thread 1"},
        {"low": "0x7f0000000040", "high": "0x7f0000000060", "what": "heap block 3 of thread 1"},
    ]
    raw["trace"][1] |= {"address": "0x7f0000000048", "read": "0x7f0000000040", "size": 8}
    data = told(raw, symbols)
    jsonschema.validate(data, SCHEMA)
    step = data["trace"][1]
    assert step["variable"] == "heap block 3 of thread 1 + 8"
    assert step["read_as"] == "heap block 3 of thread 1"


def test_a_threads_own_memory_is_named_as_the_runtime_lays_it_out(tmp_path: Path) -> None:
    source = tmp_path / "layout.c"
    source.write_text(
        '#include <stdio.h>\n#include "memory.h"\n'
        "int main(void) { for (int t = 0; t < MAX_THREADS; t += MAX_THREADS - 1)\n"
        'printf("%zu %zu %zu %zu\\n", (size_t)heap_low(t) + 64, (size_t)stack_low(t) - 1,\n'
        "(size_t)stack_high(t) - 16, (size_t)tls_low(t) + 8); }\n"
    )
    include = f"-I{workbook.RUNTIME / 'explorer'}"
    subprocess.run(["gcc", "-std=c17", include, source, "-o", tmp_path / "layout"], check=True)
    done = subprocess.run([tmp_path / "layout"], capture_output=True, text=True, check=True)
    for thread, line in zip((0, slots.MAX_THREADS - 1), done.stdout.splitlines(), strict=True):
        assert [slots.name_of(int(word)) for word in line.split()] == [
            f"heap of thread {thread} + 64",
            f"guard below the stack of thread {thread}",
            f"stack of thread {thread} - 16",
            f"thread-local memory of thread {thread} + 8",
        ]
    assert slots.name_of(slots.SLOTS_BASE - 1) == ""
    assert slots.name_of(slots.SLOTS_BASE + slots.MAX_THREADS * slots.SLOT_BYTES) == ""


def test_an_unknown_address_is_told_as_a_number(symbols: Symbols) -> None:
    (frame,) = symbols.frames("0x10")
    assert (frame.pc, frame.file, frame.function) == ("0x10", "", "")
    assert words.place(frame.to_json()) == "0x10"


@pytest.mark.parametrize(
    ("text", "size", "name", "shown"),
    [
        ("0x0", 4, "", "0"),
        ("0x2a", 4, "", "42"),
        ("0xffffffff", 4, "", "-1"),
        ("0xffffffffffffffff", 8, "", "-1"),
        ("0xffffffff", 8, "", "0xffffffff"),
        ("0xdeadbeef", 4, "", "0xdeadbeef"),
        ("0x404040", 8, "queue.slots[1]", "&queue.slots[1]"),
        ("0x404040", 8, "heap block 1 of thread 2", "heap block 1 of thread 2"),
        (None, 4, "", None),
    ],
)
def test_values_are_written_as_a_reader_would(
    text: str | None, size: int, name: str, shown: str | None
) -> None:
    assert words.value(text, size, name) == shown


@pytest.mark.parametrize("damage", ["schema", "trace", "fault", "seconds"])
def test_damaged_results_are_the_explorers_fault(
    raw: dict[str, Any], symbols: Symbols, damage: str
) -> None:
    del raw[damage]
    with pytest.raises(GraderFault):
        findings.findings(raw, symbols)


# --- the table ------------------------------------------------------------------------------------


def test_the_table_has_a_column_for_each_thread(raw: dict[str, Any], symbols: Symbols) -> None:
    text = text_of(told(raw, symbols))
    head, _, *rows = text.splitlines()
    first, second = head.index("thread 1"), head.index("thread 2")
    store = next(row for row in rows if "flag = 1 [relaxed]" in row)
    load = next(row for row in rows if "flag is 1 [acquire, from step 1]" in row)
    assert first < store.index("flag = 1") < second < load.index("flag is 1")
    assert store.split("|")[0].strip() == "" and "writer, cell.c:" in text
    assert next(row for row in rows if "*** data race" in row).index("***") >= second


def test_the_report_tells_fault_edge_verdict_and_replay(
    raw: dict[str, Any], symbols: Symbols
) -> None:
    raw["executions"] = 12000
    data = told(raw, symbols)
    text = "\n".join(line for line, _ in table.report(data, 100, "grader/grade explore x.c"))
    assert "data race: two accesses that nothing orders." in text
    assert "thread 1, write of 8 bytes: writer, cell.c:6" in text
    assert "memory: queue.head" in text
    assert "missing: thread 1's store to `flag` is relaxed." in text
    assert "verdict: fault found: data race" in text
    assert "12,000 executions" in text and "3 blocked" in text and "24,000 executions/s" in text
    assert text.endswith("replay: grader/grade explore x.c")


def test_a_step_whose_lines_the_compiler_merged_has_its_function_at_least(
    raw: dict[str, Any], symbols: Symbols
) -> None:
    data = told(raw, symbols)
    data["trace"][0]["pc"] |= {"file": None, "line": None, "source": None}
    rows = text_of(data).splitlines()
    at = next(n for n, row in enumerate(rows) if "writer, at no single line:" in row)
    assert "flag = 1 [relaxed]" in rows[at + 1]


def test_what_each_thread_waits_for_is_told(
    raw: dict[str, Any], symbols: Symbols, addresses: dict[str, int]
) -> None:
    wait = {"thread": 1, "pc": f"{addresses['writer'] + 1:#x}", "stack": [], "for": "lock a mutex"}
    raw["fault"] |= {"kind": "deadlock", "other": None, "missing": None}
    raw["fault"]["waiting"] = [wait | {"address": f"{addresses['flag']:#x}"}]
    data = told(raw, symbols)
    jsonschema.validate(data, SCHEMA)
    assert "thread 1 waits to lock a mutex (flag), at writer, cell.c:6" in text_of(data)


def test_an_old_value_says_so(raw: dict[str, Any], symbols: Symbols) -> None:
    raw["trace"][1] |= {"read": "0x0", "from": 0, "stale": True}
    text = " ".join(text_of(told(raw, symbols), 160).split())
    assert "flag is 0 [acquire, initial value], an old value" in text


@pytest.mark.parametrize("width", [40, 80, 100, 160, 400])
@pytest.mark.parametrize("threads", [2, 5, 12])
def test_every_line_fits(raw: dict[str, Any], symbols: Symbols, width: int, threads: int) -> None:
    steps = [
        a_step(n, n % threads, int(raw["fault"]["pc"], 16), "rmw", read="0x0", written="0x1")
        for n in range(1, 40)
    ]
    raw["trace"] = steps
    lines = text_of(told(raw, symbols), width).splitlines()
    assert max(map(len, lines)) <= min(max(width, 80), 160)
    assert sum("0 -> 1" in line for line in lines) == len(steps)


def test_a_long_trace_is_shortened_in_its_middle(raw: dict[str, Any], symbols: Symbols) -> None:
    pc = int(raw["fault"]["pc"], 16)
    raw["trace"] = [a_step(n, n % 2, pc, "fence") for n in range(1, 1001)]
    lines = text_of(told(raw, symbols)).splitlines()
    assert any("steps left out" in line for line in lines)
    numbers = [int(match[1]) for line in lines if (match := re.match(r" *(\d+) \|", line))]
    assert numbers[0] == 1 and numbers[-1] == 1000 and 300 < len(numbers) < 500


def test_a_programs_text_cannot_steer_the_terminal(raw: dict[str, Any], symbols: Symbols) -> None:
    raw["fault"]["text"] = "\x1b[2Jhidden\a\r\nsecond"
    raw["trace"][0]["note"] = "\x1b]0;title\a"
    text = text_of(told(raw, symbols))
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", text)


def test_hidden_states_of_synchronisation_objects_are_not_shown(
    raw: dict[str, Any], symbols: Symbols
) -> None:
    raw["trace"][1] |= {"op": "rmw", "label": "lock a mutex", "hidden": True}
    raw["trace"][1] |= {"read": "0x0", "written": "0x300"}
    text = text_of(told(raw, symbols), 160)
    assert "lock a mutex flag" in text and "768" not in text


@pytest.mark.parametrize(
    ("changes", "ending"),
    [
        ({"verdict": "correct", "complete": True}, "complete: 12 executions;"),
        ({"verdict": "bounded", "bound": "unroll"}, "because a loop goes round more often"),
        ({"verdict": "bounded", "bound": "time"}, "because the time was up (--time)"),
        ({"verdict": "bounded", "mode": "sample", "statement": "1 in 7."}, "seed: 0\n1 in 7."),
        ({"verdict": "correct", "complete": True, "executions": 1}, "complete: 1 execution;"),
        ({"verdict": "correct", "bypass_below": 3}, "overtaken 2 times at most"),
    ],
    ids=str,
)
def test_the_last_lines_say_how_much_was_explored(
    raw: dict[str, Any], symbols: Symbols, changes: dict[str, Any], ending: str
) -> None:
    data = told(ended(raw, **changes), symbols)
    jsonschema.validate(data, SCHEMA)
    assert ending in text_of(data)


def test_final_states_are_listed(raw: dict[str, Any], symbols: Symbols) -> None:
    outcomes = [{"state": "a=1 b=0", "executions": 2}, {"state": "", "executions": 10}]
    data = told(ended(raw, verdict="correct", complete=True, outcomes=outcomes), symbols)
    assert " 2 x  a=1 b=0\n  10 x  -" in text_of(data)


# --- what the program's run is believed -----------------------------------------------------------


def test_exit_status_and_verdict_must_agree(tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    for verdict, status in words.EXIT_STATUS.items():
        file.write_text(json.dumps({"verdict": verdict}))
        assert runner.read_results(file, status, "") == {"verdict": verdict}
        for other in {0, 1, 3, 4} - {status}:
            with pytest.raises(GraderFault, match="disagree"):
                runner.read_results(file, other, "")


@pytest.mark.parametrize("content", [None, "", "[]", "7", '{"verdict": "corr', '{"verdict": 1}'])
def test_no_result_is_no_verdict(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "results.json"
    if content is not None:
        file.write_text(content)
    with pytest.raises(GraderFault, match="the explorer"):
        runner.read_results(file, 0, "words")


def test_refused_options_and_deaths_are_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no scenario 'x'"):
        runner.read_results(tmp_path / "none", 2, "explorer: no scenario 'x'\n")
    with pytest.raises(GraderFault, match="SIGSEGV"):
        runner.read_results(tmp_path / "none", -11, "")


def test_memory_taken_before_main_is_told_to_be_not_modelled(tmp_path: Path) -> None:
    file = tmp_path / "early.c"
    file.write_text(
        "#include <stdlib.h>\nstatic void *early;\n"
        "__attribute__((constructor)) static void take(void) { early = malloc(4); }\n"
        "int main(void) { free(early); return 0; }\n"
    )
    command = [workbook.ROOT / "grader" / "grade", "explore", file]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 4 and "malloc before main (a constructor)" in done.stderr


def test_what_does_not_end_is_ended(tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\nexec tail -f /dev/null\n")
    program.chmod(0o755)
    with pytest.raises(GraderFault, match="did not end by itself within 0.2 s"):
        runner.explore(program, [], patience_s=0.2)


# --- building -------------------------------------------------------------------------------------


def compiled(directory: Path, name: str, text: str, compiler: str = "clang") -> Compiled:
    file = directory / f"{name}.c"
    file.write_text(text)
    (directory / name).mkdir()
    objects, _ = sources.compile_all([file], compiler, [], directory / name)
    return objects[0]


def a_library(*modelled: str) -> build.Library:
    return build.Library(Path("/none"), frozenset(modelled), frozenset({"__tsan_init"}))


def needs(tmp_path: Path, text: str, *modelled: str, outside: bool = False) -> build.Needs:
    made = compiled(tmp_path, "asks", text)
    assert made.object
    runtime = a_library(*modelled)
    tsan = {s for s in undefined(made.object) if s.startswith("__tsan_")}
    known = build.Library(runtime.path, runtime.modelled, frozenset(tsan))
    return build.needs_of([made.object], known, outside)


def undefined(path: Path) -> set[str]:
    done = subprocess.run(["nm", "-u", str(path)], capture_output=True, text=True, check=True)
    return {line.split()[-1] for line in done.stdout.splitlines()}


def test_symbols_are_modelled_harmless_or_stubbed(tmp_path: Path) -> None:
    text = """#include <pthread.h>
    #include <math.h>
    #include <stdio.h>
    #include <stdlib.h>
    #include <string.h>
    #include <unistd.h>
    int main(int argc, char **argv) {
        pthread_mutex_t m;
        pthread_mutex_lock(&m);
        return (int)sqrt(argc) + (int)strlen(argv[0]) + atoi(argv[0]) + fork() + getpid();
    }"""
    found = needs(tmp_path, text, "pthread_mutex_lock", "pthread_mutex_unlock")
    assert found == build.Needs(("pthread_mutex_lock",), ("fork", "getpid"))


def test_the_programs_own_functions_are_its_own(tmp_path: Path) -> None:
    text = "int fork(void) { return 0; } int sleep(int s) { return fork() + s; }"
    assert needs(tmp_path, text, "sleep") == build.Needs((), ())


def test_what_nobody_has_is_left_to_the_linker(tmp_path: Path) -> None:
    text = "int nobody_has_this(void); int main(void) { return nobody_has_this(); }"
    assert needs(tmp_path, text).stubbed == ()


def test_a_foreign_library_is_not_modelled(tmp_path: Path) -> None:
    text = "int compress(void); int main(void) { return compress(); }"
    assert needs(tmp_path, text, outside=True).stubbed == ("compress",)


def test_a_weak_name_may_stay_undefined(tmp_path: Path) -> None:
    text = "__attribute__((weak)) int raise(int); int main(void) { return raise ? 1 : 0; }"
    assert needs(tmp_path, text).stubbed == ()


def test_harmless_functions_exist_and_are_not_shared_state() -> None:
    known = build.system_functions()
    by_compilers = {"_GLOBAL_OFFSET_TABLE_", "__dso_handle", "__gmon_start__", "_DYNAMIC"}
    by_compilers |= {"_ITM_registerTMCloneTable", "_ITM_deregisterTMCloneTable"}
    by_compilers |= {"__tls_get_addr"}  # of the dynamic linker
    newer = {n for n in harmless.FUNCTIONS if n.startswith("__isoc23_")} | {"strlcpy", "strlcat"}
    odd = harmless.FUNCTIONS - known - by_compilers - newer
    assert not odd
    states = {"rand", "srand", "strtok", "setlocale", "localtime", "setenv", "time", "malloc"}
    blocking = {"sleep", "read", "pause", "pthread_join", "system", "printf", "fork", "exit"}
    assert not (states | blocking) & harmless.FUNCTIONS


def test_a_stub_speaks_only_when_it_is_called(tmp_path: Path, kept: Path) -> None:
    runtime = tmp_path / "fake.c"
    runtime.write_text(
        "#include <stdio.h>\n#include <stdlib.h>\nvoid __tsan_init(void) {}\n"
        "void __tsan_func_entry(void *pc) { (void)pc; }\nvoid __tsan_func_exit(void) {}\n"
        "_Noreturn void explorer_not_modelled(const char *name) { puts(name); exit(4); }\n"
        "void explorer_fence(const void *borders) { (void)borders; }\n"
        "void fence_strayed(const void *target) { (void)target; }\n"
        "int explorer_start(int n, char **v, int (*program)(int, char **)) {"
        " return program(n, v); }\n"
    )
    out = tmp_path / build.LIBRARY_NAME
    soname = f"-Wl,-soname,{build.LIBRARY_NAME}"
    subprocess.run(["gcc", "-shared", "-fPIC", runtime, "-o", out, soname], check=True)
    defined = frozenset(build.exported(out))
    made = compiled(
        tmp_path,
        "asks",
        "#include <unistd.h>\n#include <sys/socket.h>\n"
        "int main(int argc, char **argv) { (void)argv;\n"
        "  return argc > 1 ? fork() : argc < 0 ? socket(1, 1, 1) : 0; }",
    )
    toolchain = Toolchain(Cache(kept), find_sandbox(allow_none=True), threading.Semaphore(2))
    linked = build.link(toolchain, build.Library(out, frozenset(), defined), [made])
    assert linked.stubbed == ("fork", "socket")
    (tmp_path / "run").mkdir()
    path = runner.lay_out(linked, tmp_path / "run")
    assert subprocess.run([path], check=False).returncode == 0
    done = subprocess.run([path, "x"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (4, "fork\n")


@pytest.mark.parametrize("compiler", ["clang", "gcc"])
def test_assembly_that_shares_is_seen_and_hints_are_not(tmp_path: Path, compiler: str) -> None:
    file = tmp_path / "asm.c"
    file.write_text(
        "static int x;\nint main(void) {\n"
        '    __asm__ volatile("" ::: "memory");\n    __builtin_ia32_pause();\n'
        '    __asm__ volatile("rep; nop" ::: "memory");\n    __asm__ volatile("pause");\n'
        '    __asm__ volatile("lock; incl %0" : "+m"(x));\n    return x;\n}\n'
    )
    _, found = sources.compile_all([file], compiler, [], tmp_path)
    assert [(item.line, Path(item.file).name) for item in found] == [(7, "asm.c")]
    assert found[0].text.startswith("lock")


def test_compile_errors_are_the_compilers_words(tmp_path: Path) -> None:
    file = tmp_path / "wrong.c"
    file.write_text("int main(void) { return nothing; }\n")
    with pytest.raises(sources.CompileError, match="wrong.c:1:.*undeclared"):
        sources.compile_all([file], "clang", [], tmp_path)
    with pytest.raises(InputError, match="no such file"):
        sources.compile_all([tmp_path / "none.c"], "clang", [], tmp_path)


def test_flags_go_to_the_compiler_or_the_linker() -> None:
    flags = ("-DN=3", "-lz", "-L/opt", "-Wl,-v", "-Iinclude", "extra.o", "-O2")
    assert sources.split_flags(flags) == (
        ["-DN=3", "-Iinclude", "-O2"],
        ["-lz", "-L/opt", "-Wl,-v", "extra.o"],
    )


# --- replay, gdb, the line protocol ---------------------------------------------------------------


def test_a_replay_repeats_what_changes_an_execution() -> None:
    options = {"memory_model": "tso", "lifo_heap": True, "seed": 7, "time": 3.0, "unroll": None}
    request = Request((Path("a b.c"),), "gcc", ("-DN=3",), options)
    assert request.replay("t1") == (
        "grader/grade explore 'a b.c' --compiler gcc --memory-model tso --lifo-heap"
        " --replay t1 -- -DN=3"
    )


def test_gdb_is_told_where_to_stop(tmp_path: Path) -> None:
    program = tmp_path / "program"
    command = debugger.command_of(program, ["--replay", "t1"])
    assert command[-4:] == ["--args", str(program), "--replay", "t1"]
    script = Path(command[command.index("-x") + 1]).read_text()
    assert f"break {debugger.STOP}\nrun\n" in script


def test_the_line_protocol_gets_places(symbols: Symbols, addresses: dict[str, int]) -> None:
    pc, flag = f"{addresses['reader'] + 1:#x}", f"{addresses['flag']:#x}"
    message = {"choices": [{"thread": 1, "pc": pc, "stack": [pc], "address": flag}]}
    (choice,) = json.loads(adversary.translated(json.dumps(message), symbols))["choices"]
    assert choice["pc"]["line"] == 7 and choice["stack"][0]["function"] == "reader"
    assert choice["variable"] == "flag"
    assert adversary.translated("hello\n", symbols) == "hello\n"


# --- the command ----------------------------------------------------------------------------------


def explore(*arguments: object, where: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = ["/usr/bin/python3", workbook.ROOT / "grader" / "grade", "explore", *arguments]
    environment = {k: v for k, v in os.environ.items() if k != "COLUMNS"}
    return subprocess.run(
        [str(word) for word in command],
        cwd=where,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "Missing argument"),
        (("/nowhere/x.c",), "no such file"),
        (("x.c", "--mode", "guess"), "Invalid value"),
        (("x.c", "--unroll", "0"), "Invalid value"),
        (("x.c", "--frobnicate"), "No such option"),
    ],
    ids=str,
)
def test_bad_usage_exits_with_2(arguments: tuple[str, ...], message: str) -> None:
    done = explore(*arguments)
    assert done.returncode == 2
    assert message in done.stderr and "Traceback" not in done.stderr


def test_a_build_error_exits_with_2_and_clangs_words(tmp_path: Path) -> None:
    (tmp_path / "wrong.c").write_text("int main(void) { return nothing; }\n")
    done = explore("wrong.c", where=tmp_path)
    assert done.returncode == 2
    assert "wrong.c:1:25: error: use of undeclared identifier 'nothing'" in done.stderr


# --- the whole, on the real runtime ---------------------------------------------------------------

BUFFERING = """#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include "outcome.h"
#ifndef ORDER
#define ORDER memory_order_relaxed
#endif
static _Atomic(int) x, y;
static int a, b;
static void *one(void *p) {
    atomic_store_explicit(&x, 1, ORDER);
    a = atomic_load_explicit(&y, ORDER);
    return p;
}
static void *two(void *p) {
    atomic_store_explicit(&y, 1, ORDER);
    b = atomic_load_explicit(&x, ORDER);
    return p;
}
int main(void) {
    pthread_t first, second;
    pthread_create(&first, NULL, one, NULL);
    pthread_create(&second, NULL, two, NULL);
    pthread_join(first, NULL);
    pthread_join(second, NULL);
    printf("hello\\n");
    outcome("a=%d b=%d", a, b);
    assert(a || b); /* HERE */
}
"""
LOCKS = """#include <pthread.h>
static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER, n = PTHREAD_MUTEX_INITIALIZER;
static void *one(void *p) {
    pthread_mutex_lock(&m);
    pthread_mutex_lock(&n); /* FIRST */
    pthread_mutex_unlock(&n);
    pthread_mutex_unlock(&m);
    return p;
}
static void *two(void *p) {
    pthread_mutex_lock(&n);
    pthread_mutex_lock(&m); /* SECOND */
    pthread_mutex_unlock(&m);
    pthread_mutex_unlock(&n);
    return p;
}
int main(void) {
    pthread_t first, second;
    pthread_create(&first, NULL, one, NULL);
    pthread_create(&second, NULL, two, NULL);
    pthread_join(first, NULL);
    pthread_join(second, NULL);
}
"""
PASSING = """#include <pthread.h>
#include <stdatomic.h>
struct { int header; int body[2]; } message; /* not static: clang would take it apart */
static _Atomic(int) ready;
static void *writer(void *p) {
    message.body[1] = 7; /* WRITE */
    atomic_store_explicit(&ready, 1, memory_order_relaxed);
    return p;
}
int main(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, writer, NULL);
    while (!atomic_load_explicit(&ready, memory_order_acquire)) {}
    int seen = message.body[1]; /* READ */
    pthread_join(thread, NULL);
    return seen - 7;
}
"""
CALLS = """#include <unistd.h>
int main(int argc, char **argv) {
    (void)argv;
    if (argc > 5) return getpid();
    return FORK;
}
"""


def found(path: Path, text: str, *arguments: object) -> tuple[int, dict[str, Any]]:
    """Explore this program; returns the exit status and the finding, held against the schema."""
    path.mkdir(exist_ok=True)
    (path / "main.c").write_text(text)
    front, flags = list(arguments), []
    if "--" in front:
        at = front.index("--")
        front, flags = front[:at], front[at:]
    done = explore("main.c", *front, "--json", "-", *flags, where=path)
    assert done.stdout, done.stderr
    data = json.loads(done.stdout)
    jsonschema.validate(data, SCHEMA)
    return done.returncode, data


def line_of(text: str, mark: str) -> int:
    return next(n for n, line in enumerate(text.splitlines(), 1) if f"/* {mark} */" in line)


@pytest.mark.parametrize("compiler", ["clang", "gcc"])
def test_a_fault_exits_with_1_and_replays(tmp_path: Path, compiler: str) -> None:
    status, data = found(tmp_path, BUFFERING, "--compiler", compiler)
    assert (status, data["verdict"], data["fault"]["kind"]) == (1, "fault", "assertion")
    assert data["fault"]["pc"]["line"] == line_of(BUFFERING, "HERE")
    stale = [step for step in data["trace"] if step["stale"]]
    assert [step["variable"] for step in stale] in (["x"], ["y"])
    assert "hello" in data["output"]
    token = data["fault"]["token"]
    assert data["replay"].endswith(f"--replay {token}")
    again, replayed = found(tmp_path, BUFFERING, "--compiler", compiler, "--replay", token)
    assert again == 1 and replayed["executions"] == 1
    assert replayed["trace"] == data["trace"]


def test_complete_without_a_fault_exits_with_0(tmp_path: Path) -> None:
    status, data = found(tmp_path, BUFFERING, "--memory-model", "sc")
    assert (status, data["verdict"], data["complete"]) == (0, "correct", True)
    states = {item["state"]: item["executions"] for item in data["outcomes"]}
    assert states == {"a=0 b=1": 1, "a=1 b=0": 1, "a=1 b=1": 1}
    status, data = found(tmp_path, BUFFERING, "--", "-DORDER=memory_order_seq_cst")
    assert (status, data["executions"]) == (0, 3)


def test_a_bound_exits_with_3(tmp_path: Path) -> None:
    status, data = found(tmp_path, BUFFERING, "--memory-model", "sc", "--max-executions", 2)
    assert (status, data["verdict"], data["bound"]) == (3, "bounded", "executions")
    assert "because the limit on executions was reached" in text_of(data)


def test_a_race_is_told_with_both_accesses(tmp_path: Path) -> None:
    status, data = found(tmp_path, PASSING)
    fault = data["fault"]
    assert (status, fault["kind"], fault["variable"]) == (1, "data race", "message.body[1]")
    lines = {fault["pc"]["line"], fault["other"]["pc"]["line"]}
    assert lines == {line_of(PASSING, "WRITE"), line_of(PASSING, "READ")}
    assert "missing:" in text_of(data)


def test_a_deadlock_says_who_waits_where(tmp_path: Path) -> None:
    status, data = found(tmp_path, LOCKS)
    assert (status, data["fault"]["kind"]) == (1, "deadlock")
    waiting = {item["thread"]: item for item in data["fault"]["waiting"]}
    assert waiting[1]["pc"]["line"] == line_of(LOCKS, "FIRST")
    assert waiting[2]["pc"]["line"] == line_of(LOCKS, "SECOND")
    assert (waiting[1]["variable"], waiting[2]["variable"]) == ("n", "m")
    assert waiting[0]["joins"] == 1
    assert "thread 1 waits to lock a mutex (n), held by thread 2 since step" in text_of(data)


def test_only_a_call_that_is_made_is_not_modelled(tmp_path: Path) -> None:
    assert found(tmp_path, CALLS, "--", "-DFORK=0")[0] == 0
    status, data = found(tmp_path, CALLS, "--", "-DFORK=fork()")
    assert (status, data["verdict"]) == (4, "not modelled")
    assert "fork" in data["fault"]["text"] and data["fault"]["pc"]["line"] == 5


def test_assembly_on_shared_memory_is_not_modelled(tmp_path: Path) -> None:
    text = 'static int x;\nint main(void) {\n__asm__("lock; incl %0" : "+m"(x));\nreturn x; }\n'
    status, data = found(tmp_path, text)
    assert (status, data["verdict"]) == (4, "not modelled")
    assert (data["fault"]["pc"]["line"], data["fault"]["pc"]["file"]) == (3, "main.c")


def test_the_table_ends_with_verdict_and_replay(tmp_path: Path) -> None:
    (tmp_path / "main.c").write_text(BUFFERING)
    done = explore("main.c", where=tmp_path)
    assert done.returncode == 1 and "\x1b" not in done.stdout
    assert max(map(len, done.stdout.splitlines()[:-1])) <= 100
    assert re.search(r"verdict: fault found: assertion\n.*\nreplay: grader/grade", done.stdout)


def test_the_programs_own_output_is_shown_when_asked_for(tmp_path: Path) -> None:
    (tmp_path / "main.c").write_text(BUFFERING)
    quiet = explore("main.c", "--memory-model", "sc", where=tmp_path)
    loud = explore("main.c", "--memory-model", "sc", "--print", where=tmp_path)
    assert "hello" not in quiet.stdout and "hello" in loud.stdout


def test_scenarios_are_listed_and_run(tmp_path: Path) -> None:
    unit = workbook.ROOT / "lessons" / "04-mutex"
    answer = workbook.ROOT / "solutions" / "lessons" / "04-mutex" / "mutex.c"
    files = (answer, unit / "scenarios.c")
    listed = explore(*files, "--list", "--", f"-I{unit}")
    assert listed.returncode == 0 and "excludes" in listed.stdout.splitlines()
    done = explore(*files, "--scenario", "excludes", "--json", "-", "--", f"-I{unit}")
    data = json.loads(done.stdout)
    assert (done.returncode, data["scenario"], data["complete"]) == (0, "excludes", True)
    wrong = explore(*files, "--scenario", "nothing", "--", f"-I{unit}")
    assert wrong.returncode == 2 and "scenario" in wrong.stderr


def test_a_link_error_exits_with_2_and_the_linkers_words(tmp_path: Path) -> None:
    (tmp_path / "main.c").write_text("int nobody(void); int main(void) { return nobody(); }")
    done = explore("main.c", where=tmp_path)
    assert done.returncode == 2 and "undefined symbol: nobody" in done.stderr


@pytest.mark.skipif(shutil.which("gdb") is None, reason="gdb is not installed")
def test_gdb_stops_at_the_faulty_line(tmp_path: Path) -> None:
    (tmp_path / "main.c").write_text(BUFFERING)
    done = explore("main.c", "--gdb", "--json", "x.json", where=tmp_path)
    assert done.returncode == 1
    assert re.search(rf"main \(\) at .*main.c:{line_of(BUFFERING, 'HERE')}\b", done.stdout)


DEADLOCK = """#include <pthread.h>
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
int main(void) {
    pthread_mutex_lock(&mutex);
    pthread_mutex_lock(&mutex); /* HERE */
    return 0;
}
"""


@pytest.mark.skipif(shutil.which("gdb") is None, reason="gdb is not installed")
def test_gdb_stops_where_a_thread_waits_for_ever(tmp_path: Path) -> None:
    (tmp_path / "main.c").write_text(DEADLOCK)
    done = explore("main.c", "--gdb", "--json", "x.json", where=tmp_path)
    assert done.returncode == 1
    assert re.search(rf"main \(\) at .*main.c:{line_of(DEADLOCK, 'HERE')}\b", done.stdout)


RACING_WRITES = """#include <pthread.h>
static int data;
static void *writer(void *argument) {
    data = 1;
    return argument;
}
int main(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, writer, NULL);
    data = 2;
    pthread_join(thread, NULL);
    return 0;
}
"""


def test_a_write_that_is_itself_the_fault_has_no_value_yet(tmp_path: Path) -> None:
    """The run ends before it happens; what memory holds then is another write's value."""
    (tmp_path / "main.c").write_text(RACING_WRITES)
    data = json.loads(explore("main.c", "--json", "-", where=tmp_path).stdout)
    assert data["fault"]["kind"] == "data race"
    first, last = [step for step in data["trace"] if step["op"] == "write"]
    assert (first["written_as"], last["written"]) == ("2", None)


def test_an_operation_whose_steps_nobody_counted_has_no_line() -> None:
    operations = [{"name": "push", "steps": []}, {"name": "pop", "steps": [3, -1]}]
    said = words.progress({"result": "blocking", "claim": None, "operations": operations})
    assert said[1:] == ["  pop: at most 3, - own steps with 1 to 2 calls"]


DOOR = """#include "futex.h"
#include <pthread.h>
static futex_word door;
static void *guest(void *unused) {
    while (atomic_load_explicit(&door, memory_order_acquire) == 0) futex_wait(&door, 0);
    return unused;
}
static void *host(void *unused) {
    futex_wake(&door, 1);
    atomic_store_explicit(&door, 1, memory_order_release);
    return unused;
}
int main(void) {
    pthread_t threads[2];
    pthread_create(&threads[0], NULL, guest, NULL);
    pthread_create(&threads[1], NULL, host, NULL);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
}
"""


def test_nobody_comes_between_a_look_at_a_futex_and_the_sleep(tmp_path: Path) -> None:
    """The kernel holds a lock over both, so a story that parts them could not happen."""
    (tmp_path / "main.c").write_text(DOOR)
    data = json.loads(explore("main.c", "--json", "-", where=tmp_path).stdout)
    assert data["fault"]["kind"] == "lost wakeup"
    waits = [step["n"] for step in data["trace"] if step["label"] == "futex wait"]
    between = [step["thread"] for step in data["trace"] if waits[0] <= step["n"] <= waits[-1]]
    assert len(waits) == 2 and set(between) == {1}
