"""What every engine is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from happens_before.core.errors import InputError
from happens_before.teach.results import Results
from happens_before.teach.worker import Ended

Listener = Callable[[Ended], None]


class Engine(Protocol):
    """One way of spreading items over workers.

    jobs: how many workers at one time; None: as many as are good here. options: of `teach work`,
    such as --fresh; --alone says that nothing else runs beside it, so that its verdicts stand.
    arguments: for the system that runs the workers, where there is one.
    """

    def __init__(
        self, jobs: int | None, options: Sequence[str] = (), arguments: Sequence[str] = ()
    ) -> None:
        ...

    def run(self, results: Results, keys: Sequence[str], tell: Listener) -> None:
        """Have each item graded by some worker; returns when all have ended.

        tell: called once for each item, by one thread at a time; an item whose worker was lost too
        often ends without a status and with the reason. Errors: InputError when the folder takes no
        more; GraderFault when the engine itself does not work here; whatever `tell` raises, and
        KeyboardInterrupt, end the whole run. Nothing of it works any more when this returns or
        raises.
        """


def unwritable(directory: Path, error: OSError) -> InputError:
    """What to tell when a results folder takes no more: to go on would only waste the night."""
    return InputError(
        f"cannot be written any more ({error.strerror}).",
        directory,
        "What is finished stays. Make room, then give the same command again.",
    )
