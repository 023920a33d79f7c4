"""What every judge is, and what it is given."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeVar

from happens_before.core import foundation
from happens_before.core.audit import audit
from happens_before.core.report import CheckResult, JudgeReport, Status
from happens_before.core.submission import UnitFiles
from happens_before.core.toolchain import INSTRUMENTED, PLAIN, Compiled, Flavour, Toolchain
from happens_before.core.unit import Check, Unit
from happens_before.sandbox import Sandbox

T = TypeVar("T")


@dataclass
class Job:
    """One unit of one submission on the bench.

    staged:  a directory with the submission's editable files and the headers that they may include,
             nothing else.
    digest:  of all that stands in `staged`.
    cancel:  set when nobody wants the answer any more.
    """

    unit: Unit
    files: UnitFiles
    staged: Path
    digest: str
    toolchain: Toolchain
    sandbox: Sandbox
    slots: threading.Semaphore
    cancel: threading.Event = field(default_factory=threading.Event)

    def submitted(self, *flavours: Flavour) -> list[Compiled]:
        """The submission's files, compiled in each of these ways (once, however many judges ask)."""
        return self._of_each(self.toolchain.submitted_object, flavours)

    def preprocessed(self, *flavours: Flavour) -> list[str | None]:
        """The submission's files behind the preprocessor; see Toolchain.preprocessed."""
        return self._of_each(self.toolchain.preprocessed, flavours)

    def _of_each(
        self, make: Callable[[str, Path, str, Flavour], T], flavours: Sequence[Flavour]
    ) -> list[T]:
        """What is made of each file in each way, side by side; the files of one way together."""
        each = [(flavour, name) for flavour in flavours for name in self.unit.editable]
        with ThreadPoolExecutor(max_workers=len(each)) as pool:
            return list(pool.map(lambda one: make(one[1], self.staged, self.digest, one[0]), each))

    def own(self, sources: Iterable[Path], flavour: Flavour) -> list[Compiled]:
        """Files of the workbook that see the unit's contract, compiled."""
        includes = self.unit.includes
        return [self.toolchain.own_object(source, flavour, includes) for source in sources]

    def foundations(self, flavour: Flavour) -> list[Compiled]:
        """The references of the units that this one builds on, compiled."""
        return [
            foundation.ready(file) if file.suffix == ".o" else self.own([file], flavour)[0]
            for unit in self.unit.foundations
            for file in foundation.files(unit, flavour)
        ]

    def obstacle(self) -> str:
        """Why the code cannot be run at all, as a sentence; empty when it can."""
        if self.files.problems:
            return "not run, because a file is missing or unreadable."
        compiled = self.submitted(PLAIN, INSTRUMENTED)
        if not all(item.object for item in compiled):
            return "not run, because the code does not compile."
        if audit(self):
            return "not run, because the code breaks a rule of the build."
        return ""


class Judge(Protocol):
    """One way of judging.

    judge(): a result for each of `checks`, in their order. A fault of ours is a GraderFault; the
    pipeline makes it "ungraded".
    """

    name: str

    def judge(self, job: Job, checks: Sequence[Check]) -> JudgeReport:
        ...


def all_alike(
    judge: str, checks: Sequence[Check], status: Status, happened: str, how: str = ""
) -> JudgeReport:
    """A report in which every check ends the same way."""
    return JudgeReport(judge, [CheckResult(check, status, how, happened) for check in checks])
