#!/usr/bin/env bash
# swift-format over every Swift file and a syntax check of every script. Prints what is wrong and
# ends with 1.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

status=0
# Deleted files stay in the index until they are committed.
mapfile -d '' -t swift_files < <(git ls-files -z --deduplicate -- '*.swift' | while IFS= read -r -d '' file; do
    [[ -f "$file" ]] && printf '%s\0' "$file"
done)
swift format lint --strict --parallel "${swift_files[@]}" || status=1

for script in scripts/*.sh .ci/run; do
    bash -n "$script" || status=1
done
python3 - Benchmarks/*.py scripts/tsan/*.py Tests/Browser/*.py Tests/Transit/*.py Tests/KEK/*.py Tests/CPIX/*.py Tests/Audit/*.py Tests/HLS/*.py Tests/Fuzzing/*.py Tests/Delivery/*.py Tests/Smooth/*.py Tests/ProtectionSystems/*.py Documentation/examples/*.py <<'EOF' || status=1
import ast, sys
for path in sys.argv[1:]:
    ast.parse(open(path, encoding="utf-8").read(), path)
EOF
exit "$status"
