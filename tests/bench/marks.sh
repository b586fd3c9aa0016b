#!/bin/bash
# How many marks by face a second the server gives over HTTP, and how long the slowest one in a
# hundred takes: from the camera's JPEG of 640 × 480 to the row in the register, with liveness.
set -eu

usage() {
    cat <<'TEXT'
Usage: tests/bench/marks.sh [--json] [--seconds N] [--connections LIST] [--pictures DIR [--direct]]
       [--program FILE]

Makes a temporary database, enrols the person of each picture (the sample photographs, or all JPEGs of
DIR, at most 40), and marks them in turn from as many connections as LIST says, one run each (1,2,4,6,8).
--direct sends the pictures as they are, such as a webcam's; otherwise the size of a camera's is cut around
the face. It repeats what is set in the environment, such as PRESENTE_INT8=auto.
TEXT
}

json=false direct=false seconds=10 connections=1,2,4,6,8
root=$(cd "$(dirname "$0")/../.." && pwd)
program=$root/build/presente pictures=$root/deps/samples
while [ $# -gt 0 ]; do
    case $1 in
        --json) json=true ;;
        --seconds) seconds=$2 && shift ;;
        --connections) connections=$2 && shift ;;
        --pictures) pictures=$(readlink -f "$2") && shift ;;
        --direct) direct=true ;;
        --program) program=$(readlink -f "$2") && shift ;;
        -h | --help) usage && exit 0 ;;
        *) usage >&2 && exit 2 ;;
    esac
    shift
done
for tool in wrk curl; do
    command -v "$tool" >/dev/null || { echo "$tool is missing (Debian package $tool)." >&2; exit 1; }
done
[ -x "$program" ] || { echo "There is no program at $program: ./dev build makes it." >&2; exit 1; }

dir=$(mktemp -d) server=''
finish() {
    [ -z "$server" ] || { kill "$server" && wait "$server" || true; }
    rm -rf "$dir"
}
trap finish EXIT
port=$((20000 + RANDOM % 20000))
export PRESENTE_DATABASE_URL=sqlite:$dir/presente.db PRESENTE_KEY_FILE=$dir/presente.key
export PRESENTE_IMAGES_URL=file:$dir/images PRESENTE_LISTEN=127.0.0.1:$port
export PRESENTE_MODELS_DIR=${PRESENTE_MODELS_DIR:-$root/deps/models}
export PRESENTE_LIMIT_MARK_ADDRESS=0 PRESENTE_EMAIL_DOMAIN=uni.mx
cd "$dir"
"$program" db init >/dev/null
# Enlarged photographs leave doubt about liveness; what is measured is the mark, not the challenge.
"$program" institution set --challenge never >/dev/null

# Real pictures of what a camera sends; those without a face, and poor ones, are left out.
number=0 photos=''
while read -r picture; do
    number=$((number + 1))
    if $direct; then
        cp "$picture" "$dir/$number.jpg"
    else
        "$program" bench speed --save "$dir/$number.jpg" --image "$picture" >/dev/null 2>&1 || continue
    fi
    "$program" user add "s$number@uni.mx" --name "Student $number" >/dev/null
    if "$program" enrol "s$number@uni.mx" "$dir/$number.jpg" >/dev/null 2>&1; then
        photos+="${photos:+:}$dir/$number.jpg"
    fi
done < <(find "$pictures" -iname '*.jpg' | sort | head -n 40)
[ -n "$photos" ] || { echo "No picture in $pictures can be enrolled." >&2; exit 1; }

"$program" serve >"$dir/log" 2>&1 &
server=$!
url=http://127.0.0.1:$port
for _ in $(seq 100); do
    curl -sf "$url/health" >/dev/null && break
    kill -0 "$server" 2>/dev/null || { cat "$dir/log" >&2; exit 1; }
    sleep 0.1
done

# What the server answers to the first picture, so that nobody measures refusals.
answer=$(curl -s -F "image=@${photos%%:*};type=image/jpeg" "$url/attendance/mark")
$json || echo "pictures enrolled: $(tr ':' '\n' <<<"$photos" | wc -l); first answer: ${answer:0:120}"

server_ticks() { awk '{ print $14 + $15 }' "/proc/$server/stat"; }
results=''
export BENCH_PHOTOS=$photos
for n in ${connections//,/ }; do
    before=$(server_ticks)
    out=$(wrk -t1 -c"$n" -d"${seconds}s" --timeout 10s -s "$root/tests/bench/face.lua" \
        "$url/attendance/mark")
    busy=$((($(server_ticks) - before) * 100 / $(getconf CLK_TCK) / seconds))
    rate=$(awk '/Requests\/sec/ { print $2 }' <<<"$out")
    p50=$(awk '/^p50/ { print $2 }' <<<"$out")
    p99=$(awk '/^p50/ { print $4 }' <<<"$out")
    failed=$(awk '/Non-2xx/ { n = $NF } END { print n + 0 }' <<<"$out")
    $json || printf '%2s connections: %7.1f marks/s, median %6.1f ms, p99 %6.1f ms, server at %3s %% of a core, %s failed\n' \
        "$n" "$rate" "$p50" "$p99" "$busy" "$failed"
    results+="${results:+,}{\"connections\":$n,\"marks_per_second\":$rate,\"p50_ms\":$p50,"
    results+="\"p99_ms\":$p99,\"server_percent\":$busy,\"failed\":$failed}"
done
$json && printf '{"seconds":%s,"results":[%s]}\n' "$seconds" "$results"
exit 0
