#!/usr/bin/env bash
# Builds target/release/sentry, and target/site with every file also as .gz and .br.
set -euo pipefail
source "$(dirname "$0")/../lib/tools.sh"
cd "$ROOT"

# cargo-leptos packs the site anew each time: not where nothing that goes into it is newer than the last one.
stamp=target/release/.site-built
sources=(.cargo Cargo.lock Cargo.toml app crates frontend public rust-toolchain.toml scripts server style)
if [[ -x target/release/sentry && -d target/site/pkg && -e $stamp ]] &&
  [[ -z $(find "${sources[@]}" -newer "$stamp" -print -quit) ]]; then
  echo "note: built already, nothing has changed since"
  exit
fi
rm -f "$stamp"
started=$(mktemp)
trap 'rm -f "$started"' EXIT

# Without cargo-leptos's own backtrace, which would bury the cause of a failure.
RUST_BACKTRACE=0 cargo leptos build --release --split --precompress
touch -r "$started" "$stamp"

size() { du --apparent-size -h "$1" | cut -f1; }
echo "note: sentry $(size target/release/sentry), wasm $(size target/site/pkg/sentry.wasm.br) as br"
