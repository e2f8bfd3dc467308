#!/usr/bin/env bash
# Gives the pinned compiler its standard library for wasm32-unknown-unknown.
# By rustup; where its server cannot be reached, built from Debian's copy of the compiler's sources.
set -euo pipefail
source "$(dirname "$0")/../lib/tools.sh"
cd "$ROOT"

target=wasm32-unknown-unknown
version=$(rustc --version | cut -d' ' -f2)
sysroot=$(rustc --print sysroot)
library=$sysroot/lib/rustlib/$target/lib

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Asks the compiler itself: a library left by another version does not count.
have_std() { rustc --target "$target" --crate-type lib --emit metadata --out-dir "$work" - <<<'pub use std::vec::Vec;' 2>/dev/null; }

# Unpacks Debian's package rust-src of exactly this compiler version into the work folder. A private apt
# configuration looks through the suites: the machine's own package sources stay as they are,
# and apt checks signatures and sums.
unpack_debian_sources() {
  local mirror suite apt_options found
  # shellcheck disable=SC2016 # apt's own placeholders
  mirror=$(apt-get indextargets --format '$(ORIGIN) $(LABEL) $(REPO_URI)' 'Created-By: Packages' |
    awk '$1 == "Debian" && $2 == "Debian" { print $3; exit }')
  mkdir -p "$work/apt/lists/partial" "$work/apt/cache/archives/partial"
  for suite in bookworm-backports trixie trixie-backports forky sid; do
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${mirror:-http://deb.debian.org/debian} $suite main"
  done >"$work/apt/sources.list"
  apt_options=(
    -o "Dir::Etc::SourceList=$work/apt/sources.list" -o Dir::Etc::SourceParts=-
    -o "Dir::State::Lists=$work/apt/lists" -o "Dir::Cache=$work/apt/cache"
    -o APT::Sandbox::User="$(id -un)" -o Acquire::http::Timeout=20 -o Acquire::Retries=1
    -o APT::Update::Post-Invoke-Success::= -o DPkg::Post-Invoke::=
  )
  timeout 180 apt-get "${apt_options[@]}" update || true # one unreachable suite does not spoil the others
  found=$(apt-cache "${apt_options[@]}" madison rust-src | awk -v want="$version+" 'index($3, want) == 1 { print $3; exit }')
  [[ -n $found ]] || return 1
  (cd "$work" && timeout 180 apt-get "${apt_options[@]}" download "rust-src=$found")
  dpkg -x "$work"/rust-src_*.deb "$work"
}

build_from_debian_sources() {
  local sources=$work/usr/src/rustc-$version/library
  command -v apt-get >/dev/null && command -v dpkg >/dev/null || return 1
  unpack_debian_sources || return 1
  (cd "$sources" && RUSTC_BOOTSTRAP=1 RUSTFLAGS="-Zforce-unstable-if-unmarked -Cembed-bitcode=yes" \
    RUSTUP_TOOLCHAIN=$sysroot cargo build --release --target "$target" --manifest-path sysroot/Cargo.toml \
    --features panic-unwind --target-dir "$work/out") || return 1
  rm -f "$library"/*.rlib
  cp "$work/out/$target/release/deps/"*.rlib "$library/"
}

if have_std; then
  echo "note: already there"
  exit
fi

if timeout 120 rustup target add "$target" && have_std; then
  echo "note: by rustup"
  exit
fi
if ! mkdir -p "$library" || [[ ! -w $library ]]; then
  echo "hint: $library cannot be written: run this once as its owner"
  exit 1
fi
if build_from_debian_sources && have_std; then
  echo "note: built from Debian's rust-src (rustup's server is out of reach)"
  exit
fi
echo "hint: no way to the standard library of $target for rustc $version:"
echo "hint: let this machine reach https://static.rust-lang.org, or a Debian mirror that has rust-src $version"
exit 1
