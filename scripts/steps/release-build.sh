#!/usr/bin/env bash
# Builds target/release/sentry, and target/site with every file also as .gz and .br.
set -euo pipefail
source "$(dirname "$0")/../lib/tools.sh"
cd "$ROOT"

# Without cargo-leptos's own backtrace, which would bury the cause of a failure.
RUST_BACKTRACE=0 cargo leptos build --release --split --precompress

size() { du --apparent-size -h "$1" | cut -f1; }
echo "note: sentry $(size target/release/sentry), wasm $(size target/site/pkg/sentry.wasm.br) as br"
