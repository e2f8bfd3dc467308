#!/usr/bin/env bash
# make check: everything that is judged without running the program.
set -euo pipefail
source "$(dirname "$0")/lib/tools.sh"
source "$ROOT/scripts/lib/plan.sh"
source "$ROOT/scripts/lib/setup.sh"
cd "$ROOT"

plan "Rust" "$install/rust.sh" rustfmt clippy
plan "wasm target" "$install/wasm-target.sh"
plan "cargo-deny" "$install/cargo-tool.sh" cargo-deny "$CARGO_DENY_VERSION" --locked
# The app is built with ssr for the host and with hydrate for wasm, never with both: hence two clippy runs.
plan_tests "format" cargo fmt --check
plan_tests "clippy host" cargo clippy --workspace --exclude frontend --all-targets -- -D warnings
plan_tests "clippy wasm" cargo clippy -p frontend --target wasm32-unknown-unknown -- -D warnings
plan_tests "documentation" env RUSTDOCFLAGS="-D warnings" cargo doc --workspace --exclude frontend --no-deps
plan_tests "licences and advisories" "$ROOT/scripts/steps/deny.sh"
run_plan
