"""The machines of the platforms: packages unpacked as each platform does, and run as it runs them."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tarfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from happens_before.core import workbook
from happens_before.core.unit import load
from happens_before.render.students import Hidden
from happens_before.teach.packages.build import PLATFORMS, Order

SYSTEM = ("/etc", "/var/lib/dpkg", "/var/lib/apt")
# What Docker leaves to root by default: not SYS_ADMIN, so no namespaces.
DOCKERS = "CHOWN DAC_OVERRIDE FOWNER FSETID KILL SETGID SETUID SETPCAP SYS_CHROOT MKNOD SETFCAP"
LINKS = ("bin", "sbin", "lib", "lib64", "lib32", "libx32")


def package(platform: str, *units: str, seconds: int = 600) -> bytes:
    """The package of a platform for these units."""
    chosen = [load(workbook.find_unit(name)) for name in units]
    return PLATFORMS[platform].build(Order(chosen, Hidden.SCORE, seconds))


def unpack(archive: bytes, place: Path) -> Path:
    """Unpack as Gradescope does: by Python, which forgets the modes of a zip's members."""
    if zipfile.is_zipfile(io.BytesIO(archive)):
        zipfile.ZipFile(io.BytesIO(archive)).extractall(place)
    else:
        tarfile.open(fileobj=io.BytesIO(archive)).extractall(place)
    return place


def run(
    command: Sequence[str],
    binds: Mapping[str, Path],
    *,
    directory: str = "/",
    namespaces: bool = True,
    environment: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a command in a container of the system's own files and `binds` (path inside -> host's).

    namespaces: the container may make namespaces, so that the grader's sandbox works in it.
    """
    given = ["bwrap", "--die-with-parent", "--ro-bind", "/usr", "/usr", "--proc", "/proc"]
    given += ["--dev", "/dev", "--tmpfs", "/tmp", "--chdir", directory, "--clearenv"]
    for name in LINKS:
        if (link := Path("/", name)).is_symlink():
            given += ["--symlink", os.readlink(link), str(link)]
    for name in SYSTEM:
        given += ["--ro-bind-try", name, name]
    for inside, host in binds.items():
        given += ["--bind", str(host), inside]
    if os.geteuid() == 0:
        given += ["--cap-drop", "ALL"]
        for name in ["ALL"] if namespaces else DOCKERS.split():
            given += ["--cap-add", name if namespaces else f"CAP_{name}"]
    elif not namespaces:
        given += ["--disable-userns", "--unshare-user"]
    for name, value in {"PATH": "/usr/bin:/bin", **(environment or {})}.items():
        given += ["--setenv", name, value]
    return subprocess.run([*given, *command], capture_output=True, text=True, check=False)


def submission(place: Path, source: str | None, unit: str = "04-mutex") -> Path:
    """A directory with what a student uploads: this source, or the reference answer."""
    directory = load(workbook.find_unit(unit))
    place.mkdir(parents=True, exist_ok=True)
    for reference in directory.reference:
        if source is None:
            shutil.copy(reference, place / reference.name)
        else:
            (place / reference.name).write_text(source)
    return place
