#!/bin/bash
# The same server on each database, one after the other: how many marks and reads a second, and how
# long they take. Every mark is a new row whose commit is durable when it is answered. Medians of
# three runs.
set -euo pipefail

usage() {
    cat <<'TEXT'
Usage: tests/bench/databases.sh [--json] [--seconds N] [--connections N] [--program FILE]
                                [--engine sqlite|postgresql|mariadb]...
TEXT
}

json=false seconds=5 connections=32 runs=3 students=500 days=10
engines=()
root=$(cd "$(dirname "$0")/../.." && pwd)
program=$root/build/presente
while [ $# -gt 0 ]; do
    case $1 in
        --json) json=true ;;
        --seconds) seconds=$2 && shift ;;
        --connections) connections=$2 && shift ;;
        --program) program=$(readlink -f "$2") && shift ;;
        --engine) engines+=("$2") && shift ;;
        -h | --help) usage && exit 0 ;;
        *) usage >&2 && exit 2 ;;
    esac
    shift
done
[ "${#engines[@]}" -gt 0 ] || engines=(sqlite postgresql mariadb)
for tool in wrk curl; do
    command -v "$tool" >/dev/null || { echo "$tool is missing (Debian package $tool)." >&2; exit 1; }
done
[ -x "$program" ] || { echo "There is no program at $program: ./dev build makes it." >&2; exit 1; }

dir=$(mktemp -d) server=''
finish() {
    stop_server
    "$root/scripts/databases.sh" stop "$dir/servers"
    rm -rf "$dir"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

stop_server() {
    [ -z "$server" ] || { kill "$server" && wait "$server" || true; }
    server=''
}

field() { tr -d '\n' | sed -n "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/p"; }

# Sets url, token and server. The database is new.
start_server() {
    local engine=$1 port=$((20000 + RANDOM % 12000)) admin
    mkdir "$dir/$engine"
    cd "$dir/$engine"
    export PRESENTE_KEY_FILE=$dir/$engine/presente.key PRESENTE_LISTEN=127.0.0.1:$port
    export PRESENTE_MODELS_DIR=${PRESENTE_MODELS_DIR:-$root/deps/models}
    export PRESENTE_LIMIT_MARK_ADDRESS=0 PRESENTE_LIVENESS=off
    PRESENTE_DATABASE_URL=sqlite:$dir/$engine/presente.db
    [ "$engine" = sqlite ] ||
        PRESENTE_DATABASE_URL=$("$root/scripts/databases.sh" create "$dir/servers" "$engine" bench)
    export PRESENTE_DATABASE_URL
    admin=$("$program" db init --json)
    "$program" serve >log 2>&1 &
    server=$!
    url=http://127.0.0.1:$port
    for _ in $(seq 200); do
        curl -sf "$url/health" >/dev/null && break
        kill -0 "$server" 2>/dev/null || { cat log >&2; exit 1; }
        sleep 0.1
    done
    token=$(curl -sf "$url/login" -H 'Content-Type: application/json' -d "{\"email\":\"$(
        field email <<<"$admin")\",\"password\":\"$(field password <<<"$admin")\"}" | field token)
    [ -n "$token" ] || { echo 'The sign-in gave no token.' >&2; exit 1; }
}

# post PATH: sends each line of its input as JSON, over one connection; prints the answers' ids.
post() {
    sed -e 's/["\\]/\\&/g' -e "s|.*|url = $url$1\ndata = \"&\"\nwrite-out = \"\\\\n\"|" \
        -e 's|$|\nheader = "Content-Type: application/json"|' \
        -e "s|\$|\nheader = \"Authorization: Bearer $token\"|" -e '$!s|$|\nnext|' >requests
    curl -s -K requests | sed -n 's/.*"id": *"\([^"]*\)".*/\1/p'
}

