# shellcheck shell=bash disable=SC2034
# Where the tools live, which versions they have, and the PATH that finds them. To be sourced.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
LOGS=$ROOT/target/logs

# Outside the clone, so that a fresh one finds them again; never in the person's own ~/.cargo/bin.
TOOLS=${SENTRY_TOOLS:-${XDG_CACHE_HOME:-${HOME:?}/.cache}/sentry-tools}

CARGO_LEPTOS_VERSION=0.3.10 # 0.3.11 needs rustc 1.96
CARGO_DENY_VERSION=0.20.2
CARGO_LLVM_COV_VERSION=0.9.1

# The command line tool and the library must be the same version: the lock file decides.
WASM_BINDGEN_VERSION=$(awk '$0 == "name = \"wasm-bindgen\"" { getline; gsub(/"/, "", $3); print $3; exit }' "$ROOT/Cargo.lock")
SLAPD=$TOOLS/slapd
REDIS=$TOOLS/redis
BINARYEN=$TOOLS/binaryen-$(sed -n 's/.*"binaryen": "\(.*\)".*/\1/p' "$ROOT/scripts/binaryen/package.json")

PATH=$TOOLS/cargo-leptos-$CARGO_LEPTOS_VERSION/bin:$TOOLS/wasm-bindgen-cli-$WASM_BINDGEN_VERSION/bin:$BINARYEN/node_modules/.bin:$PATH
PATH=$TOOLS/cargo-deny-$CARGO_DENY_VERSION/bin:$TOOLS/cargo-llvm-cov-$CARGO_LLVM_COV_VERSION/bin:$PATH
PATH=$PATH:/usr/sbin # mariadbd stands there and is not on every person's PATH
for programs in /usr/lib/postgresql/*/bin; do PATH=$PATH:$programs; done # Debian keeps servers apart
export PATH

CHROMIUM_PROGRAMS="${CHROMIUM:-chromium}|chromium-browser|google-chrome"
