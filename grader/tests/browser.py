"""A real browser for tests: headless Chromium, which may ask nothing of the world outside.

    from browser import Browser, browser

    def test_a_page_opens(browser: Browser, tmp_path: Path) -> None:
        browser.open(tmp_path / "page.html")
        assert browser.all("h1")[0].text == "Title"
        browser.is_clean()
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

PATIENCE_S = 60  # until what is waited for counts as never coming
AT_HOME = ("file:", "data:", "blob:", "about:", "chrome:", "http://127.0.0.1", "http://localhost")
NOWHERE = "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"
TEXTS = "return [...document.querySelectorAll(arguments[0])].map((found) => found.textContent)"
PICTURES = "HB_PICTURES"  # a directory to keep pictures of pages in, for a person to look at


class Browser:
    """One Chromium, with what its console said and what it asked for since the last `open`."""

    def __init__(self, width: int = 1280, height: int = 900) -> None:
        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium") or ""
        for argument in _arguments(width, height):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        service = Service(executable_path=shutil.which("chromedriver"))
        self.driver = webdriver.Chrome(options=options, service=service)
        self._errors: list[str] = []
        self._asked: list[str] = []

    def close(self) -> None:
        """End it."""
        self.driver.quit()

    def open(self, page: Path | str) -> None:
        """Open a file, or an address; what was said and asked before is forgotten."""
        self._listen()
        self._errors, self._asked = [], []
        self.driver.get(page.resolve().as_uri() if isinstance(page, Path) else page)

    def resize(self, width: int, height: int = 900) -> None:
        """Make the page exactly so wide, in CSS pixels; narrower than a window can be."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.tell("Emulation.setDeviceMetricsOverride", **size)

    def prefer(self, **features: str) -> None:
        """Media features: prefer(color_scheme="dark", reduced_motion="reduce"). None: as usual."""
        wanted = [
            {"name": f"prefers-{name.replace('_', '-')}", "value": value}
            for name, value in features.items()
        ]
        self.tell("Emulation.setEmulatedMedia", media="", features=wanted)

    def on_paper(self, yes: bool = True) -> None:
        """Show the page as it is printed."""
        self.tell("Emulation.setEmulatedMedia", media="print" if yes else "", features=[])

    def without_script(self, yes: bool = True) -> None:
        """Pages opened from now on run no script."""
        self.tell("Emulation.setScriptExecutionDisabled", value=yes)

    def tell(self, command: str, **arguments: Any) -> Any:
        """A command of the DevTools protocol."""
        return self.driver.execute_cdp_cmd(command, arguments)

    def all(self, selector: str) -> list[WebElement]:
        """The elements that a CSS selector finds."""
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector: str) -> WebElement:
        """The one element that a CSS selector finds."""
        [found] = self.all(selector)
        return found

    def drawn(self, selector: str) -> list[str]:
        """The elements' texts, read in one go: what is drawn anew is replaced at any moment."""
        return list(self.run(TEXTS, selector))

    def run(self, script: str, *arguments: Any) -> Any:
        """What a script returns."""
        return self.driver.execute_script(script, *arguments)

    def press(self, *keys: str) -> None:
        """Keys, one after the other, wherever the focus is."""
        actions = ActionChains(self.driver)
        for key in keys:
            actions.send_keys(key)
        actions.perform()

    def wait(self, condition: Callable[[], Any], what: str = "") -> Any:
        """Until the condition gives something true; fails when it never does.

        An element that the page replaces while the condition looks at it is looked for again.
        """
        end = time.monotonic() + PATIENCE_S
        while True:
            with contextlib.suppress(StaleElementReferenceException):
                if found := condition():
                    return found
            assert time.monotonic() < end, f"waited in vain: {what or condition}"
            time.sleep(0.02)

    def picture(self, name: str, whole: bool = True) -> None:
        """Keep a picture of the page, if $HB_PICTURES names a directory for it."""
        if directory := os.environ.get(PICTURES):
            import base64

            Path(directory).mkdir(parents=True, exist_ok=True)
            shot = self.tell("Page.captureScreenshot", captureBeyondViewport=whole)
            (Path(directory) / f"{name}.png").write_bytes(base64.b64decode(shot["data"]))

    @property
    def errors(self) -> list[str]:
        """What the console has said since the page was opened, of warnings and worse."""
        self._listen()
        return self._errors

    @property
    def asked_outside(self) -> list[str]:
        """The addresses beyond this machine that the page has asked for."""
        self._listen()
        return [address for address in self._asked if not address.startswith(AT_HOME)]

    def is_clean(self) -> None:
        """Fails if the console complained, or the page asked for something outside."""
        assert self.errors == []
        assert self.asked_outside == []

    def _listen(self) -> None:
        logged = self.driver.get_log("browser")
        self._errors += [f"{e['level']}: {e['message']}" for e in logged if e["level"] != "INFO"]
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                self._asked.append(message["params"]["request"]["url"])


def _arguments(width: int, height: int) -> Iterator[str]:
    yield from ("--headless=new", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run")
    yield from ("--disable-background-networking", "--disable-component-update", "--disable-sync")
    yield f"--window-size={width},{height}"
    yield f"--host-resolver-rules={NOWHERE}"
    if os.geteuid() == 0:  # Chromium's own sandbox refuses root
        yield "--no-sandbox"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for the tests of one file; each leaves it as wide and as light as it was."""
    found = Browser()
    yield found
    found.close()
