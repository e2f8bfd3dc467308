#!/usr/bin/env bash
# Installs one cargo tool in one exact version into the tools folder: cargo-tool.sh NAME VERSION [cargo install options]
# A prebuilt binary when cargo-binstall is there, else from source.
set -euo pipefail
source "$(dirname "$0")/../lib/tools.sh"

name=$1 version=$2
shift 2
home=$TOOLS/$name-$version
if [[ -e $home/.installed ]]; then
  echo "note: $version already there"
  exit
fi

mkdir -p "$TOOLS"
staging=$TOOLS/.staging-$name-$version
rm -rf "$staging"

prebuilt() {
  command -v cargo-binstall >/dev/null &&
    timeout 180 cargo-binstall --no-confirm --disable-strategies compile --root "$staging" "$name@$version"
}

# Unoptimised and without debug symbols: builds in half the time and runs fast enough.
# The target folder stays after a failure, so that the next try goes on where this one stopped.
from_source() {
  CARGO_PROFILE_DEV_DEBUG=0 \
    CARGO_RESOLVER_INCOMPATIBLE_RUST_VERSIONS=fallback \
    CARGO_TARGET_DIR=$TOOLS/.build-$name \
    cargo install --debug --root "$staging" "$@" "$name@$version"
}

if prebuilt; then
  way="prebuilt by cargo-binstall"
elif from_source "$@"; then
  way="built from source"
else
  echo "hint: building $name needs crates.io (or a mirror set in ~/.cargo/config.toml) once; afterwards it is kept in $TOOLS"
  exit 1
fi
rm -rf "$TOOLS/.build-$name" "$home"
touch "$staging/.installed"
mv "$staging" "$home"
echo "note: $version $way"
