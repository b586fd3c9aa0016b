# Turns migrations (files NNN_name.sql, in order) into the elements of a C array.
# Usage: awk -v array=NAME -f embed.awk 001_first.sql 002_second.sql > out.h


BEGIN {
    print "#include \"db/driver.h\"\n"
    print "static const struct db_migration " array "[] = {"
}

FNR == 1 {
    if (NR > 1)
        print "    },"
    base = FILENAME
    sub(/.*\//, "", base)
    number = base
    sub(/_.*/, "", number)
    name = base
    sub(/^[0-9]+_/, "", name)
    sub(/\.sql$/, "", name)
    print "    {\n        .number = " (number + 0) ",\n        .name = \"" name "\",\n        .sql ="
}

{
    line = $0
    gsub(/\\/, "\\\\", line)
    gsub(/"/, "\\\"", line)
    print "            \"" line "\\n\""
}

END {
    print "    },\n};"
}
