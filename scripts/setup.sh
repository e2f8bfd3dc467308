#!/usr/bin/env bash
# make setup: everything that make run and make test need, and nothing else.
set -euo pipefail
source "$(dirname "$0")/lib/tools.sh"
source "$ROOT/scripts/lib/plan.sh"
source "$ROOT/scripts/lib/setup.sh"

plan_build_tools
plan_test_tools
run_plan
