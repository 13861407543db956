#!/usr/bin/env bash
# Runs every test of a build that is there, and says last what failed: the whole output is tens of thousands of lines,
# and whoever reads a log reads its end.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# With all tests begun at once the process has more files open than Foundation reads of them safely when it starts a program.
export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH="${SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH:-10}"

# A test that waits for ever must not keep back what the others said. Told to stop, SwiftPM ends the tests' process, which it
# started in a group of its own; the last lines that it holds back (some KB) are lost then.
limit=50m
if [ "${KEYWAY_COMBINATIONS:-}" = all ] || [ "${KEYWAY_PLAYERS:-}" = all ]; then limit=150m; fi
# Which has both of them in it, and all that is tested by a sample.
if [ "${KEYWAY_TESTS:-}" = all ]; then limit=240m; fi

output="$(mktemp)"
trap 'rm -f "$output"' EXIT
timeout --signal=INT --kill-after=60 "${KEYWAY_TESTS_LIMIT:-$limit}" \
    "${SWIFT:-swift}" test --skip-build -c "${CONFIG:-debug}" "$@" 2>&1 | tee "$output"
status=${PIPESTATUS[0]}

if [ "$status" -eq 124 ] || [ "$status" -eq 137 ]; then
    printf '\nStopped after %s. Begun and not ended, of what was written until then:\n' "${KEYWAY_TESTS_LIMIT:-$limit}"
    awk '/^◇ Test [^ ]+\(.*\) started\.$/ { sub(/^◇ Test /, ""); sub(/ started\.$/, ""); begun[$0] = 1 }
        /^(✔|✘) Test [^ ]+\(/ && !/Test case/ {
            sub(/^(✔|✘) Test /, ""); sub(/ (with [0-9]+ test cases? )?(passed|failed) after .*/, ""); delete begun[$0] }
        END { for (test in begun) print "  " test }' "$output" | sort
fi
if [ "$status" -ne 0 ]; then
    printf '\nWhat failed (%s):\n' "$status"
    # One line for each: a failed test's own, what it expected, and how a process ended.
    grep -aE '^✘|^Fatal error|^[^ ]*: (Fatal )?error: |terminated by signal|unexpected signal' "$output" \
        | cut -c 1-600 | tail -n 80
fi
exit "$status"
