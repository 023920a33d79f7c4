"""The story of a failing execution: its edges are C11's, its board is right, the fault is pointed at."""

from __future__ import annotations

import copy
import json
import tomllib
from typing import Any

import jsonschema
import pytest
from happens_before.core import workbook
from happens_before.core.errors import InputError
from happens_before.explore import blame, effects, story_json
from happens_before.explore.story import Story
from happens_before.explore.telling import told_steps
from happens_before.render.story import whole
from stories import BUFFERED, DEADLOCK, FREED, GONE, KINDS, SEQUENCE, STALE, STORE_BUFFERING, TWICE
from stories import attempt, explored, longer, of

SCHEMA = json.loads((workbook.SCHEMA / "story.schema.json").read_text())
PROGRAMS = workbook.ROOT / "grader/tests/explorer"


def told(data: dict[str, Any], **more: Any) -> Story:
    """The story, which has been to JSON and back."""
    story = Story.from_findings(data, **more)
    assert story
    written = json.loads(json.dumps(story_json.to_json(story)))
    jsonschema.validate(written, SCHEMA)
    assert story_json.from_json(written) == story
    return story


# --- every kind of fault -------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_every_fault_has_its_story(kind: str) -> None:
    data = KINDS[kind]()
    story = told(data, promise="it works")
    assert story.fault and story.fault.kind == kind
    assert story.steps and [step.number for step in story.steps] == [
        item["n"] for item in told_steps(data["trace"])
    ]
    for step in story.steps:
        if step.line:
            assert story.sources[step.file][step.line].strip()


def test_a_race_points_at_both_accesses_and_at_the_read_that_makes_no_edge() -> None:
    story = told(attempt("01-memory-ordering", "relaxed", "publishes"))
    assert story.fault and story.fault.missing
    missing, almost = story.fault.arrows
    first, last = by_number(story, missing.start), by_number(story, missing.end)
    assert (missing.kind, almost.kind) == (blame.MISSING, blame.NO_EDGE)
    assert (first.op, last.op) == ("write", "read")
    assert first.location == last.location and first.thread != last.thread
    assert last.number == story.fault.step == story.steps[-1].number
    assert by_number(story, almost.end).source == almost.start
    assert "both are relaxed" in almost.text


def test_a_deadlock_shows_who_holds_what_and_who_waits() -> None:
    story = told(of(DEADLOCK))
    assert story.fault
    end = story.state_at(len(story.steps))
    held = {story.locations[at].name: threads for at, threads in end.holders.items()}
    assert sorted(held) == ["p", "q"]
    assert sorted(held.values()) == [(1,), (2,)]
    for thread, other in ((1, 2), (2, 1)):
        status, text = end.threads[thread]
        assert status == effects.WAITS
        assert f"held by thread {other}" in text
    arrows = [arrow for arrow in story.fault.arrows if arrow.kind == blame.HELD]
    assert len(arrows) == 2
    assert end.threads[0] == (effects.WAITS, "waits for the end of thread 1")


def test_a_lost_wakeup_shows_who_sleeps() -> None:
    story = told(attempt("04-mutex", "lost_wakeup", "serves_three"))
    assert story.fault
    end = story.state_at(len(story.steps))
    sleepers = [thread for thread, (_, text) in end.threads.items() if "sleeps in a futex" in text]
    assert sleepers == [wait.thread for wait in story.fault.waiting if "sleeps" in wait.text]
    assert any(edge.kind == "wakes" for edge in story.edges)


def test_a_wake_that_finds_nobody_is_pointed_at() -> None:
    program = PROGRAMS / "programs/cond_flag.c"
    flags = ["-DNO_PREDICATE", f"-I{program.parent}"]
    story = told(explored([program], flags))
    assert story.fault and story.fault.missing
    assert story.fault.missing.kind == blame.LOST_WAKE
    wake, sleep = (
        by_number(story, n) for n in (story.fault.missing.start, story.fault.missing.end)
    )
    assert wake.thread != sleep.thread and wake.number < sleep.number


