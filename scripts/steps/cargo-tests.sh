#!/usr/bin/env bash
# Every test that runs on the host, and the examples in the documentation. Writes how many to counts-cargo.
# (The frontend is only hydrate(), for the browser: the browser tests run it.)
set -euo pipefail
source "$(dirname "$0")/../lib/tools.sh"
cd "$ROOT"

output=$LOGS/cargo-tests-output.txt
status=0
RUST_BACKTRACE=0 cargo test --workspace --exclude frontend --no-fail-fast 2>&1 | tee "$output" || status=$?

# test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out
awk '/^test result: / { passed += $4; failed += $6; skipped += $8 }
     END { print passed + 0, failed + 0, skipped + 0 }' "$output" >"$LOGS/counts-cargo"
read -r passed failed skipped <"$LOGS/counts-cargo"

# Last in the log, after pages of passed tests: what went wrong.
grep -E -A 4 '^error(\[|:)| panicked at |^Error: ' "$output" || true
grep -E '^test .* FAILED$' "$output" || true
echo "note: $passed passed, $failed failed, $skipped skipped"
exit "$status"
