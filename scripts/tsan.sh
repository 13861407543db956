#!/usr/bin/env bash
# Builds everything with ThreadSanitizer, runs the key service's tests and then the server itself under a load, and
# fails on any report. A clean build takes about twenty minutes on two cores, the runs about five.
#
#   scripts/tsan.sh [tests|serve]      one of the runs alone
#
# TSAN_TESTS is another filter of tests; TSAN_SECONDS is how long the server is under load (30). Reports are files in
# .build-tsan/reports. What is not ours is in scripts/tsan/suppressions.txt: nothing so far.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
scratch="$PWD/.build-tsan"
logs="$scratch/reports"
swift="${SWIFT:-swift}"
# The compiler driver beside Swift knows Swift's calling convention; gcc does not.
clang="$(dirname "$(readlink -f "$(command -v "$swift")")")/clang"
suites=(
    KeyDeliveryTests TokensTests AdaptersTests CatalogSQLiteTests HTTPSurfaceTests KeyOperationsTests PoliciesTests
    MetricsExpositionTests LicenceForwardingTests AdminTests KeyServiceHTTPTests KeyWrappingTests KeyExchangeTests
)
tests="${TSAN_TESTS:-$(IFS='|' && echo "${suites[*]}")}"

say() { printf 'tsan: %s\n' "$*" >&2; }

# Programs under the sanitizer, and what they start, write their reports into the folder, one file a process.
sanitized() {
    local options="log_path=$logs/report exitcode=66 second_deadlock_stack=1"
    options+=" suppressions=$PWD/scripts/tsan/suppressions.txt"
    LD_PRELOAD="$scratch/mutex.so" TSAN_OPTIONS="$options" "$@"
}

build() {
    mkdir -p "$scratch"
    "$clang" -O1 -fPIC -shared -Wall -Wextra -Werror -o "$scratch/mutex.so" scripts/tsan/mutex.c
    "${swift}c" -sanitize=thread -o "$scratch/check" scripts/tsan/check.swift
    "$swift" build --build-tests --sanitize=thread --scratch-path "$scratch"
}

# The sanitizer must pass what is right and see what is wrong, or its silence means nothing.
check() {
    sanitized "$scratch/check" >/dev/null || { say "a guarded counter was reported"; return 1; }
    ! sanitized "$scratch/check" race >/dev/null || { say "a race was not reported"; return 1; }
    rm -f "$logs"/report.*
}

reports() {
    local files=("$logs"/report.*)
    [[ -e "${files[0]}" ]] || return 0
    grep -h '^SUMMARY' "${files[@]}" | sort | uniq -c | sort -rn >&2 || true
    say "$(cat "${files[@]}" | grep -c '^WARNING') reports, in $logs"
    return 1
}

# Hundreds of tests at once leave each without a turn for minutes, and what they hold goes stale. Some more than the
# cores are enough for the sanitizer.
export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH="${SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH:-8}"

build
rm -rf "$logs" && mkdir -p "$logs"
check
status=0
if [[ "${1:-tests}" == tests ]]; then
    sanitized "$swift" test --skip-build --sanitize=thread --scratch-path "$scratch" --filter "$tests" || status=1
fi
if [[ "${1:-serve}" == serve ]]; then
    sanitized scripts/tsan/serve.py "$scratch/debug/keyway" "${TSAN_SECONDS:-30}" || status=1
fi
reports || status=1
exit "$status"
