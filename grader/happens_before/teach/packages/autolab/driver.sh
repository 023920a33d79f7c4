#!/usr/bin/env bash
# Grades the hand-in that stands here, and prints what Autolab reads: the last line is the scores.
#
# Without a last line that it can parse Autolab would write a zero, so there is always one: a unit
# that could not be judged has the score null.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
log=$(mktemp) result=$(mktemp)

# Sets handin: the archive that was handed in, or a directory with the files that were.
find_handin() {
    handin=submission
    mkdir -p submission
    local file
    for file in *; do
        case $file in
        Makefile | autograde-Makefile | autograde.tar | happens-before | submission) ;;
        *.zip | *.tar | *.tar.gz | *.tgz) handin=$file ;;
        *) cp -R "$file" submission/ ;;
        esac
    done
}

find_handin
bash "$here/grade.sh" autolab "$result" "$handin" >"$log" 2>&1
if [[ -s $result ]]; then
    cat "$result"
else
    echo "Not graded; this says nothing of what was handed in. The grader's last words:"
    tail -n 20 "$log"
    cat "$here/ungraded.json"
fi
