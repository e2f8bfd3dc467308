#!/usr/bin/env bash
# make build: target/release/sentry and target/site.
set -euo pipefail
source "$(dirname "$0")/lib/tools.sh"
source "$ROOT/scripts/lib/plan.sh"
source "$ROOT/scripts/lib/setup.sh"

plan_build_tools
plan "release build" "$ROOT/scripts/steps/release-build.sh"
run_plan
