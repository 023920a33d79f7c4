"""Control groups: the kernel counts and limits a run's memory, processes and processor time.

A machine may have cgroup v1, v2, both, or none that we may write. `find` looks for a place of our
own below the group that we live in; each run then gets groups named after the grader's process, so
that a later grader can sweep what a killed one left behind.
"""

from __future__ import annotations

import itertools
import os
from dataclasses import dataclass
from pathlib import Path

from happens_before.sandbox import owner
from happens_before.sandbox.command import Limits
from happens_before.sandbox.group import Group, GroupV1, GroupV2, remove_group

ROOT = Path("/sys/fs/cgroup")
_numbers = itertools.count()  # one for the process: its sandboxes share the groups' parents
V1_KINDS = {"memory": "memory", "pids": "pids", "cpuacct": "cpu"}  # controller: what it gives us


@dataclass(frozen=True)
class Cgroups:
    """Where groups for runs can be made.

    version: 1 or 2. parents: for each of "memory", "pids" and "cpu" that can be had, the directory
    below which a run's group is made (one and the same for all in version 2).
    """

    version: int
    parents: dict[str, Path]

    def create(self, limits: Limits) -> Group:
        """Make a run's groups. Errors: OSError, and then none is left."""
        name = f"{owner.prefix()}{next(_numbers)}"
        directories = {kind: parent / name for kind, parent in self.parents.items()}
        group = GroupV2(directories) if self.version == 2 else GroupV1(directories)
        try:
            group.make(limits)
        except OSError:
            group.remove()
            raise
        return group

    def sweep(self) -> list[Path]:
        """Kill and remove what graders that are no more have left. Returns what was removed."""
        removed = []
        for parent in set(self.parents.values()):
            for directory in parent.glob(f"{owner.PREFIX}*"):
                if owner.is_stale(directory.name) and remove_group(directory):
                    removed.append(directory)
        return removed


def find(root: Path = ROOT, own_groups: Path = Path("/proc/self/cgroup")) -> Cgroups | None:
    """A place for groups of our own, version 2 before version 1; None where we may write none."""
    try:
        lines = own_groups.read_text().splitlines()
    except OSError:
        return None
    own = {controllers: path for _, controllers, path in (line.split(":", 2) for line in lines)}
    unified = next(
        (d for d in (root, root / "unified") if (d / "cgroup.controllers").exists()), None
    )
    if unified and "" in own and (parent := _v2_parent(unified, own[""])):
        return Cgroups(2, {"memory": parent, "pids": parent, "cpu": parent})
    parents = _v1_parents(root, own)
    return Cgroups(1, parents) if parents else None


def _v1_parents(root: Path, own: dict[str, str]) -> dict[str, Path]:
    found = {}
    for controllers, path in own.items():
        for controller in set(controllers.split(",")) & set(V1_KINDS):
            mounted = root / controller
            # In a container the path may be the host's, and our group the root that is mounted.
            for parent in (mounted / path.lstrip("/"), mounted):
                if (parent / "cgroup.procs").exists() and _can_make_groups(parent):
                    found[V1_KINDS[controller]] = parent
                    break
    return found


def _v2_parent(unified: Path, path: str) -> Path | None:
    """The nearest group at or above ours that lends memory and pids to its children.

    A group that holds processes can lend nothing ("no internal processes", cgroups(7)), so ours
    itself will rarely do.
    """
    group = unified / path.lstrip("/")
    for parent in (group, *group.parents):
        if not parent.is_relative_to(unified):
            return None
        if _lends(parent) and _can_make_groups(parent):
            return parent
    return None


def _lends(group: Path) -> bool:
    needed = {"memory", "pids"}
    try:
        if needed <= set((group / "cgroup.subtree_control").read_text().split()):
            return True
        if not needed <= set((group / "cgroup.controllers").read_text().split()):
            return False
        (group / "cgroup.subtree_control").write_text("+memory +pids")
        return True
    except OSError:
        return False


def _can_make_groups(parent: Path) -> bool:
    """Whether a group can be made here and a process of ours moved into it and back."""
    probe = parent / f"{owner.prefix()}probe-{os.urandom(4).hex()}"
    try:
        probe.mkdir()
    except OSError:
        return False
    try:
        return os.access(probe / "cgroup.procs", os.W_OK) and os.access(
            parent / "cgroup.procs", os.W_OK
        )
    finally:
        remove_group(probe)
