#!/usr/bin/env bash
# Runs every test of a build that is there, and says last what failed: the whole output is tens of thousands of lines,
# and whoever reads a log reads its end.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

output="$(mktemp)"
trap 'rm -f "$output"' EXIT
"${SWIFT:-swift}" test --skip-build -c "${CONFIG:-debug}" "$@" 2>&1 | tee "$output"
status=${PIPESTATUS[0]}

if [ "$status" -ne 0 ]; then
    printf '\nWhat failed (%s):\n' "$status"
    # One line for each: a failed test's own, what it expected, and how a process ended.
    grep -aE '^✘|^Fatal error|^[^ ]*: (Fatal )?error: |terminated by signal|unexpected signal' "$output" \
        | cut -c 1-600 | tail -n 80
fi
exit "$status"
