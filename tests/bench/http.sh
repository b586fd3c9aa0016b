#!/bin/bash
# How many requests a second the server answers: /health, and reads of the database by somebody
# signed in. Medians of three runs.
set -eu

usage() {
    cat <<'TEXT'
Usage: tests/bench/http.sh [--json] [--seconds N] [--connections N] [--program FILE]
       tests/bench/http.sh [...] --url URL --token TOKEN

Without --url it makes a temporary database and starts build/presente (or --program) on a free port.
TEXT
}

json=false seconds=5 connections=64 url='' token='' runs=3
root=$(cd "$(dirname "$0")/../.." && pwd)
program=$root/build/presente
while [ $# -gt 0 ]; do
    case $1 in
        --json) json=true ;;
        --seconds) seconds=$2 && shift ;;
        --connections) connections=$2 && shift ;;
        --program) program=$(readlink -f "$2") && shift ;;
        --url) url=$2 && shift ;;
        --token) token=$2 && shift ;;
        -h | --help) usage && exit 0 ;;
        *) usage >&2 && exit 2 ;;
    esac
    shift
done
for tool in wrk curl; do
    command -v "$tool" >/dev/null || { echo "$tool is missing (Debian package $tool)." >&2; exit 1; }
done

field() { sed -n "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/p" | head -n 1; }

dir='' server=''
finish() {
    [ -z "$server" ] || { kill "$server" && wait "$server" || true; }
    [ -z "$dir" ] || rm -rf "$dir"
}
trap finish EXIT

start_server() {
    [ -x "$program" ] || { echo "There is no program at $program: ./dev build makes it." >&2; exit 1; }
    dir=$(mktemp -d)
    local port=$((20000 + RANDOM % 20000))
    export PRESENTE_DATABASE_URL=sqlite:$dir/presente.db PRESENTE_KEY_FILE=$dir/presente.key
    export PRESENTE_LISTEN=127.0.0.1:$port
    export PRESENTE_MODELS_DIR=${PRESENTE_MODELS_DIR:-$root/deps/models}
    cd "$dir"
    local admin
    admin=$("$program" db init --json)
    "$program" serve >"$dir/log" 2>&1 &
    server=$!
    url=http://127.0.0.1:$port
    for _ in $(seq 100); do
        curl -sf "$url/health" >/dev/null && break
        kill -0 "$server" 2>/dev/null || { cat "$dir/log" >&2; exit 1; }
        sleep 0.1
    done
    local email password
    email=$(tr -d '\n' <<<"$admin" | field email)
    password=$(tr -d '\n' <<<"$admin" | field password)
    token=$(curl -sf "$url/login" -H 'Content-Type: application/json' \
        -d "{\"email\":\"$email\",\"password\":\"$password\"}" | tr -d '\n' | field token)
    [ -n "$token" ] || { echo 'The sign-in gave no token.' >&2; exit 1; }
}

# Requests a second of one run, or nothing when an answer was not a 200.
one_run() {
    wrk -t1 -c"$connections" -d"${seconds}s" -H "Authorization: Bearer $token" "$url$1" |
        awk '/Non-2xx/ { bad = 1 } /Requests\/sec/ { rate = $2 } END { if (!bad) print int(rate) }'
}

[ -n "$url" ] || start_server
results=''
for path in /health /me '/users?limit=20' '/attendance?limit=20' /; do
    status=$(curl -s -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $token" "$url$path")
    if [ "$status" != 200 ]; then
        echo "$path answers $status: left out." >&2
        continue
    fi
    rates=$(for _ in $(seq $runs); do one_run "$path"; done | sort -n)
    median=$(sed -n "$((runs / 2 + 1))p" <<<"$rates")
    $json || printf '%-22s %8s requests/s\n' "$path" "${median:-failed}"
    results+="${results:+,}{\"path\":\"$path\",\"requests_per_second\":${median:-null}}"
done
if [ -n "$server" ]; then
    kilobytes=$(awk '/^VmRSS/ { print $2 }' "/proc/$server/status")
    $json || printf '%-22s %8s KiB\n' 'resident memory' "$kilobytes"
fi
$json && printf '{"connections":%s,"seconds":%s,"runs":%s,"results":[%s],"resident_kib":%s}\n' \
    "$connections" "$seconds" "$runs" "$results" "${kilobytes:-null}"
exit 0