def test_an_assertion_behind_a_stale_read_points_at_the_newer_store() -> None:
    story = told(of(STALE))
    assert story.fault and story.fault.missing
    arrow = story.fault.missing
    store, load = by_number(story, arrow.start), by_number(story, arrow.end)
    assert arrow.kind == blame.OLD_VALUE
    assert (store.written, load.read, load.stale) == ("42", "0", True)
    assert store.location == load.location


def test_a_free_that_may_come_too_early_lacks_the_edge_from_the_use() -> None:
    story = told(of(FREED))
    assert story.fault and story.fault.missing
    use, free = (by_number(story, n) for n in (story.fault.missing.start, story.fault.missing.end))
    assert (story.fault.missing.kind, use.op, free.op) == (blame.MISSING, "rmw", "free")
    assert (use.thread, free.thread, free.number) == (1, 2, story.fault.step)
    assert story.sources[free.file][free.line].strip().startswith("static void *right")


@pytest.mark.parametrize(
    ("program", "op", "told_so"),
    [
        (GONE % "release", "write", "which happens-before this use"),
        (GONE % "relaxed", "write", "no edge makes the use by thread 2 happen-before"),
        (TWICE, "free", "already"),
    ],
)
def test_memory_that_is_used_or_freed_again_points_at_its_free(
    program: str, op: str, told_so: str
) -> None:
    story = told(of(program))
    assert story.fault and story.fault.missing
    arrow = story.fault.missing
    free, last = by_number(story, arrow.start), by_number(story, arrow.end)
    assert (arrow.kind, free.op, last.op) == (blame.FREED, "free", op)
    assert free.thread != last.thread and last.number == story.fault.step
    assert f"freed the memory in step {free.number}" in arrow.text and told_so in arrow.text
    text = "\n".join(line.plain for line in whole(story, 200))
    assert f"(step {free.number} -> step {last.number}: freed)" in text


def test_a_free_stays_before_the_use_in_an_order_with_store_buffers() -> None:
    story = told(of(BUFFERED, "", "--memory-model", "tso"))
    assert story.fault and any(step.stale or step.source == 0 for step in story.steps)
    kinds = [(arrow.kind, by_number(story, arrow.end).op) for arrow in story.fault.arrows]
    assert kinds[0] in ((blame.FREED, "write"), (blame.MISSING, "free"))


def test_only_the_free_of_the_faulty_block_is_told() -> None:
    more = FREED.replace(
        "{ free(cell)", "{ void *volatile other = malloc(8); free(other); free(cell)"
    )
    story = told(of(more))
    assert [step.op for step in story.steps].count("free") == 1


# --- the edges, against C11's own words ------------------------------------------------------------


def by_number(story: Story, number: int) -> Any:
    return next(step for step in story.steps if step.number == number)


def orders(data: dict[str, Any]) -> set[tuple[int, int]]:
    """Happens-before of C11 (5.1.2.4), between all steps, worked out from the trace alone.

    Only what these programs do: atomics of one location each, fences, create, end and join, mutexes.
    """
    trace = data["trace"]
    edges: set[tuple[int, int]] = set()
    for thread in {item["thread"] for item in trace}:
        own = [item["n"] for item in trace if item["thread"] == thread]
        edges |= set(zip(own, own[1:]))
        edges |= {
            (item["n"], own[0])
            for item in trace
            if item["op"] == "create" and item["note"] == f"thread {thread}"
        }
    for item in trace:
        if item["op"] == "join":
            edges.add((item["from"], item["n"]))
        elif item["from"] and item["location"] is not None:
            edges |= {
                (head, tail) for head in heads(trace, item["from"]) for tail in tails(trace, item)
            }
    return closed(edges)


def heads(trace: list[dict[str, Any]], store: int) -> set[int]:
    """What a store releases: the heads of its release sequence, and the fences before them."""
    item = trace[store - 1]
    found: set[int] = set()
    same = [
        other
        for other in trace[:store]
        if other["thread"] == item["thread"] and other["location"] == item["location"]
    ]
    for head in (other for other in same if other["written"] is not None):
        if head["order"] in ("release", "acq_rel", "seq_cst") or head["hidden"]:
            found.add(head["n"])
        found |= {
            fence["n"]
            for fence in trace[: head["n"] - 1]
            if fence["op"] == "fence"
            and fence["thread"] == head["thread"]
            and fence["order"] in ("release", "acq_rel", "seq_cst")
        }
    if item["op"] == "rmw" and item["from"]:
        found |= heads(trace, item["from"])
    return found


