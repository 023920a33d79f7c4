"""Running code that nobody vouches for: isolated, within limits, and gone without a trace.

`find_sandbox` picks the strongest way that this machine allows; `Sandbox.run` runs one command in
it. Whoever runs code knows no more than `Command`, `Limits` and `Outcome`.
"""

from __future__ import annotations

from happens_before.sandbox import cgroup, owner
from happens_before.sandbox.bubblewrap import Bubblewrap
from happens_before.sandbox.command import (
    STOPS,
    Command,
    Limits,
    Outcome,
    Sandbox,
    SandboxError,
)
from happens_before.sandbox.none import NoSandbox

__all__ = ["STOPS", "Command", "Limits", "Outcome", "Sandbox", "SandboxError", "find_sandbox"]


def find_sandbox(allow_none: bool) -> Sandbox:
    """The sandbox of this machine; what a killed grader left behind is swept first.

    allow_none: the code is trusted (`--no-sandbox`): run it without isolation, within limits.
    Errors:     SandboxError, which says why no sandbox is possible here and what mends it.
    """
    groups = cgroup.find()
    if groups:
        groups.sweep()
    owner.sweep_directories()
    if allow_none:
        return NoSandbox(groups)
    return Bubblewrap.find(groups)
