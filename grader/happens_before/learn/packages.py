"""grader/packages.txt: what the workbook needs of the system, and what proves it there."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

LIST = Path(__file__).resolve().parents[2] / "packages.txt"
PATH = "/usr/local/bin:/usr/bin:/bin"


@dataclass(frozen=True)
class Package:
    """One line of the list."""

    name: str
    needed_by: str  # "everybody" or "maintainers"
    proof: str  # "command NAME", "module NAME", "file PATH" or "tsan"
    purpose: str

    def there(self) -> bool:
        """Whether what the package is needed for can be found, however it was installed."""
        kind, _, name = self.proof.partition(" ")
        if kind == "command":
            return shutil.which(name, path=PATH) is not None
        if kind == "module":
            return importlib.util.find_spec(name) is not None
        if kind == "file":
            return Path(name).exists()
        return _tsan_runtime() is not None


def packages(file: Path = LIST) -> list[Package]:
    """All of the list. Errors: ValueError with the line, when one is malformed."""
    found = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            fields = [field.strip() for field in line.split("|")]
            if len(fields) != 4 or fields[1] not in ("everybody", "maintainers"):
                raise ValueError(f"{file}:{number}: not 'package | for whom | proof | what for'")
            found.append(Package(*fields))
    return found


def versions() -> dict[str, str]:
    """The version of each installed Debian package; empty on other systems."""
    try:
        done = subprocess.run(
            ["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status} ${Version}\n"],
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return {}
    lines = (line.split() for line in done.stdout.splitlines())
    return {words[0]: words[2] for words in lines if len(words) == 3 and words[1] == "installed"}


def _tsan_runtime() -> str | None:
    """clang's ThreadSanitizer runtime; its name depends on how clang was packaged."""
    try:
        done = subprocess.run(
            ["clang", "-print-runtime-dir"],
            capture_output=True,
            text=True,
            check=False,
            env={"PATH": PATH},
        )
    except OSError:
        return None
    directory = Path(done.stdout.strip() or "/nonexistent")
    places = (directory, directory.parent / "linux", directory.parent)
    names = ("libclang_rt.tsan.a", f"libclang_rt.tsan-{os.uname().machine}.a")
    found = (place / name for place in places for name in names)
    return next((str(file) for file in found if file.exists()), None)
