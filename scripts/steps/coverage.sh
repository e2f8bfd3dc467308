#!/usr/bin/env bash
# Runs all host tests instrumented and fails when fewer lines under crates/ ran: coverage.sh PERCENT
set -euo pipefail
source "$(dirname "$0")/../lib/tools.sh"
cd "$ROOT"

outside="^$ROOT/(app|frontend|server)/"
cargo llvm-cov --workspace --exclude frontend --no-report
cargo llvm-cov report --html --output-dir target/coverage --ignore-filename-regex "$outside"
cargo llvm-cov report --summary-only --ignore-filename-regex "$outside" | tee "$LOGS/coverage.txt"

# The line TOTAL: regions, missed, %, functions, missed, %, lines, missed, %.
lines=$(awk '$1 == "TOTAL" { print $10 }' "$LOGS/coverage.txt")
echo "note: $lines of the lines, at least $1 % wanted; target/coverage/html/index.html shows which"
if ! awk -v have="${lines%\%}" -v want="$1" 'BEGIN { exit !(have >= want) }'; then
  echo "hint: $lines of the lines under crates/ ran in a test, $1 % are wanted: see target/coverage/html/index.html"
  exit 1
fi
