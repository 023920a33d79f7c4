#!/usr/bin/env bash
# Gradescope runs this once, as root, to build the image that submissions are graded in: it installs
# what the grader needs, compiles the grader's runtime, and grades the reference answer, so that an
# image that cannot grade is never built.
#
# The grader needs Python 3.11. Ubuntu 24.04 has a later one; Ubuntu 22.04, where python3 is 3.10, has
# python3.11 beside it, which grade.sh prefers.
set -euo pipefail
source=/autograder/source

bash "$source/workbook/grader/setup.sh"
if ! /usr/bin/python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    apt-get install --yes --quiet --no-install-recommends python3.11
fi

results=$(mktemp -d)/results.json
bash "$source/run_autograder" "$source/workbook/solutions" "$results"
if grep -q '"status": "failed"' "$results"; then
    echo "setup.sh: the reference answer does not get full marks on this image; see above." >&2
    exit 1
fi
echo "setup.sh: the reference answer gets full marks."
