"""The packages: to add a platform, write its scripts and a line in PLATFORMS."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from happens_before.core.unit import Unit
from happens_before.render.students import Hidden
from happens_before.core.packing import Member, tar_of, zip_of
from happens_before.teach.packages.contents import answers, script, workbook_members


@dataclass(frozen=True)
class Order:
    """What is wanted: these units, so much told of hidden checks, within the platform's seconds."""

    units: Sequence[Unit]
    hidden: Hidden
    seconds: int


@dataclass(frozen=True)
class Platform:
    """build:   the archive.
    seconds: the time that the platform gives one submission by default.
    public:  students can read what is uploaded there, so there are no answers and hidden tests in it.
    next:    what the instructor does with the file.
    """

    build: Callable[[Order], bytes]
    seconds: int
    next: str
    public: bool = False

    def answers(self, units: Sequence[Unit]) -> list[str]:
        """The units whose reference answers students could read in the package."""
        return sorted({unit.path for unit in answers(units, True)}) if self.public else []


def _core(order: Order, public: bool = False) -> list[Member]:
    """What every package holds: the workbook, and grade.sh with its settings."""
    units = " ".join(shlex.quote(unit.path) for unit in order.units)
    settings = f"units=({units})\nhidden={order.hidden}\nseconds={order.seconds}\n"
    return [
        *workbook_members(order.units, public),
        script(".", "grade.sh", "grade.sh"),
        Member("package.conf", settings.encode()),
    ]


def _gradescope(order: Order) -> bytes:
    scripts = [script("gradescope", name, name) for name in ("setup.sh", "run_autograder")]
    return zip_of([*_core(order), *scripts])


def _autolab(order: Order) -> bytes:
    ungraded = json.dumps({"scores": {unit.name: None for unit in order.units}}) + "\n"
    inner = [
        *_core(order),
        script("autolab", "driver.sh", "driver.sh"),
        Member("ungraded.json", ungraded.encode()),
    ]
    return zip_of(
        [
            Member("autograde.tar", tar_of(_below("happens-before", inner))),
            script("autolab", "autograde-Makefile", "autograde-Makefile", executable=False),
        ]
    )


def _classroom50(order: Order) -> bytes:
    inner = [*_core(order, public=True), script("classroom50", "autograder.py", "autograder.py")]
    packages = next(m for m in inner if m.name == "workbook/grader/packages.txt").content.decode()
    lines = [line.split("|") for line in packages.splitlines() if not line.startswith("#")]
    names = [fields[0].strip() for fields in lines if len(fields) == 4]
    runtime = json.dumps({"runs-on": "ubuntu-24.04", "apt": names}, indent=2) + "\n"
    workflow = "happens-before.yaml"
    return zip_of(
        [
            *_below("autograder", inner),
            script("classroom50", workflow, f".github/workflows/{workflow}", executable=False),
            Member("runtime.json", runtime.encode()),
        ]
    )


def _exercism(order: Order) -> bytes:
    return zip_of(
        [
            *_core(order),
            script("exercism", "run.sh", "bin/run.sh"),
            script("exercism", "Dockerfile", "Dockerfile", executable=False),
        ]
    )


def _below(folder: str, members: Iterable[Member]) -> list[Member]:
    return [replace(member, name=f"{folder}/{member.name}") for member in members]


PLATFORMS = {
    "gradescope": Platform(
        _gradescope,
        600,
        "Upload it under Configure Autograder, and set the assignment's points to {points:g}. The build\n"
        "ends with whether the reference answer gets full marks there.",
    ),
    "autolab": Platform(
        _autolab,
        180,
        "Put the two files in it into the lab's directory, and make one problem for each unit:\n"
        "{problems}. The image needs what grader/packages.txt in it lists.",
    ),
    "classroom50": Platform(
        _classroom50,
        900,
        "In the classroom50 repository, copy autograder/ to CLASSROOM/autograders/ASSIGNMENT/, and\n"
        "add the assignment with --runtime runtime.json. The workflow is for those who do without\n"
        "Classroom 50's own runner.",
        public=True,
    ),
    "exercism": Platform(
        _exercism, 20, "Unpack it, and build the image: docker build -t c-test-runner ."
    ),
}
