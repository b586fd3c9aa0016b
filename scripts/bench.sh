#!/bin/bash
# Speed of every stage of recognition, then of the server under load, then of the server on each
# database, then the pages where there is a Chromium. Options go to tests/bench/http.sh, --json to all.
. "$(dirname "$0")/lib.sh"

json=()
for option in "$@"; do
    [ "$option" != --json ] || json=(--json)
done
unset "${!PRESENTE_@}"
scripts/deps.sh --test --quiet >&2
scripts/build.sh --quiet >&2
fetch_files @vladmandic/face-api@1.7.15 scripts/samples.sha256 deps/samples package/demo >&2
build/presente bench speed "${json[@]}"
tests/bench/http.sh "$@"
tests/bench/databases.sh "${json[@]}"
if has chromium; then node tests/bench/web.mjs "${json[@]}"; fi
