"""Is a page fit for every reader? axe-core looks, in a real browser, for what WCAG 2 A and AA forbid.

axe-core is fetched once from npm's registry, by version and checksum, into the user's cache.
"""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
import urllib.request
from functools import lru_cache
from pathlib import Path

import pytest
from browser import Browser
from happens_before.core.cache import write_atomically

VERSION = "4.10.3"
PACKAGE = f"https://registry.npmjs.org/axe-core/-/axe-core-{VERSION}.tgz"
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
        write_atomically(file, _fetched())
    content = file.read_bytes()
    assert hashlib.sha256(content).hexdigest() == SHA256, f"{file} is not axe-core {VERSION}"
    return content.decode()


def _fetched() -> bytes:
    try:
        with urllib.request.urlopen(PACKAGE, timeout=60) as answer:
            packed = answer.read()
    except OSError as error:
        pytest.skip(f"axe-core cannot be fetched: is there a network? ({error})")
    with tarfile.open(fileobj=io.BytesIO(packed)) as package:
        member = package.extractfile("package/axe.min.js")
        assert member
        return member.read()
