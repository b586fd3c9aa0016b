#!/bin/bash
# Feeds parsers with broken input: fuzz.sh [--tap] NAME|all SECONDS. Starts from the kept corpus
# (tests/fuzz/corpus/NAME); new inputs go to build-fuzz/corpus/NAME, a crash to build-fuzz/.
. "$(dirname "$0")/lib.sh"

tap=
if [ "${1:-}" = --tap ]; then tap=yes && shift; fi
wanted=${1:-all}
seconds=${2:-30}
[[ $seconds =~ ^[0-9]+$ ]] || die "Usage: ./dev fuzz NAME|all SECONDS"

build_targets() {
    has clang || die "clang is needed to fuzz: ./dev deps --test installs it."
    if [ ! -f build-fuzz/build.ninja ]; then
        step "Preparing the fuzz build" env CC=clang meson setup build-fuzz -Dfuzz=true \
            -Doptimization=1 -Ddebug=false -Dc_args=-gline-tables-only ||
            die "The fuzz build could not be prepared; the reason stands above."
    fi
    # meson does not notice a file that it once looked for in vain.
    local listed=build-fuzz/targets-configured
    if ! targets | cmp -s - "$listed"; then
        step "Preparing the fuzz build again" meson setup --reconfigure build-fuzz ||
            die "The fuzz build could not be prepared; the reason stands above."
        targets >"$listed"
    fi
    local programs
    mapfile -t programs < <(ninja -C build-fuzz -t targets all |
        sed -n 's/^\(tests\/fuzz\/fuzz_[a-z0-9_]*\): .*/\1/p')
    [ "${#programs[@]}" -gt 0 ] || return 0
    step "Compiling the fuzz targets" ninja -C build-fuzz "${programs[@]}" ||
        die "The fuzz targets could not be compiled; the reason stands above."
}

targets() {
    local file
    for file in tests/fuzz/fuzz_*.c; do
        [ -f "$file" ] || continue
        file=${file##*/fuzz_}
        echo "${file%.c}"
    done
}

# An allocation larger than 2 GB or an input that takes 10 seconds is a fault as well.
fuzz_one() {
    local name=$1 work=build-fuzz/corpus/$1
    mkdir -p "$work" "tests/fuzz/corpus/$name"
    PRESENTE_MODULES_DIR=$root/build-fuzz UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 G_DEBUG=fatal-criticals G_MESSAGES_DEBUG= \
        OMP_NUM_THREADS=1 "build-fuzz/tests/fuzz/fuzz_$name" -max_total_time="$seconds" \
        -timeout=10 -rss_limit_mb=3072 -malloc_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix="build-fuzz/crash-$name-" "$work" "tests/fuzz/corpus/$name"
}

# Fuzzes one target and says how it went; gives 1 where it broke.
fuzz_target() {
    local name=$1 runs
    if [ "$name" = video ] && [ ! -f build-fuzz/presente-video.so ]; then
        say "ok - video # SKIP FFmpeg's headers are not here: ./dev deps video"
        return
    fi
    if [ ! -x "build-fuzz/tests/fuzz/fuzz_$name" ]; then
        say "not ok - fuzz_$name.c is not in tests/fuzz/meson.build"
        return 1
    fi
    if step "Fuzzing $name for $seconds s" fuzz_one "$name" >&2; then
        runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$step_log")
        [ -z "$tap" ] && say "$name: $runs inputs, no fault" || say "ok - $name survives $runs inputs"
    else
        say "not ok - $name: the input that broke it is in build-fuzz/crash-$name-*"
        return 1
    fi
}

# As many at once as there are processors, each with a temporary folder of its own.
fuzz_all() {
    local name status=0
    for name in "$@"; do
        while [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; do wait -n || status=1; done
        (
            temporary_folder=
            trap leave EXIT
            fuzz_target "$name"
        ) &
    done
    while [ -n "$(jobs -p)" ]; do wait -n || status=1; done
    return "$status"
}

mapfile -t chosen < <(targets | grep -xF -- "$wanted" || { [ "$wanted" != all ] || targets; })
[ "${#chosen[@]}" -gt 0 ] ||
    die "There is no fuzz target called '$wanted': $(targets | paste -sd' ')"
mkdir -p build-fuzz
build_targets >&2
fuzz_all "${chosen[@]}"
