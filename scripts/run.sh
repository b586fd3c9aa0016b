#!/bin/bash
# From whatever is there to a running server. The second time changes nothing that exists.
. "$(dirname "$0")/lib.sh"

scripts/deps.sh --quiet
scripts/build.sh --quiet
build/presente db init || die "The database could not be made; the reason stands above."
exec build/presente serve "$@"
