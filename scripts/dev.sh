#!/usr/bin/env bash
# make dev: rebuilds and reloads the page at every change of a file.
set -euo pipefail
source "$(dirname "$0")/lib/tools.sh"
source "$ROOT/scripts/lib/plan.sh"
source "$ROOT/scripts/lib/setup.sh"

plan_build_tools
run_plan
cd "$ROOT"
exec cargo leptos watch --split
