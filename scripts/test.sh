#!/usr/bin/env bash
# make test: set-up, then every test. The last line is the sum: N passed, N failed, N skipped.
set -euo pipefail
source "$(dirname "$0")/lib/tools.sh"
source "$ROOT/scripts/lib/plan.sh"
source "$ROOT/scripts/lib/setup.sh"

rm -f "$LOGS"/counts-*
plan_build_tools
plan_test_tools
plan_tests "cargo tests" "$ROOT/scripts/steps/cargo-tests.sh"
plan "release build" "$ROOT/scripts/steps/release-build.sh"
plan "browser tests" "$ROOT/scripts/steps/browser-tests.sh"
status=0
run_plan || status=$?

passed=0 failed=0 skipped=0
for counts in "$LOGS"/counts-*; do
  [[ -e $counts ]] || continue
  read -r p f s <"$counts"
  passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
done
# A step that broke before it could count its tests is a failure too.
if ((status != 0 && failed == 0)); then failed=$failed_steps; fi

echo
echo "$passed passed, $failed failed, $skipped skipped" | tee "$LOGS/test-summary.txt"
exit "$status"
