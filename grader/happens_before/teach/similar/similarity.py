"""Similar answers in a class, by sim_c: what to look at, and never a judgement.

sim_c (Dick Grune, Vrije Universiteit Amsterdam; Debian's similarity-tester) finds the runs of tokens
that two C files share, whatever their names, comments, layout, numbers and order of functions. What
the unit itself gives (skeleton, headers, the chapter's attempts) is taken out of each answer first:
only the rest, an answer's own tokens, is compared.

The defaults were found by trial: answers to one task that were written apart share up to 37 % of
their own tokens, and copies with one planted bug 64 % and more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from happens_before.core import unit as units
from happens_before.core import workbook
from happens_before.core.errors import InputError
from happens_before.core.unit import Unit
from happens_before.learn import attempts
from happens_before.teach import intake
from happens_before.teach.results import Results
from happens_before.teach.similar import sim_c
from happens_before.teach.similar.answers import Answer, answers_to, of_files, read_files
from happens_before.teach.similar.groups import Group, Pair, groups_of, one_team
from happens_before.teach.similar.sim_c import Run

REFERENCE = "the reference answer"
CLOSE = 0.8  # of an answer's tokens, that stand in a text which everybody can read
FEW = 30  # own tokens: with fewer there is nothing to compare


@dataclass(frozen=True)
class Threshold:
    """What a pair must share to be pointed at. share: of the shorter one's own tokens, 0 to 1."""

    share: float = 0.5
    tokens: int = 60


@dataclass(frozen=True)
class Known:
    """An answer that reads like a text of the workbook. share: of all its tokens, 0 to 1."""

    answer: Answer
    text: str
    share: float


@dataclass(frozen=True)
class Similar:
    """What was found in one unit.

    compared: how many different answers; empty_handed: those with nothing of their own, beside what
    the unit gives; left_out: those that are too long to be compared.
    """

    unit: str
    compared: int
    groups: tuple[Group, ...]
    known: tuple[Known, ...]
    empty_handed: tuple[Answer, ...]
    left_out: tuple[Answer, ...]


def similar_in(results: Results, threshold: Threshold = Threshold()) -> list[Similar]:
    """What is similar in a class, unit by unit. Errors: InputError; GraderFault without sim_c."""
    taken = intake.read(results)
    in_unit = partial(_in_unit, results, taken, threshold=threshold)
    with ThreadPoolExecutor(sim_c.JOBS) as pool:
        return list(pool.map(in_unit, results.units()))


def _in_unit(
    results: Results, taken: Sequence[intake.Taken], path: str, threshold: Threshold
) -> Similar:
    every = answers_to(results, taken, path)
    answers = [answer for answer in every if len(answer.code()) <= sim_c.MAX_BYTES]
    left_out = tuple(answer for answer in every if answer not in answers)
    unit = units.load(workbook.find_unit(path))
    with TemporaryDirectory(prefix="happens-before-") as directory:
        bench = _Bench(Path(directory), unit)
        known = bench.subtract(answers)
        own, pairs = bench.pairs(answers, threshold)
    little = [answer for answer in answers if own[answer.key] < FEW]
    explained = {item.answer for item in known}
    return Similar(
        path,
        len(answers),
        tuple(groups_of(answers, pairs, little)),
        tuple(known),
        tuple(answer for answer in little if answer not in explained),
        left_out,
    )


