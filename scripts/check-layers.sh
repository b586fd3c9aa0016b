#!/bin/bash
# Checks every #include of src/ against scripts/layers.txt. check-layers.sh [SOURCE_FOLDER]
# Prints one line a broken rule; status 1 when there is one.
. "$(dirname "$0")/lib.sh"

source_folder=${1:-src}

# A header of ours lies in a folder that the table names; anything else is somebody else's.
find "$source_folder" -name '*.[ch]' -print0 | LC_ALL=C sort -z |
    xargs -0 grep -HnE '^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"]' |
    awk -v prefix="$source_folder/" '
        FNR == NR {
            if ($1 != "folder" && $1 != "header") next
            sub(/:$/, "", $2)
            for (i = 3; i <= NF; i++) allowed[$1, $2, $i] = 1
            if ($1 == "folder") folders[$2] = 1
            else patterns[++patterns_n] = $2
            next
        }
        {
            split($0, part, ":")
            inside = substr(part[1], length(prefix) + 1)
            from = inside ~ /\// ? substr(inside, 1, index(inside, "/") - 1) : "main"
            header = $0
            sub(/^[^<"]*[<"]/, "", header)
            sub(/[>"].*$/, "", header)
            complaint = check(from, header)
            if (complaint == "") next
            print part[1] ":" part[2] ": " complaint
            broken = 1
        }
        END { exit broken }

        function check(from, header,    to, i) {
            if (!(from in folders)) return "the folder " from " is not in the table"
            to = header ~ /\// ? substr(header, 1, index(header, "/") - 1) : ""
            if (to in folders) {
                if (to == from || ("folder", from, to) in allowed) return ""
                return from " may not include " header
            }
            for (i = 1; i <= patterns_n; i++) {
                if (!matches(header, patterns[i])) continue
                if (("header", patterns[i], "*") in allowed) return ""
                if (("header", patterns[i], from) in allowed) return ""
                return from " may not include " header
            }
            return header " is not in the table"
        }

        function matches(text, pattern) {
            if (pattern !~ /\*$/) return text == pattern
            return index(text, substr(pattern, 1, length(pattern) - 1)) == 1
        }
    ' scripts/layers.txt -
