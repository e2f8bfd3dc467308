#!/usr/bin/env bash
# Gives the pinned compiler its standard library for wasm32-unknown-unknown.
# By rustup; where its server cannot be reached, built from Debian's copy of the compiler's sources.
set -euo pipefail
source "$(dirname "$0")/../lib/tools.sh"
cd "$ROOT"

target=wasm32-unknown-unknown
version=$(rustc --version | cut -d' ' -f2)
library=$(rustc --print sysroot)/lib/rustlib/$target/lib

have_std() { compgen -G "$library/libstd-*.rlib" >/dev/null; }

# Unpacks Debian's package rust-src of exactly this compiler version into $1. A private apt
# configuration looks through the suites: the machine's own package sources stay as they are,
# and apt checks signatures and sums.
unpack_debian_sources() {
  local into=$1 mirror suite apt_options found
  # shellcheck disable=SC2016 # apt's own placeholders
  mirror=$(apt-get indextargets --format '$(ORIGIN) $(LABEL) $(REPO_URI)' 'Created-By: Packages' |
    awk '$1 == "Debian" && $2 == "Debian" { print $3; exit }')
  mkdir -p "$into/apt/lists/partial" "$into/apt/cache/archives/partial"
  for suite in bookworm-backports trixie trixie-backports forky sid; do
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${mirror:-http://deb.debian.org/debian} $suite main"
  done >"$into/apt/sources.list"
  apt_options=(
    -o "Dir::Etc::SourceList=$into/apt/sources.list" -o Dir::Etc::SourceParts=-
    -o "Dir::State::Lists=$into/apt/lists" -o "Dir::Cache=$into/apt/cache"
    -o APT::Sandbox::User="$(id -un)" -o Acquire::http::Timeout=20 -o Acquire::Retries=1
    -o APT::Update::Post-Invoke-Success::= -o DPkg::Post-Invoke::=
  )
  timeout 180 apt-get "${apt_options[@]}" update || true # one unreachable suite does not spoil the others
  found=$(apt-cache "${apt_options[@]}" madison rust-src | awk -v want="$version+" 'index($3, want) == 1 { print $3; exit }')
  [[ -n $found ]] || return 1
  (cd "$into" && timeout 180 apt-get "${apt_options[@]}" download "rust-src=$found")
  dpkg -x "$into"/rust-src_*.deb "$into"
}

build_from_debian_sources() {
  local work sources
  command -v apt-get >/dev/null && command -v dpkg >/dev/null || return 1
  work=$(mktemp -d)
  # shellcheck disable=SC2064 # the folder of now is meant
  trap "rm -rf '$work'" EXIT
  unpack_debian_sources "$work" || return 1
  sources=$work/usr/src/rustc-$version/library
  (cd "$sources" && RUSTC_BOOTSTRAP=1 RUSTFLAGS="-Zforce-unstable-if-unmarked -Cembed-bitcode=yes" \
    RUSTUP_TOOLCHAIN=$toolchain cargo build --release --target "$target" --manifest-path sysroot/Cargo.toml \
    --features panic-unwind --target-dir "$work/out") || return 1
  mkdir -p "$library"
  cp "$work/out/$target/release/deps/"*.rlib "$library/"
}

if have_std; then
  echo "note: already there"
  exit
fi

toolchain=$(basename "$(rustc --print sysroot)")
if timeout 120 rustup target add "$target" && have_std; then
  echo "note: by rustup"
  exit
fi
if ! mkdir -p "$library"; then
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
