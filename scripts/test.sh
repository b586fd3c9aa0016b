#!/bin/bash
# Every test, or the suites named. Each suite leaves TAP in build/results/SUITE.tap; the last line
# of the output is the tally of them all. All but the last two are about SQLite; "postgresql" and
# "mariadb" repeat on a server of that kind what a database can make different, both at once.
. "$(dirname "$0")/lib.sh"

ENGINES=(postgresql mariadb)
SUITES=(layers lint unit asan onnx fuzz scripts cli api browser crash "${ENGINES[@]}")
FUZZ_SECONDS=${PRESENTE_FUZZ_SECONDS:-4}
results=build/results

# meson_suite BUILD_FOLDER TIMEOUT_FACTOR [SUITE]
meson_suite() {
    local log=testlog-${TEST_ENGINE:-sqlite}
    rm -f "$1/meson-logs/$log.txt"
    meson test -C "$1" --no-rebuild --suite "${3:-unit}" --timeout-multiplier "$2" \
        --logbase "$log" >&2 || true
    [ -f "$1/meson-logs/$log.txt" ] || { echo "not ok - meson ran no test" && return; }
    awk -f scripts/meson-tap.awk "$1/meson-logs/$log.txt"
}

# node_suite FOLDER [NAME ...]: its *.test.mjs, or NAME.test.mjs alone, each in a process of its own.
node_suite() {
    local files
    if [ $# -gt 1 ]; then
        files=("${@:2}")
        files=("${files[@]/#/$1/}")
        files=("${files[@]/%/.test.mjs}")
    else
        mapfile -t files < <(find "$1" -name '*.test.mjs' -not -path '*/node_modules/*' | LC_ALL=C sort)
    fi
    [ "${#files[@]}" -gt 0 ] || { echo "ok - $1 # SKIP it holds no test yet" && return; }
    node_test "${files[@]}"
}

# A test that hangs must not take the whole run with it.
node_test() {
    timeout -k 10 600 node --test --test-reporter=./scripts/tap-reporter.mjs "$@" ||
        [ $? -ne 124 ] || echo "not ok - $* took longer than 10 minutes"
}

suite_layers() {
    local broken
    if broken=$(scripts/check-layers.sh); then
        echo "ok - every include is allowed"
    else
        echo "not ok - every include is allowed"
        sed 's/^/#   /' <<<"$broken"
    fi
}

suite_lint() { scripts/lint.sh --tap || true; }
suite_unit() { meson_suite build 1; }

# Line numbers are all that a report of a sanitizer needs: the rest takes long to write and to link.
asan_build() {
    if [ ! -f build-asan/build.ninja ]; then
        meson setup build-asan -Db_sanitize=address,undefined -Doptimization=1 -Ddebug=false \
            -Dc_args='-fno-sanitize-recover=undefined -g1' >&2 || return
    fi
    ninja -C build-asan >&2
}

# asan_suite [SUITE]
asan_suite() {
    asan_build || { echo "not ok - the sanitizer build does not compile" && return; }
    # No detect_stack_use_after_return: gcc 12 puts 64-byte vectors on its fake stack unaligned.
    ASAN_OPTIONS=strict_string_checks=1 \
        LSAN_OPTIONS=suppressions=$root/scripts/leaks.txt:print_suppressions=0 \
        UBSAN_OPTIONS=print_stacktrace=1 meson_suite build-asan 3 "${1:-unit}"
}

suite_asan() { asan_suite; }

suite_scripts() { node_suite tests/scripts; }
suite_cli() { node_suite tests/cli; }
suite_api() { node_suite tests/api; }
# A browser waits as much as it works, and node takes one file after the other where it has two
# processors: here it is told twice.
suite_browser() {
    local said status=0
    said=$(mktemp -d)
    export -f node_test
    # shellcheck disable=SC2016
    find tests/browser -name '*.test.mjs' | LC_ALL=C sort |
        xargs -P 2 -I{} bash -c 'node_test "$1" >"$2/${1//\//-}"' - {} "$said" || status=$?
    cat "$said"/*
    rm -r "$said"
    [ "$status" = 0 ] || echo "not ok - every browser test was run"
}
suite_crash() { node_suite tests/crash; }

# Fuzzing wants processors, and the suites after it mostly wait for programs, disks and browsers: it
# goes on beside them.
fuzzing=
suite_fuzz() { scripts/fuzz.sh --tap all "$FUZZ_SECONDS" || true; }
start_fuzzing() {
    set -m # a process group of its own, so that all of it can be ended
    (renice -n 10 "$BASHPID" && run_suite fuzz) >/dev/null 2>"$results/fuzz.log" </dev/null &
    fuzzing=$!
    set +m
}
stop_fuzzing() { [ -z "$fuzzing" ] || kill -- "-$fuzzing" 2>/dev/null || true; }
trap 'stop_fuzzing; leave' EXIT
end_fuzzing() {
    while kill -0 "$fuzzing" 2>/dev/null; do sleep 0.2; done
    cat "$results/fuzz.log"
}

# Where the reference runtime cannot be installed from npm the comparison says so and is skipped.
suite_onnx() { meson_suite build 1 onnx; }

# Every statement of the program runs on every engine: nearly all in the tests in C, the others in
# these. They also are what moves or checks databases, takes long transactions or several nodes, has
# people act at the same time, and tries every operation with every role.
SERVER_CLI=(audit database database_damage database_move demo imports serve)
SERVER_API=(attendance events imports institution jobs kiosk people reports reviews roles
    session timetable webhooks)

# What a database can make different, on this engine's server.
engine_suite() {
    local url=TEST_${1^^}_URL reason
    reason=$(sed -n "s/^skipped $1: //p" "$databases.log")
    [ -z "$reason" ] || { echo "ok - everything # SKIP $reason" && return; }
    [ -n "${!url:-}" ] || { echo "not ok - the server did not start" && return; }
    export TEST_ENGINE=$1
    meson_suite build 3 database
    asan_suite driver
    # These wait more than they work.
    node_suite tests/cli "${SERVER_CLI[@]}" >"$databases/cli-$1" &
    node_suite tests/api "${SERVER_API[@]}" >"$databases/api-$1" &
    node_suite tests/crash >"$databases/crash-$1"
    wait
    cat "$databases"/{cli,api,crash}-"$1"
}

suite_postgresql() { engine_suite postgresql | prefixed postgresql; }
suite_mariadb() { engine_suite mariadb | prefixed mariadb; }

prefixed() { sed -E "s/^((not )?ok - )/\1$1 /"; }

# Where memory serves as a disk and has room to spare: making and dropping hundreds of databases is
# mostly making and dropping files.
quick_folder() {
    local free
    free=$(df -B1G --output=avail /dev/shm 2>/dev/null | tail -n 1)
    if [ "${free:-0}" -ge 6 ]; then echo /dev/shm; else echo "${TMPDIR:-/tmp}"; fi
}

# The servers are started once, and stopped whatever happens.
databases=
start_databases() {
    local wanted=()
    for suite in "${chosen[@]}"; do
        [[ " ${ENGINES[*]} " != *" $suite "* ]] || wanted+=("$suite")
    done
    [ "${#wanted[@]}" -gt 0 ] || return 0
    databases=$(mktemp -d -p "$(quick_folder)")
    trap 'scripts/databases.sh stop "$databases"; rm -rf "$databases" "$databases.log"; stop_fuzzing; leave' EXIT
    step "Starting ${wanted[*]}" scripts/databases.sh start-fleeting "$databases" "${wanted[@]}" || true
    cp "$step_log" "$databases.log"
    [ -f "$databases/environment" ] || return 0
    set -a
    # shellcheck source=/dev/null
    . "$databases/environment"
    set +a
}

# What is about another engine alone is no test of this one, and not skipped either.
run_suite() {
    "suite_$1" | sed '/^ok .* # SKIP not on [a-z]*: /d' >"$results/$1.tap"
}

# What failed, with the lines that explain it.
show_failures() {
    awk '/^not ok/ { shown = 1 } /^ok/ { shown = 0 } shown' "$1"
}

chosen=("$@")
[ "${#chosen[@]}" -gt 0 ] || chosen=("${SUITES[@]}")
for suite in "${chosen[@]}"; do
    [[ " ${SUITES[*]} " == *" $suite "* ]] ||
        die "There is no suite called '$suite': ${SUITES[*]}"
done

# A person's own settings must not reach the tests.
unset "${!PRESENTE_@}" "${!TEST_@}"
scripts/deps.sh --test --quiet
scripts/build.sh --tests --quiet
rm -rf "$results"
mkdir -p "$results"

# Suites that wait for programs, disks, browsers and servers more than they work: together they take
# not much longer than one of them. Each group in turn.
TOGETHER=("scripts crash browser" "cli api ${ENGINES[*]}")
run_together() {
    local suite
    for suite in "$@"; do
        (run_suite "$suite" || echo "not ok - $suite did not finish" >>"$results/$suite.tap") &
    done
    wait
}

files=()
conclude() {
    local file=$results/$1.tap
    files+=("$file")
    grep -qsE '^(not )?ok' "$file" || echo "not ok - $1 said nothing" >>"$file"
    show_failures "$file"
}

# Those of the group of $1 that were chosen, or $1 alone.
group_of() {
    local group suite chosen_too=()
    for group in "${TOGETHER[@]}"; do
        [[ " $group " == *" $1 "* ]] || continue
        for suite in $group; do
            [[ " ${chosen[*]} " != *" $suite "* ]] || chosen_too+=("$suite")
        done
    done
    echo "${chosen_too[*]:-$1}"
}

start_databases
begun=
for suite in "${chosen[@]}"; do
    [[ " $begun " != *" $suite "* ]] || continue
    if [ "$suite" = fuzz ]; then
        start_fuzzing
        continue
    fi
    group=$(group_of "$suite")
    begun+=" $group"
    # Both engines use this build: it must not be made twice at once.
    for engine in "${ENGINES[@]}"; do
        [[ " $group " != *" $engine "* ]] || asan_build >/dev/null 2>&1 || true
    done
    # shellcheck disable=SC2086
    step "Testing $group" run_together $group || true
    for member in $group; do conclude "$member"; done
done
if [ -n "$fuzzing" ]; then
    step "Waiting for the fuzzers" end_fuzzing
    fuzzing=
    conclude fuzz
fi

say
status=0
awk -f scripts/tally.awk "${files[@]}" || status=$?
exit "$status"
