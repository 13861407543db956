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
    grep -aE -A 6 'recorded an issue|^Fatal error|Crash|terminated by signal|error:' "$output" \
        | grep -avE '^(◇|✔|--)' | tail -n 80
fi
exit "$status"
