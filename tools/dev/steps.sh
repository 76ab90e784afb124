# shellcheck shell=bash
# Steps: a command with a title, whose output is indented and whose closing line is added up.

readonly LOGS=build/logs
PASSED=0 FAILED=0 SKIPPED=0
CHILD= # process group of the step that runs now

say() { printf '%s\n' "$*" >&2; }

die() {
    say "./dev: $*"
    exit 1
}

# Ends the running step with everything it started: politely, then not.
end_child() {
    local group=$CHILD tries
    [[ -n $group ]] || return 0
    CHILD=
    kill -TERM -- "-$group" 2>/dev/null || return 0
    for ((tries = 0; tries < 50; tries++)); do
        kill -0 -- "-$group" 2>/dev/null || return 0
        sleep 0.1
    done
    kill -KILL -- "-$group" 2>/dev/null || true
}
trap end_child EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# attend COMMAND...: runs it in a process group of its own, so that a signal to us ends all of it.
attend() {
    local status=0
    set -m
    ("$@") </dev/null &
    CHILD=$!
    set +m
    wait "$CHILD" || status=$?
    end_child
    return "$status"
}

# add_up STATUS LOG: adds the closing line "N passed, N failed[, N skipped]" of a log to the sums.
# A step that failed without saying so, or that has no closing line, is one failure.
add_up() {
    local status=$1 line failed=0
    line=$(grep -aE '^[0-9]+ passed, [0-9]+ failed' "$2" | tail -n 1) || true
    if [[ $line =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed(,\ ([0-9]+)\ skipped)? ]]; then
        failed=${BASH_REMATCH[2]}
        PASSED=$((PASSED + BASH_REMATCH[1]))
        SKIPPED=$((SKIPPED + ${BASH_REMATCH[4]:-0}))
    else
        status=1
    fi
    if [[ $status -ne 0 && $failed -eq 0 ]]; then failed=1; fi
    FAILED=$((FAILED + failed))
}

# step TITLE COMMAND...: runs a command that ends with a closing line.
step() {
    local title=$1 log status=0 began=$SECONDS
    shift
    mkdir -p "$LOGS"
    log=$LOGS/${title// /-}.log
    printf '== %s\n' "$title"
    attend shown_in "$log" "$@" || status=$?
    add_up "$status" "$log"
    printf '== %s: exit %d after %d s\n' "$title" "$status" $((SECONDS - began))
}

# shown_in LOG COMMAND...: output goes to the log as it is and to the terminal indented.
shown_in() {
    local log=$1
    shift
    set -o pipefail
    "$@" 2>&1 | tee "$log" | sed -u 's/^/  /'
}

# closing: the last line of a run; fails if anything failed.
closing() {
    local skipped=
    if [[ $SKIPPED -gt 0 ]]; then skipped=", $SKIPPED skipped"; fi
    printf '%d passed, %d failed%s\n' "$PASSED" "$FAILED" "$skipped"
    [[ $FAILED -eq 0 ]]
}
