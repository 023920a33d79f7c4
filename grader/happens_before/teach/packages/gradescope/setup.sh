#!/usr/bin/env bash
# Gradescope runs this once, as root, to build the image that submissions are graded in: it installs
# what the grader needs, compiles the grader's runtime, and grades the reference answer, so that an
# image that cannot grade is never built.
#
# The base image must have Python 3.11 or later: choose Ubuntu 24.04, not 22.04.
set -euo pipefail
source=/autograder/source

if ! /usr/bin/python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "setup.sh: this image has $(/usr/bin/python3 --version 2>&1); the grader needs Python 3.11" \
        "or later. Choose the base image Ubuntu 24.04 in Gradescope's Configure Autograder." >&2
    exit 1
fi
bash "$source/workbook/grader/setup.sh"

results=$(mktemp -d)/results.json
bash "$source/run_autograder" "$source/workbook/solutions" "$results"
if grep -q '"status": "failed"' "$results"; then
    echo "setup.sh: the reference answer does not get full marks on this image; see above." >&2
    exit 1
fi
echo "setup.sh: the reference answer gets full marks."
