#!/bin/bash
# The main job without a camera, on real photographs: enrols the people of four group photographs,
# marks attendance from a fifth, and shows the register. A database of its own, thrown away at the end.
. "$(dirname "$0")/lib.sh"

ENROL_FROM=(sample1 sample4 sample5 sample6)
MARK_FROM=sample3
NAMES=('Ana Cauich' 'Rosa Dzul' 'Paola Ek' 'Karla Noh' 'Nadia Xool' 'Inés Balam' 'Elena Cob'
    'Sofía Chan' 'María Pech' 'Lucía Tun' 'Irma Canul' 'Alma Poot' 'Berta Uc' 'Dalia May'
    'Gloria Ku' 'Julia Chi')

unset "${!PRESENTE_@}"
scripts/deps.sh --quiet
scripts/build.sh --quiet
fetch_files @vladmandic/face-api@1.7.15 scripts/samples.sha256 deps/samples package/demo

temporary
work=$temporary_folder/demo
mkdir "$work"
export PRESENTE_DATABASE_URL=sqlite:$work/presente.db PRESENTE_KEY_FILE=$work/presente.key
export PRESENTE_MODELS_DIR=$root/deps/models PRESENTE_INSTITUTION_NAME='Demonstration'
presente=build/presente

cut_faces() {
    "$presente" detect --context 2 --crop "$work/faces" "deps/samples/$1.jpg" >/dev/null ||
        die "No faces were found in deps/samples/$1.jpg."
}

# The photographs were not taken for this, so some faces are refused, as they would be at a desk.
enrol_faces() {
    local sample=$1 face name email answer
    say
    say "Enrolling the people of $sample.jpg"
    for face in "$work/faces/${sample}"_face*.png; do
        name=${NAMES[$people]}
        people=$((people + 1))
        email=student$people@demo.example
        "$presente" user add "$email" --name "$name" --group 'Group 4B' >/dev/null
        if answer=$("$presente" enrol "$email" "$face" 2>&1); then
            enrolled=$((enrolled + 1))
            say "  $name: enrolled"
        else
            "$presente" user delete --yes "$email" >/dev/null
            say "  $name: not enrolled. ${answer##*. }" | sed 's/\. *$/./'
        fi
    done
}

# On the institution's clock two minutes before nine, yesterday, so that the answer is the same at
# whatever hour somebody tries this.
mark_faces() {
    local face answer when
    when="$(date -d yesterday +%F) 08:58"
    say
    say "Marking from $MARK_FROM.jpg, photographed on another day"
    for face in "$work/faces/${MARK_FROM}"_face*.png; do
        if answer=$("$presente" mark --at "$when" "$face" 2>/dev/null); then
            recognised=$((recognised + 1))
        else
            strangers=$((strangers + $(grep -c 'unknown' <<<"$answer" || true)))
        fi
        say "  face ${face##*_face}: ${answer#*: }" | sed 's/\.png:/:/'
    done
}

show_register() {
    say
    say "The register"
    "$presente" export | awk -F, 'NR == 1 || NF { gsub(/"/, ""); gsub(/\r/, "")
        printf "  %-12s %-10s %-16s %-10s %s\n", $1, $2, $3, $4, $5 }'
}

people=0 enrolled=0 recognised=0 strangers=0
"$presente" db init >/dev/null
"$presente" group add "Group 4B" >/dev/null
for sample in "${ENROL_FROM[@]}" "$MARK_FROM"; do cut_faces "$sample"; done
for sample in "${ENROL_FROM[@]}"; do enrol_faces "$sample"; done
mark_faces
show_register

say
[ "$recognised" -ge 1 ] || die "Nobody was recognised, but somebody of sample1.jpg is in $MARK_FROM.jpg."
[ "$strangers" -ge 1 ] || die "No face of $MARK_FROM.jpg was answered as unknown."
say "$enrolled people enrolled from ${#ENROL_FROM[@]} photographs, $recognised recognised in another one, $strangers strangers left unknown."
