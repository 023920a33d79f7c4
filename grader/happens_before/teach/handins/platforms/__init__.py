"""How each platform exports what was handed in: a module each, with one interface.

recognises(listing) -> bool        whether the folder is such an export
sort_out(listing, roster) -> Sorted   which files belong together, and what is said of whose they are

A platform does not know who is meant: `gather` holds its claims against the roster.
"""

from __future__ import annotations

from types import ModuleType

from happens_before.teach.handins.platforms import canvas, git, gradescope, moodle, plain

# The order in which they are asked; plain recognises everything.
PLATFORMS: dict[str, ModuleType] = {
    "gradescope": gradescope,
    "moodle": moodle,
    "canvas": canvas,
    "git": git,
    "plain": plain,
}
