#!/bin/sh
# One task of an array: grades the items whose keys stand in WAVE/N.keys, N being the task's number,
# and writes a line to WAVE/N.ended for each. The engine slurm submits it:
#
#   task.sh WAVE GRADE RESULTS [OPTION OF WORKERS]...
#
# Exit status 97: this node does not see the folder. 98: it lacks something else, as N.words says.
set -eu
cd "$1" 2>/dev/null || exit 97
grade=$2 results=$3 number=$SLURM_ARRAY_TASK_ID
shift 3
exec >"$number.ended" 2>"$number.words"

unfit() {
    echo "$*" >&2
    exit 98
}

[ -x "$grade" ] || unfit "$grade is not there: the workbook, too, must be where all nodes see it."
if [ -z "${HAPPENS_BEFORE_CACHE:-}" ]; then # a place of this node's own, and nobody else's
    HAPPENS_BEFORE_CACHE=${TMPDIR:-/tmp}/happens-before-cache-$(id -u)
    mkdir -m 700 "$HAPPENS_BEFORE_CACHE" 2>/dev/null || true # it is there: from an earlier task?
    if [ -L "$HAPPENS_BEFORE_CACHE" ] || [ ! -O "$HAPPENS_BEFORE_CACHE" ]; then
        unfit "$HAPPENS_BEFORE_CACHE is not ours: name a place in HAPPENS_BEFORE_CACHE."
    fi
    export HAPPENS_BEFORE_CACHE
fi
exec "$grade" teach work "$@" --keys "$number.keys" "$results"
