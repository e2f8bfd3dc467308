#!/usr/bin/env bash
# make coverage: the tests under crates/ must run at least this share of the lines there.
set -euo pipefail
source "$(dirname "$0")/lib/tools.sh"
source "$ROOT/scripts/lib/plan.sh"
source "$ROOT/scripts/lib/setup.sh"

plan "Rust" "$install/rust.sh" llvm-tools
plan "cargo-llvm-cov" "$install/cargo-tool.sh" cargo-llvm-cov "$CARGO_LLVM_COV_VERSION" --locked
plan_databases
plan_identity
plan "coverage of crates/" "$ROOT/scripts/steps/coverage.sh" 90
run_plan
