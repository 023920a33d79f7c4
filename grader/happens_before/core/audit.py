"""The audit of a submission: rules for its source, and rules for what it was compiled to.

It keeps the contract honest (a mutex that calls pthread_mutex_lock teaches nothing) and closes the
cheap ways of fooling a judge: replacing a function of the test library, running code before main,
adding tests, hiding from ThreadSanitizer, showing each compiler another face.

It is not the only wall. Code that computes an address passes it; where such code touches, calls or
returns to what is not its own, the runtime's fence says so. grader/THREATS.md is the
threat model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from functools import cache
from typing import TYPE_CHECKING

from happens_before.core import object_rules, source_rules
from happens_before.core.cache import digest_of
from happens_before.core.elf import Object
from happens_before.core.object_rules import Contract
from happens_before.core.report import Evidence, Place
from happens_before.core.source_rules import Source
from happens_before.core.tokens import Preprocessed
from happens_before.core.toolchain import INSTRUMENTED, PLAIN

if TYPE_CHECKING:
    from happens_before.judges.base import Job

SHOWN = 12


def audit(job: Job) -> list[Evidence]:
    """The rules that the submission breaks, each as a sentence, with file:line where it is known.

    Empty when it keeps them all. Call it for code that compiles.
    """
    contract = _contract(job)
    keys = [item.key for item in job.submitted(PLAIN, INSTRUMENTED)]
    key = digest_of(*keys, *sorted(contract.promised), "/", *sorted(contract.may_call))
    kept = job.toolchain.once("audit", key, lambda: [asdict(e) for e in _audit(job, contract)])
    return [Evidence(item["text"], [Place(**p) for p in item["places"]]) for item in kept]


def _contract(job: Job) -> Contract:
    unit = job.unit
    promised = frozenset(job.toolchain.declared(unit.contract, unit.includes))
    may_call = set(unit.may_call)
    for each in unit.foundations:
        may_call |= set(job.toolchain.declared(each.contract, each.includes))
    return Contract(", ".join(unit.headers), promised, frozenset(may_call))


def _audit(job: Job, contract: Contract) -> list[Evidence]:
    names = job.unit.editable
    texts = [
        None if output is None else Preprocessed(name, output)
        for name, output in zip(names * 2, job.preprocessed(PLAIN, INSTRUMENTED))
    ]
    of_plain, of_instrumented = texts[: len(names)], texts[len(names) :]
    found: dict[object, Evidence] = {}  # the two builds mostly break the same rules
    for name, plain, instrumented in zip(names, of_plain, of_instrumented):
        if plain is None or instrumented is None:
            grown = Evidence(f"{name} grows beyond all bounds behind its macros.")
            found[grown.text] = grown
            continue
        raw = job.files.files[name].decode("utf-8", "replace")
        source = Source(name, raw, plain, instrumented)
        own = set(names)
        headers = {name for unit in (job.unit, *job.unit.foundations) for name in unit.headers}
        for item in source_rules.broken_rules(source, own, headers):
            found.setdefault((item.text, str(item.places)), item)
    for flavour, texts in ((PLAIN, of_plain), (INSTRUMENTED, of_instrumented)):
        objects = [
            (name, Object(item.object))
            for name, item in zip(names, job.submitted(flavour))
            if item.object
        ]
        find = _finder(job, texts)
        for item in object_rules.broken_rules(objects, contract, find):
            found.setdefault(item.text, item)
    return list(found.values())[:SHOWN]


def _finder(job: Job, texts: Sequence[Preprocessed | None]) -> object_rules.Finder:
    """Finds the first line of the submission's own text that uses a name."""
    own = set(job.unit.editable)

    @cache
    def places() -> dict[str, Place]:
        first: dict[str, Place] = {}
        for token in (token for text in texts if text for token in text.tokens(own)):
            first.setdefault(token.text, Place(token.file, token.line))
        return first

    return lambda symbol: places().get(symbol)
