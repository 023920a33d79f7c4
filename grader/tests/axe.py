"""Is a page fit for every reader? axe-core looks, in a real browser, for what WCAG 2 A and AA forbid.

axe-core is fetched once from npm, by version and checksum, into the user's cache.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
from functools import lru_cache
from pathlib import Path

import pytest
from browser import Browser

VERSION = "4.10.3"
SHA256 = "880970c081707360e64f34cea25ff91892f5bc95675b0776925b9709dd8a68bb"  # of axe.min.js
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]
ASK = """
const done = arguments[arguments.length - 1];
axe.run(document, {runOnly: arguments[0], preload: false}).then(
  (found) => done(found.violations.map((each) => each.id + ': ' + each.help + ': '
    + each.nodes.map((node) => node.html.slice(0, 120) + ' ' + node.failureSummary).join(' | '))),
  (error) => done(['axe: ' + error]));
"""


def violations(browser: Browser) -> list[str]:
    """What the page that is open does wrong. Skips the test where axe-core cannot be had."""
    browser.run(_source())
    found: list[str] = browser.driver.execute_async_script(ASK, RULES)
    return found


@lru_cache(maxsize=None)
def _source() -> str:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "happens-before"
    file = cache / f"axe-core-{VERSION}.min.js"
    if not file.is_file():
        text = _fetched()
        cache.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text)
    content = file.read_bytes()
    assert hashlib.sha256(content).hexdigest() == SHA256, f"{file} is not axe-core {VERSION}"
    return content.decode()


def _fetched() -> bytes:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("axe-core is fetched with npm, which is not installed")
    with tempfile.TemporaryDirectory() as directory:
        command = [npm, "pack", "--silent", f"axe-core@{VERSION}"]
        done = subprocess.run(command, cwd=directory, capture_output=True, timeout=60, check=False)
        if done.returncode != 0:
            pytest.skip("npm cannot fetch axe-core: is there a network?")
        with tarfile.open(Path(directory) / f"axe-core-{VERSION}.tgz") as package:
            member = package.extractfile("package/axe.min.js")
            assert member
            return member.read()
