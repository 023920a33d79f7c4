#!/usr/bin/env bash
# Grades one submission on a platform's machine, a container that is thrown away afterwards.
# Usage: grade.sh FORMAT FILE SUBMISSION    Exit status: that of `grader/grade check`.
#
# The file is there afterwards only if there is a verdict to tell the platform.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
format=$1 file=$2 submission=$3
rm -f "$file"

# Sets units, hidden and seconds. A caller may name another unit (UNITS), as may Gradescope its time
# limit (TIMEOUT_SECONDS).
units=() hidden=score seconds=600
# shellcheck source=/dev/null
source "$here/package.conf"
[[ -z ${UNITS:-} ]] || units=("$UNITS")
seconds=${TIMEOUT_SECONDS:-$seconds}

say() { printf 'grade.sh: %s\n' "$*" >&2; }

# Whether bubblewrap can make the namespaces that the sandbox needs.
namespaces_allowed() {
    local user=()
    ((EUID == 0)) || user=(--unshare-user)
    bwrap --ro-bind / / --proc /proc --dev /dev --unshare-pid --unshare-net --unshare-ipc \
        --unshare-uts "${user[@]}" true 2>/dev/null
}

options=()
if ! namespaces_allowed; then
    if ((EUID != 0)); then
        say "no namespaces are allowed here, and we are not root: nothing that is handed in can be" \
            "kept from the grader's files. Allow user namespaces, or run this as root."
        exit 3
    fi
    say "no namespaces are allowed here: the container itself is the wall. What is handed in runs" \
        "as a user of its own, who cannot read the grader's files, but sees the container's" \
        "network and processes."
    options=(--no-sandbox)
fi
chmod 700 "$here" 2>/dev/null || true # as root: the tests and the answers are ours alone

python=/usr/bin/python3.11
[[ -x $python ]] || python=/usr/bin/python3

# A platform's own time limit would become a zero, so we stop before it.
timeout --kill-after=5 "$((seconds - seconds / 20 - 1))" \
    "$python" "$here/workbook/grader/grade" check "${units[@]}" --submission "$submission" \
    --missing --hidden "$hidden" --write "$format=$file" "${options[@]}"
status=$?
if ((status == 124 || status == 137)); then
    say "grading took longer than the platform's $seconds seconds allow: ungraded."
    rm -f "$file"
    exit 3
fi
if ((status <= 1)) && [[ ! -s $file ]]; then
    say "the grader broke (exit status $status) before it wrote a result: ungraded."
    exit 3
fi
exit "$status"
