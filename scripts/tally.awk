# Counts TAP from any number of files: names what was skipped and why, repeats what failed, and ends
# with "N passed, N failed[, N skipped]". Status 1 when a test failed or none ran.
#   awk -f tally.awk unit.tap api.tap
function suite(    name) {
    name = FILENAME
    sub(/.*\//, "", name)
    sub(/\.tap$/, "", name)
    return name
}

{ sub(/^[ \t]+/, "") }

/^not ok([ \t]|$)/ {
    if ($0 ~ /# *[Tt][Oo][Dd][Oo]/) next
    failed++
    name = $0
    sub(/^not ok *[0-9]* *-? */, "", name)
    failures[failed] = suite() ": " name
    next
}

/^ok([ \t]|$)/ {
    name = $0
    sub(/^ok *[0-9]* *-? */, "", name)
    if (!match(name, /# *[Ss][Kk][Ii][Pp]/)) {
        passed++
        next
    }
    skipped++
    why = substr(name, RSTART + RLENGTH)
    sub(/^[Pp][Ee][Dd]/, "", why)
    sub(/^[ \t:]+/, "", why)
    sub(/[ \t]*# *[Ss][Kk][Ii][Pp].*/, "", name)
    skips[skipped] = suite() ": " name (why == "" ? "" : ": " why)
}

END {
    for (i = 1; i <= skipped; i++) print "skipped: " skips[i]
    for (i = 1; i <= failed; i++) print "failed: " failures[i]
    printf "%d passed, %d failed", passed, failed
    if (skipped) printf ", %d skipped", skipped
    print ""
    exit failed > 0 || passed == 0
}