def tails(trace: list[dict[str, Any]], load: dict[str, Any]) -> set[int]:
    """What acquires what a load reads: the load itself, or every acquire fence behind it."""
    if load["order"] in ("acquire", "acq_rel", "seq_cst") or load["hidden"]:
        return {load["n"]}
    return {
        fence["n"]
        for fence in trace[load["n"] :]
        if fence["op"] == "fence"
        and fence["thread"] == load["thread"]
        and fence["order"] in ("acquire", "acq_rel", "seq_cst")
    }


def closed(edges: set[tuple[int, int]]) -> set[tuple[int, int]]:
    """The transitive closure."""
    found = set(edges)
    while True:
        more = {(a, d) for a, b in found for c, d in found if b == c} - found
        if not more:
            return found
        found |= more


LITMUS = {
    "fences and a release sequence": lambda: of(SEQUENCE),
    "relaxed": lambda: of(STALE),
    "mutexes": lambda: of(DEADLOCK),
    "a store and an acquire": lambda: of(STORE_BUFFERING, "assert(seen_x + seen_y != 2);"),
}


@pytest.mark.parametrize("name", LITMUS)
def test_the_edges_are_those_of_c11_and_none_follows_from_others(name: str) -> None:
    data = LITMUS[name]()
    assert data["fault"]
    story = told(data)
    own: set[tuple[int, int]] = set()
    for thread in story.threads:
        numbers = [step.number for step in story.steps if step.thread == thread]
        own |= set(zip(numbers, numbers[1:]))
    drawn = {(edge.start, edge.end) for edge in story.edges if edge.kind == "orders"}
    numbers = {step.number for step in story.steps}
    wanted = {(a, b) for a, b in orders(data) if {a, b} <= numbers}
    assert closed(own | drawn) == wanted
    for edge in drawn:
        assert edge not in closed(own | (drawn - {edge}))


def test_an_edge_names_both_its_ends() -> None:
    story = told(of(SEQUENCE))
    labels = [edge.label for edge in story.edges]
    assert "release fence → acquire fence" in labels
    assert labels.count("create") == 2


# --- the board -------------------------------------------------------------------------------------


def test_the_board_follows_the_steps() -> None:
    story = told(attempt("04-mutex", "lost_wakeup", "serves_three"))
    names = [location.name for location in story.locations]
    value = {name: story.start.values.get(at) for at, name in enumerate(names)}
    for k, step in enumerate(story.steps, 1):
        if step.location is not None and step.written is not None:
            value[names[step.location]] = step.written
        state = story.state_at(k)
        assert {names[at]: text for at, text in state.values.items()} == {
            name: text for name, text in value.items() if text is not None
        }
    assert story.state_at(0) == story.start
    with pytest.raises(IndexError):
        story.state_at(len(story.steps) + 1)


def test_a_thread_may_see_what_coherence_leaves_it() -> None:
    story = told(of(STALE))
    [data_at] = [at for at, item in enumerate(story.locations) if item.name == "data"]
    load = next(k for k, step in enumerate(story.steps) if step.stale)
    reader, writer = story.steps[load].thread, 1 + (story.steps[load].thread == 1)
    assert [value for _, value in story.visible(load, reader, data_at)] == ["0", "42"]
    assert [value for _, value in story.visible(load, writer, data_at)] == ["42"]
    assert [value for _, value in story.visible(0, 0, data_at)] == ["0"]
    end = len(story.steps)
    assert story.visible(end, reader, data_at)[0] == (
        0,
        "0",
    )  # it read the old value, and may again


def test_every_load_reads_what_the_board_lets_it_see() -> None:
    for data in [make() for make in KINDS.values()]:
        story = told(data)
        for k, step in enumerate(story.steps):
            if step.op == "load" and step.location is not None:
                seen = story.visible(k, step.thread, step.location)
                assert step.source in [number for number, _ in seen], step


