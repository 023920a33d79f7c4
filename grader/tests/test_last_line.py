"""The last line of a test run: what passed and failed, plain, for those who read only that."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).with_name("conftest.py")
GOOD = "def test_good(): pass\n"
BAD = "def test_bad(): assert False\n"
ERROR = (
    "import pytest\n@pytest.fixture\ndef broken(): raise OSError\ndef test_error(broken): pass\n"
)
SKIPPED = "import pytest\n@pytest.mark.skip\ndef test_skipped(): pass\n"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (GOOD, "1 passed, 0 failed"),
        (GOOD + BAD, "1 passed, 1 failed"),
        (GOOD + ERROR, "1 passed, 1 failed"),
        (SKIPPED + GOOD, "1 passed, 0 failed, 1 skipped"),
        (GOOD + "import nothing_of_this_name\n", "0 passed, 1 failed"),
        ("", "0 passed, 0 failed"),
    ],
)
@pytest.mark.parametrize("options", [["-q"], []], ids=["quiet", "usual"])
def test_the_last_line_counts_errors_as_failures(
    text: str, line: str, options: list[str], tmp_path: Path
) -> None:
    (tmp_path / "tests").mkdir()
    shutil.copy(CONFTEST, tmp_path / "tests")
    (tmp_path / "tests" / "test_it.py").write_text(text)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options, "tests"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines()[-1] == line
