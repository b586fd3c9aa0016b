#!/bin/bash
. "$(dirname "$0")/lib.sh"

rm -rf build build-asan build-fuzz
say "What was built is gone. The database (data/) and the downloads (deps/, node_modules/) stay."
