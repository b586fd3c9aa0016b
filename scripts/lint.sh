#!/bin/bash
# The style that a program can check. lint.sh [--tap] [--cppcheck]: one check a line, as TAP for
# the tests; --cppcheck adds a slow look by cppcheck where it is installed.
. "$(dirname "$0")/lib.sh"

FILE_LINES_WARN=600
FILE_LINES_MAX=700

tap=
deep=
for option in "$@"; do
    case $option in
        --tap) tap=yes ;;
        --cppcheck) deep=yes ;;
        *) die "lint knows no option $option" ;;
    esac
done

failed=0
ours() {
    find src tests -name '*.[ch]' -not -path '*/corpus/*' | LC_ALL=C sort
}

# report NAME COMPLAINTS: passes when nothing is complained about.
report() {
    if [ -z "$2" ]; then
        [ -z "$tap" ] && say "$1: yes" || say "ok - $1"
        return
    fi
    failed=1
    [ -z "$tap" ] && say "$1: NO" || say "not ok - $1"
    sed 's/^/#   /' <<<"$2"
}

# In comments and strings a banned name harms nobody, but the grep is simpler than a parser and
# the words are rare.
find_code() {
    ours | xargs -r grep -nE "$1" -- | grep -vE "$2" || true
}

layout() {
    ours | xargs -r clang-format --dry-run 2>&1 | grep -E '^[^ :]+:[0-9]+:[0-9]+: (warning|error)' | cut -d: -f1,2 |
        sort -u -t: -k1,1 | head -40 || true
}

too_long() {
    find src tests web scripts dev \( -name '*.[ch]' -o -name '*.sh' -o -name '*.mjs' -o -name '*.js' \
        -o -name '*.css' -o -name '*.sql' -o -name dev \) -exec wc -l {} + |
        awk -v limit="$1" '$2 != "total" && $1 > limit { print $2 ": " $1 " lines" }'
}

if has clang-format; then
    report 'clang-format has nothing to change' "$(layout)"
else
    say 'ok - clang-format has nothing to change # SKIP clang-format is not installed'
fi
report 'no banned function is called' "$(find_code \
    '\b(strcpy|strcat|stpcpy|strncpy|sprintf|vsprintf|gets|system|popen|localtime|gmtime|strtok|alloca|tmpnam|mktemp|atoi|atof|atol)[[:space:]]*\(' \
    '^$')"
# Only the query files hold statements; a driver's own PRAGMA and the schema live under db/ as well.
report 'SQL stands only under db/' "$(find_code \
    '"(SELECT |INSERT INTO |UPDATE [a-z_]+ SET|DELETE FROM |CREATE TABLE )' '^(src/db/|tests/)')"
report 'nothing is left to be done' "$(grep -rnE '\b(TODO|FIXME|XXX)\b' src tests web scripts dev \
    --include='*.[ch]' --include='*.mjs' --include='*.js' --include='*.sh' |
    grep -v '^scripts/lint.sh' || true)"
report 'lines end where they end' "$(grep -rnIE '[[:space:]]+$' src tests web scripts dev \
    --include='*.[ch]' --include='*.mjs' --include='*.js' --include='*.sh' --include=meson.build \
    --include='*.css' | head -20 || true)"
report "no file is longer than $FILE_LINES_MAX lines" "$(too_long $FILE_LINES_MAX)"
too_long $FILE_LINES_WARN | sed 's/^/# getting long: /'

if [ -n "$deep" ]; then
    has cppcheck || die "cppcheck is not installed: apt-get install cppcheck"
    report 'cppcheck finds nothing' "$(cppcheck --quiet --std=c11 --enable=warning,portability \
        --inline-suppr --suppress=missingInclude -I src src 2>&1 || true)"
fi

if [ -z "$tap" ]; then
    broken=$(scripts/check-layers.sh) || true
    report 'every include is allowed' "$broken"
fi
exit "$failed"