def test_store_buffers_hold_what_others_do_not_see_yet() -> None:
    story = told(of(STORE_BUFFERING, "assert(seen_x + seen_y);", "--memory-model", "tso"))
    assert story.fault and story.model == "tso"
    stale = next(k for k, step in enumerate(story.steps) if step.stale)
    before, after = story.state_at(stale), story.state_at(stale + 1)
    at = story.steps[stale].location
    assert at is not None
    [(thread, (store, *_))] = [(t, steps) for t, steps in before.buffers.items() if steps]
    assert thread != story.steps[stale].thread
    assert by_number(story, store).location == at
    assert before.values[at] == story.steps[stale].read == "0"
    assert after.values[at] == "1" and not after.buffers[thread]
    assert not before.floors


def test_no_buffer_is_left_full_where_memory_is_read() -> None:
    story = told(of(STORE_BUFFERING, "assert(seen_x + seen_y);", "--memory-model", "tso"))
    for k, step in enumerate(story.steps):
        state = story.state_at(k)
        if step.op == "load" and step.location is not None:
            own = [
                n
                for n in state.buffers.get(step.thread, ())
                if by_number(story, n).location == step.location
            ]
            assert step.read == (
                by_number(story, own[-1]).written if own else state.values[step.location]
            )


CORPUS = tomllib.loads((PROGRAMS / "programs/expected.toml").read_text())
UNORDERED = ["store_buffering_one_fence", "eventcount_no_fence", "hazard_no_recheck"]


@pytest.mark.parametrize("name", UNORDERED)
def test_under_tso_steps_stand_in_an_order_of_the_machines(name: str) -> None:
    row = CORPUS[name]
    flags = [f"-D{define}" for define in row["defines"]] + [f"-I{PROGRAMS / 'programs'}"]
    options = ["--memory-model", "tso", *row.get("options", [])]
    data = explored([PROGRAMS / "programs" / row["file"]], flags, *options)
    story = told(data)
    assert [item["n"] for item in data["trace"]] == list(range(1, len(data["trace"]) + 1))
    for k, step in enumerate(story.steps):
        atomic = step.location is not None and story.locations[step.location].kind == "atomic"
        if step.op not in ("load", "rmw") or not atomic:
            continue
        state = story.state_at(k)
        stores = [by_number(story, n) for n in state.buffers.get(step.thread, ())]
        own = [store.written for store in stores if store.location == step.location]
        assert step.read == (own[-1] if own else state.values[step.location]), step


# --- long, damaged, of another version -------------------------------------------------------------


def test_a_long_story_is_cut_in_its_middle_and_its_board_stays_right() -> None:
    data = longer(1000)
    whole, cut = told(data), told(data, most=400)
    assert len(cut.steps) == 400
    [gap] = [step for step in cut.steps if step.left_out]
    assert gap.left_out == len(whole.steps) - 399
    assert "are left out" in gap.text
    assert cut.state_at(400) == whole.state_at(len(whole.steps))
    there = {step.number for step in cut.steps if not step.left_out}
    assert all({edge.start, edge.end} <= there for edge in cut.edges)
    assert told(data, most=len(whole.steps)) == whole


def test_a_story_of_another_version_is_told_as_such() -> None:
    written = story_json.to_json(told(of(STALE)))
    with pytest.raises(InputError, match="a story of version 2; this workbook tells version 1"):
        story_json.from_json(written | {"schema": "happens-before/story/2"}, "old.json")
    with pytest.raises(InputError, match="not yet a story"):
        story_json.from_json(of(STALE))
    with pytest.raises(InputError, match="not a story"):
        story_json.from_json([])
    with pytest.raises(InputError, match="damaged"):
        story_json.from_json({key: value for key, value in written.items() if key != "steps"})


def test_an_exploration_of_another_version_is_told_as_such() -> None:
    data = copy.deepcopy(of(STALE))
    for item in data["trace"]:
        del item["after"]
    with pytest.raises(InputError, match="another version"):
        Story.from_findings(data)
    del data["trace"][0]["op"]
    data["trace"][0]["after"] = []
    with pytest.raises(InputError, match="damaged"):
        Story.from_findings(data)


def test_without_an_execution_there_is_no_story() -> None:
    assert Story.from_findings(of(STALE) | {"trace": []}) is None
