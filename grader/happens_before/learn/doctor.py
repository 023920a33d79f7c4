"""`make doctor`: what is installed, which limits are in force, and whether each tool works here.

It must work on a bare Python 3.11: nothing here, or below it, imports a module that apt installs.
"""

from __future__ import annotations

import json
import os
import platform
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from happens_before.core import workbook
from happens_before.learn import packages, selfcheck
from happens_before.sandbox import Sandbox, SandboxError, find_sandbox

SETUP = "`make setup` installs it."
USAGE = "usage: grader/grade doctor [--json]"
WIDTH = 80
SETTINGS = (
    ("vm.mmap_rnd_bits", "above 28, old ThreadSanitizers crash; the grader fixes addresses"),
    ("kernel.randomize_va_space", "0 is fine too"),
    ("user.max_user_namespaces", "0: no sandbox unless root"),
    ("kernel.unprivileged_userns_clone", "0: no sandbox unless root"),
    ("kernel.apparmor_restrict_unprivileged_userns", "1: bwrap needs a profile unless root"),
    ("kernel.yama.ptrace_scope", "above 0, gdb only debugs what it starts"),
)


@dataclass(frozen=True)
class Finding:
    """One line of the examination.

    state: "ok"; "missing" or "broken", which make the exit status 1; "lacking", which costs a
    maintainer something; "note". to_do: what mends it, or "".
    """

    what: str
    state: str
    text: str
    to_do: str = ""


@dataclass(frozen=True)
class Section:
    """Findings under one title."""

    title: str
    findings: list[Finding] = field(default_factory=list)


def main(arguments: list[str]) -> int:
    """Examine the machine, and show what was found.

    Returns 0 when all that is needed is there and works, 1 when not, 2 for a wrong argument.
    """
    if unknown := [word for word in arguments if word != "--json"]:
        print(f"{USAGE}\nerror: it takes no '{unknown[0]}'.", file=sys.stderr)
        return 2
    sections = examine()
    bad = [f for s in sections for f in s.findings if f.state in ("missing", "broken")]
    if arguments:
        print(json.dumps({"ok": not bad, "sections": [asdict(s) for s in sections]}, indent=2))
    else:
        print("\n".join(_lines(sections, bad)))
    return 1 if bad else 0


def examine() -> list[Section]:
    """All findings. Takes a second or two: the self-checks run."""
    sandbox, isolation = _isolation()
    return [
        Section("System", list(_system())),
        Section("Tools", list(_tools("everybody", "missing"))),
        Section("Tools for maintainers", list(_tools("maintainers", "lacking"))),
        Section("Sandbox and limits", isolation),
        Section("Places", list(_places())),
        Section("Kernel settings", list(_settings())),
        Section("Self-checks", list(_selfchecks(sandbox))),
    ]


def _system() -> Iterator[Finding]:
    python = platform.python_version()
    if sys.version_info >= (3, 11):
        yield Finding("Python", "ok", f"{python}, {sys.executable}")
    else:
        yield Finding("Python", "missing", f"{python}: the grader needs 3.11", SETUP)
    yield Finding("kernel", "note", f"Linux {platform.release()}, {platform.machine()}")
    yield Finding("processors", "note", str(os.cpu_count()))


def _tools(needed_by: str, when_missing: str) -> Iterator[Finding]:
    versions = packages.versions()
    for package in packages.packages():
        if package.needed_by != needed_by:
            continue
        if package.there():
            version = versions.get(package.name, "there, version unknown")
            yield Finding(package.name, "ok", f"{version}: {package.purpose}")
        else:
            yield Finding(package.name, when_missing, package.purpose, SETUP)


def _isolation() -> tuple[Sandbox, list[Finding]]:
    """The sandbox that there is, and what it does; the trusted way where there is none."""
    try:
        sandbox = find_sandbox(allow_none=False)
    except SandboxError as error:
        none = find_sandbox(allow_none=True)
        why = str(error).removeprefix("no sandbox: ")
        return none, [Finding("isolation", "broken", "no sandbox is possible here", why)]
    return sandbox, [Finding(what, "ok", how) for what, how in sandbox.describe()]


def _places() -> Iterator[Finding]:
    for what, path in (("temporary files", Path(tempfile.gettempdir())), ("cache", workbook.CACHE)):
        try:
            path.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=path):
                pass
        except OSError as error:
            to_do = f"Make {path} writable, or name another place ({_variable(what)})."
            yield Finding(what, "broken", f"{path}: {error.strerror}", to_do)
        else:
            state = os.statvfs(path)
            free = state.f_bavail * state.f_frsize >> 20
            kind = "ok" if free >= 512 else "broken"
            to_do = "" if kind == "ok" else "Grading wants 512 MiB there."
            yield Finding(what, kind, f"{path}, writable, {free} MiB free", to_do)
    yield from _shared_place(Path("/tmp"))


def _shared_place(path: Path) -> Iterator[Finding]:
    """Root runs code without a sandbox as another user, whose Criterion binds a socket in path."""
    mode = path.stat().st_mode & 0o7777
    if os.geteuid() == 0 and not mode & 0o002:
        to_do = f"A sandbox has its own; without one, Criterion fails until `chmod 1777 {path}`."
        yield Finding(str(path), "note", f"mode {mode:04o}: only its owner may write there", to_do)


def _variable(what: str) -> str:
    return workbook.CACHE_VARIABLE if what == "cache" else "TMPDIR"


def _settings() -> Iterator[Finding]:
    for name, meaning in SETTINGS:
        try:
            value = Path("/proc/sys", *name.split(".")).read_text(encoding="utf-8").strip()
        except OSError:
            value = "not on this kernel"
        yield Finding(name, "note", f"{value} ({meaning})")


def _selfchecks(sandbox: Sandbox) -> Iterator[Finding]:
    for checked in selfcheck.check_all(sandbox):
        text = f"{checked.text} ({checked.seconds:.1f} s)"
        to_do = "" if checked.works else "`make setup`, then see the sections above."
        yield Finding(checked.tool, "ok" if checked.works else "broken", text, to_do)


def _lines(sections: list[Section], bad: list[Finding]) -> Iterator[str]:
    for section in (section for section in sections if section.findings):
        yield f"{section.title}:"
        for finding in section.findings:
            yield from _finding_lines(finding)
        yield ""
    if bad:
        yield f"Not well: {', '.join(finding.what for finding in bad)}."
    else:
        yield "All is well."


def _finding_lines(finding: Finding) -> Iterator[str]:
    first = f"  {finding.state:<8} {finding.what}: "
    yield from textwrap.wrap(
        finding.text, WIDTH, initial_indent=first, subsequent_indent=" " * 11
    ) or [first]
    for paragraph in finding.to_do.splitlines():
        indent = " " * 11 + " " * (len(paragraph) - len(paragraph.lstrip()))
        yield from textwrap.wrap(
            paragraph.strip(), WIDTH, initial_indent=indent, subsequent_indent=indent
        )
