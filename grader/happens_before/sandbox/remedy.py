"""What to do where no sandbox is possible."""

from __future__ import annotations

import os
from pathlib import Path

TRUSTED = "For code that you trust, `--no-sandbox` runs it without isolation."
NOT_INSTALLED = f"no sandbox: bubblewrap is not installed. `make setup` installs it. {TRUSTED}"
APPARMOR = Path("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")
CLONE = Path("/proc/sys/kernel/unprivileged_userns_clone")
MOST = Path("/proc/sys/user/max_user_namespaces")
PROFILE = """abi <abi/4.0>,
include <tunables/global>
profile bwrap /usr/bin/bwrap flags=(unconfined) {
  userns,
}
"""


def no_namespaces(words: str) -> str:
    """The sentence for a machine whose kernel lets us make no namespaces. words: bwrap's own."""
    return f"no sandbox: bubblewrap cannot make namespaces here ({words}). {_remedy()} {TRUSTED}"


def _remedy() -> str:
    if os.geteuid() == 0:
        return (
            "In a container, namespaces must be allowed from outside: for Docker, "
            "`--security-opt seccomp=unconfined --security-opt apparmor=unconfined "
            "--security-opt systempaths=unconfined --cap-add SYS_ADMIN`."
        )
    if _is(APPARMOR, "1"):
        lines = "".join(f"    {line}\n" for line in PROFILE.splitlines())
        return (
            "AppArmor restricts unprivileged user namespaces (the default since Ubuntu 23.10). "
            "Allow them for bubblewrap alone: write these lines to /etc/apparmor.d/bwrap\n"
            f"{lines}  and load them: sudo apparmor_parser -r /etc/apparmor.d/bwrap\n "
        )
    if _is(CLONE, "0"):
        return "Allow user namespaces: `sudo sysctl kernel.unprivileged_userns_clone=1`."
    if _is(MOST, "0"):
        return "Allow user namespaces: `sudo sysctl user.max_user_namespaces=10000`."
    return "In a container, ask its operator to allow user namespaces."


def _is(path: Path, value: str) -> bool:
    try:
        return path.read_text().strip() == value
    except OSError:
        return False
