#!/bin/bash
# Compiles build/presente and puts the page together in build/web. build.sh [--quiet] [--tests]
. "$(dirname "$0")/lib.sh"

quiet=
targets=(presente)
for option in "$@"; do
    case $option in
        --quiet) quiet=yes ;;
        # Everything, the unit tests too.
        --tests) targets=() ;;
        *) die "build knows no option $option" ;;
    esac
done

configure() {
    has meson && has ninja ||
        die "meson and ninja are needed to build: ./dev deps installs them."
    if [ ! -f build/build.ninja ]; then
        step "Preparing the build" meson setup build ||
            die "The build could not be prepared; the reason stands above."
    elif [ deps/packages-changed -nt build/build.ninja ]; then
        step "Preparing the build again" meson setup --reconfigure build ||
            die "The build could not be prepared; the reason stands above."
    fi
}

compile() {
    # Asking ninja first keeps a run with nothing to do silent and quick.
    ninja -C build -n "${targets[@]}" | grep -q 'no work to do' && return 0
    step "Compiling" ninja -C build "${targets[@]}" ||
        die "The program could not be compiled; the reason stands above."
}

page_is_current() {
    [ -f build/web/index.html ] && [ -f build/web-ready ] &&
        [ -z "$(find web package-lock.json docs/openapi.json -newer build/web-ready -print -quit \
            2>/dev/null)" ]
}

assemble_page() {
    [ -x web/assemble.sh ] && ! page_is_current || return 0
    rm -f build/web-ready
    date >build/web-starting
    step "Putting the page together" web/assemble.sh ||
        die "The page could not be put together; the reason stands above."
    mv build/web-starting build/web-ready
}

configure
compile
assemble_page
[ -n "$quiet" ] || say "The program is build/presente, the page build/web."
