#!/usr/bin/env bash
# make bench: measures the release build and prints a table. A whole run writes it to bench/results.md.
#   scripts/bench.sh [--quick] [PART …]    parts: start memory rest page signed-in ask browser scroll live viewers large
#                                         ingest stored
set -euo pipefail
source "$(dirname "$0")/lib/tools.sh"
source "$ROOT/scripts/lib/plan.sh"
source "$ROOT/scripts/lib/setup.sh"
cd "$ROOT"

plan_build_tools
plan_test_tools
plan "wrk" "$install/debian-package.sh" wrk wrk
plan "release build" "$ROOT/scripts/steps/release-build.sh"
plan "benchmark build" cargo bench -p testkit --bench board --no-run
run_plan

# 2,000 live clients and the server's ends of their connections, a descriptor each.
ulimit -n 8192 2>/dev/null || echo "Only $(ulimit -n) open files allowed: raise it to 8192 (ulimit -Hn) for the part 'live'"

CHROMIUM=$(for program in ${CHROMIUM_PROGRAMS//|/ }; do command -v "$program" && break; done)
export CHROMIUM
if (($# == 0)); then set -- --write "$ROOT/bench/results.md"; fi
exec cargo bench -q -p testkit --bench board -- "$@"
