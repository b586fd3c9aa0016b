# Turns meson's testlog.txt into flat TAP: each line carries its program's name, and a program that
# crashed, timed out or stopped early gives a failed line of its own.
function finish() {
    if (program == "") return
    if (result ~ /exit status 77/ && !seen) print "ok - " program " # SKIP " note
    else if (result !~ /exit status 0$/ && !failed) print "not ok - " program " ended with " result
    else if (plan > seen && !failed) print "not ok - " program ": " plan - seen " tests did not run"
    else if (!seen) print "not ok - " program " ran no test"
    for (i = 1; i <= failed; i++) print "not ok - " program ": " failures[i]
    if (result !~ /exit status 0$/) for (i = 1; i <= noise_n && i <= 120; i++) print "#   " noise[i]
    program = ""
}

/^==+ [0-9]+\/[0-9]+ =+$/ { finish(); inside = 0; next }
/^test: +/ && !inside { program = $NF; plan = seen = failed = noise_n = 0; note = result = ""; next }
/^result: +/ && !inside { result = $0; sub(/^result: +/, "", result); next }
/^-+ std(out|err) -+$/ { inside = 1; next }
/^==+$/ { inside = 0; next }
!inside { next }

/^1\.\.[0-9]+/ { plan += substr($0, 4); next }
/^(not )?ok +[0-9]+/ {
    seen++
    name = $0
    sub(/^(not )?ok +[0-9]+ *-? */, "", name)
    if (match(name, /# *[Ss][Kk][Ii][Pp]/)) {
        # cmocka names the test behind the word, others give the reason there.
        rest = substr(name, RSTART + RLENGTH)
        name = substr(name, 1, RSTART - 1)
        gsub(/^[ :]+|[ ]+$/, "", rest)
        sub(/ +$/, "", name)
        if (name == "") { name = rest; rest = note }
        print "ok - " program ": " name " # SKIP " rest
    }
    else if ($1 == "not") failures[++failed] = name
    else print "ok - " program ": " name
    note = ""
    next
}
# What a test says before it skips is the reason.
NF && !/^# ok/ { note = $0; sub(/^# */, "", note); noise[++noise_n] = $0 }
END { finish() }
