#!/usr/bin/env bash
# Installs wasm-opt: npm's binaryen, kept in the tools folder. (Debian's 108 writes modules that fail in the browser.)
set -euo pipefail
source "$(dirname "$0")/../lib/tools.sh"

mkdir -p "$BINARYEN"
cp "$ROOT/scripts/binaryen/package.json" "$ROOT/scripts/binaryen/package-lock.json" "$BINARYEN/"
exec "$ROOT/scripts/install/npm-parts.sh" "$BINARYEN"