# A register of some size, the people's ids in $dir/$engine/ids, and one with a face when there are
# photographs.
populate() {
    local i day
    for ((i = 1; i <= students; i++)); do
        printf '{"name":"Student %d","email":"s%d@uni.mx","role":"student"}\n' "$i" "$i"
    done | post /signup >ids
    [ "$(wc -l <ids)" = "$students" ] || { echo 'The people could not be made.' >&2; exit 1; }
    for ((day = 1; day <= days; day++)); do
        sed "s/.*/{\"user_id\":\"&\",\"day\":\"2025-01-$(printf %02d "$day")\",\"status\":\"late\"}/" ids
    done | post /attendance >marks
    [ "$(wc -l <marks)" = $((students * days)) ] || { echo 'The marks could not be made.' >&2; exit 1; }
    photo=''
    [ -f "$root/deps/samples/sample1.jpg" ] || return 0
    "$program" detect "$root/deps/samples/sample1.jpg" --size 640 --crop faces >/dev/null
    photo=$dir/$engine/$(ls -d faces/*3.png)
    "$program" enrol s1@uni.mx "$photo" >/dev/null
}

# measure PATH [SCRIPT]: "rate p50 p99" of one run in ms, or nothing when an answer was not 2xx.
measure() {
    wrk -t1 -c"$connections" -d"${seconds}s" --latency ${2:+-s "$root/tests/bench/$2"} \
        -H "Authorization: Bearer $token" "$url$1" | awk '
        function ms(text) {
            if (text ~ /us$/) return text / 1000
            return text ~ /ms$/ ? text + 0 : text * 1000
        }
        /Non-2xx|Socket errors/ { bad = 1 }
        $1 == "50%" { p50 = ms($2) }
        $1 == "99%" { p99 = ms($2) }
        /Requests\/sec/ { rate = $2 }
        END { if (!bad) printf "%.1f %.2f %.2f\n", rate, p50, p99 }'
}

results=''
# report WHAT PATH [SCRIPT]
report() {
    local what=$1 measured rate p50 p99 run
    shift
    measured=$(for run in $(seq "$runs"); do
        # So that no day is marked twice.
        BENCH_FIRST_DAY=$((run * 1500)) measure "$@"
    done | sort -n | sed -n "$((runs / 2 + 1))p")
    read -r rate p50 p99 <<<"${measured:-failed - -}"
    $json || printf '%-11s %-22s %10s %9s %9s\n' "$engine" "$what" "$rate" "$p50" "$p99"
    [ -n "$measured" ] || rate=null p50=null p99=null
    results+="${results:+,}{\"engine\":\"$engine\",\"what\":\"$what\",\"per_second\":$rate,"
    results+="\"p50_ms\":$p50,\"p99_ms\":$p99}"
}

servers=()
for engine in "${engines[@]}"; do [ "$engine" = sqlite ] || servers+=("$engine"); done
if [ "${#servers[@]}" -gt 0 ]; then
    chmod 755 "$dir"
    "$root/scripts/databases.sh" start "$dir/servers" "${servers[@]}" >&2
fi
$json || printf '%-11s %-22s %10s %9s %9s\n' database what 'a second' 'p50 ms' 'p99 ms'
for engine in "${engines[@]}"; do
    [ "$engine" = sqlite ] || [ -f "$dir/servers/$engine/port" ] || continue
    start_server "$engine"
    populate
    export BENCH_IDS=$dir/$engine/ids BENCH_PHOTOS=$photo
    # Reads first, while the registers are of one size.
    report 'GET /me' /me
    report 'GET /users' '/users?limit=20'
    report 'GET /attendance/all' '/attendance/all?limit=20'
    report 'marks by hand' /attendance marks.lua
    [ -z "$photo" ] || report 'marks by face' /attendance/mark face.lua
    stop_server
    cd "$root"
done
$json && printf '{"connections":%s,"seconds":%s,"runs":%s,"results":[%s]}\n' \
    "$connections" "$seconds" "$runs" "$results"
exit 0
