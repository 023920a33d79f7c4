#!/usr/bin/env bash
# A test runner as Exercism calls it. Usage: run.sh SLUG INPUT_DIRECTORY OUTPUT_DIRECTORY
# The slug is the name of a unit. The directory that this stands in may be read-only.
set -uo pipefail
if (($# != 3)); then
    echo "usage: run.sh SLUG INPUT_DIRECTORY OUTPUT_DIRECTORY" >&2
    exit 2
fi
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
results=${3%/}/results.json
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The runtime that the image was built with, where it can be added to.
export HAPPENS_BEFORE_CACHE=$work/cache
[[ ! -d $here/workbook/.cache ]] || cp -R "$here/workbook/.cache" "$HAPPENS_BEFORE_CACHE"

UNITS=$1 bash "$here/grade.sh" exercism "$results" "$2" >"$work/log" 2>&1
cat "$work/log"
[[ -s $results ]] || tail -n 20 "$work/log" | /usr/bin/python3 -c '
import json, sys
message = "The test runner failed, which says nothing of the solution.\n" + sys.stdin.read()
json.dump({"version": 3, "status": "error", "message": message}, open(sys.argv[1], "w"))
' "$results"
