#!/bin/bash
# Pictures of the application with a made-up term in it (docs/demo.md): builds what is missing, then
# scripts/screenshots.mjs does it.
. "$(dirname "$0")/lib.sh"

unset "${!PRESENTE_@}"
scripts/deps.sh --quiet
scripts/build.sh --quiet
exec node scripts/screenshots.mjs "$@"