class _Bench:
    """A directory where the answers to a unit and what the unit gives lie as numbered files."""

    def __init__(self, directory: Path, unit: Unit) -> None:
        self._directory = directory
        self._given = [
            self._lay(f"given{n}.c", text)
            for n, text in enumerate([read_files(unit.directory, unit.editable), *_headers(unit)])
        ]
        self._attempts = {
            self._lay(f"attempt{n}.c", text): f"the chapter's attempt '{name}'"
            for n, (name, text) in enumerate(_attempts(unit).items())
        }
        self._reference = _reference(unit)

    def subtract(self, answers: Sequence[Answer]) -> list[Known]:
        """Lay the answers down without what the unit gives; say which read like a known text.

        An attempt that the reference itself is as close to tells nothing.
        """
        texts = dict(self._attempts)
        usual: Mapping[str, float] = {}
        if self._reference:
            name = self._lay("reference.c", self._reference)
            usual = self._without_given(self._reference, "probe.c", [*texts])
            texts[name] = REFERENCE
        close = partial(self._without_given, known=[*texts])
        with ThreadPoolExecutor(sim_c.JOBS) as pool:
            shares = list(pool.map(close, answers, _names(answers)))
        return [
            Known(answer, texts[name], share)
            for answer, found in zip(answers, shares)
            for name, share in sorted(found.items(), key=lambda item: -item[1])[:1]
            if share >= CLOSE and share > usual.get(name, 0.0)
        ]

    def _without_given(self, answer: Answer, name: str, known: Sequence[str]) -> dict[str, float]:
        """Lay an answer down without what is given; how much of it stands in each known text."""
        self._lay(name, answer)
        sizes, runs = sim_c.against(self._directory, name, [*self._given, *known])
        given = {*self._given, *self._attempts}
        lines = answer.code().split(b"\n")
        for run in runs:
            if run.two in given:
                lines[run.first - 1 : run.last] = [b""] * (run.last - run.first + 1)
        (self._directory / name).write_bytes(b"\n".join(lines))
        total = sizes.get(name) or 1
        return {
            text: min(1.0, sum(run.tokens for run in runs if run.two == text) / total)
            for text in known
        }

    def pairs(
        self, answers: Sequence[Answer], threshold: Threshold
    ) -> tuple[dict[str, int], list[Pair]]:
        """Each answer's own tokens by key, and the pairs above the threshold, closest first."""
        of = dict(zip(_names(answers), answers))
        sizes, runs = sim_c.among(self._directory, list(of))
        between: dict[tuple[str, str], list[Run]] = {}
        for run in runs:
            between.setdefault((run.one, run.two), []).append(run)
        found = []
        for (one, two), shared in between.items():
            shared = _counted_once(shared)
            tokens, shorter = sum(run.tokens for run in shared), min(sizes[one], sizes[two])
            share = min(1.0, tokens / shorter)
            enough = share >= threshold.share and tokens >= threshold.tokens
            if enough and not one_team(of[one], of[two]):
                found.append(Pair(of[one], of[two], share, tokens, tuple(shared)))
        found.sort(key=lambda pair: (-pair.share, -pair.tokens, pair.one.key, pair.two.key))
        return {answer.key: sizes.get(name, 0) for name, answer in of.items()}, found

    def _lay(self, name: str, answer: Answer) -> str:
        (self._directory / name).write_bytes(answer.code())
        return name


def _names(answers: Sequence[Answer]) -> list[str]:
    """Names for sim_c: whatever the students' own are, these need no quoting."""
    return [f"{number}.c" for number in range(len(answers))]


def _headers(unit: Unit) -> list[Answer]:
    return [read_files(file.parent, [file.name]) for file in unit.contract]


def _attempts(unit: Unit) -> dict[str, Answer]:
    """The chapter's attempts by name, as far as there are any."""
    if not (unit.directory / "attempts" / "verdicts.toml").is_file():
        return {}
    return {
        name: of_files(
            {
                unit.editable[0]: attempt.file.read_bytes(),
                **{
                    shared: (attempt.file.parent / shared).read_bytes()
                    for shared in unit.editable[1:]
                },
            }
        )
        for name, attempt in attempts.load(unit).items()
    }


def _reference(unit: Unit) -> Answer | None:
    try:
        return read_files(unit.solution, unit.editable)
    except InputError:
        return None  # no solutions here, nothing to be close to


def _counted_once(runs: Iterable[Run]) -> list[Run]:
    """The runs, longest first, without those that match again what a longer one has matched."""
    kept: list[Run] = []
    for run in sorted(runs, key=lambda run: (-run.tokens, run.first)):
        if all(run.two_first >= k.two_last or run.two_last <= k.two_first for k in kept):
            kept.append(run)
    return kept


def to_json(similar: Similar) -> dict[str, Any]:
    """In the form of class-report.schema.json."""
    return {
        "compared": similar.compared,
        "groups": [_group_to_json(group) for group in similar.groups],
        "known": [
            {"students": _ids(item.answer), "text": item.text, "share": round(item.share, 3)}
            for item in similar.known
        ],
        "empty_handed": [id for answer in similar.empty_handed for id in _ids(answer)],
        "left_out": [id for answer in similar.left_out for id in _ids(answer)],
    }


def _group_to_json(group: Group) -> dict[str, Any]:
    return {
        "answers": [_ids(answer) for answer in group.answers],
        "close": group.close,
        "pairs": [
            {
                "one": _ids(pair.one),
                "two": _ids(pair.two),
                "share": round(pair.share, 3),
                "tokens": pair.tokens,
                "runs": [run.tokens for run in pair.runs],
            }
            for pair in group.pairs
        ],
    }


def _ids(answer: Answer) -> list[str]:
    return [student.id for student in answer.students]
