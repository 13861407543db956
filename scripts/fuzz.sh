#!/usr/bin/env bash
# Fuzzes the readers of media with libFuzzer and AddressSanitizer, guided by coverage; fails at the first input that
# traps, reads outside of its bytes, hangs, or takes memory out of proportion, and leaves that input in .build-fuzz.
#
#   scripts/fuzz.sh [SECONDS]          for how long (60)
#   scripts/fuzz.sh minimize           takes what was found into Tests/Fuzzing/corpus.bin, kept small
#
# FUZZ_ADDRESS=0 leaves AddressSanitizer out, which is some three times as fast.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
swift="${SWIFT:-swift}"
kind=fuzzer,address
[[ "${FUZZ_ADDRESS:-1}" == 0 ]] && kind=fuzzer
scratch="$PWD/.build-fuzz/$kind"
found="$PWD/.build-fuzz/found"
corpus="$PWD/.build-fuzz/corpus"
# A film of 256 KiB that takes ten seconds or half a gigabyte is out of proportion.
limits=(-max_len=262144 -timeout=10 -rss_limit_mb=2048 -malloc_limit_mb=512)

KEYWAY_FUZZING=1 "$swift" build -c release --scratch-path "$scratch" --product Fuzzing -Xswiftc "-sanitize=$kind" \
    -Xswiftc -parse-as-library
"${swift}c" "-sanitize=$kind" -o "$scratch/fuzz" "$scratch/release/libFuzzing.a"
mkdir -p "$found"
Tests/Fuzzing/seeds.py .build-fuzz/seeds
Tests/Fuzzing/corpus.py unpack Tests/Fuzzing/corpus.bin "$corpus"

if [[ "${1:-}" == minimize ]]; then
    smallest="$(mktemp -d)"
    trap 'rm -rf "$smallest"' EXIT
    # Small inputs, and a few for each place: the rest is found again from the seeds.
    "$scratch/fuzz" -set_cover_merge=1 -use_counters=0 -max_len=2048 "$smallest" "$corpus" "$found" .build-fuzz/seeds
    Tests/Fuzzing/corpus.py pack "$smallest" Tests/Fuzzing/corpus.bin
    exit
fi
# One process a core; each has its share of the time, and all share what they find.
"$scratch/fuzz" "${limits[@]}" -fork="$(nproc)" -ignore_crashes=0 -max_total_time="${1:-60}" \
    -artifact_prefix="$PWD/.build-fuzz/" "$found" "$corpus" .build-fuzz/seeds
