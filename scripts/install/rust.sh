#!/usr/bin/env bash
# Brings the compiler that rust-toolchain.toml names, with the components given as arguments.
set -euo pipefail
source "$(dirname "$0")/../lib/tools.sh"
cd "$ROOT"

for command in rustup node npm cc; do
  command -v $command >/dev/null && continue
  case $command in
    rustup) echo "hint: install rustup: https://rustup.rs" ;;
    cc) echo "hint: install a C compiler (Debian: apt-get install gcc libc6-dev)" ;;
    *) echo "hint: install Node.js 20 or newer with npm: https://nodejs.org" ;;
  esac
  echo "$command is missing"
  exit 1
done

channel=$(sed -n 's/^channel = "\(.*\)"/\1/p' rust-toolchain.toml)
note="already there"
if ! rustc --version; then
  echo "fetching Rust $channel"
  if ! timeout 600 rustup toolchain install "$channel" --profile minimal; then
    echo "hint: Rust $channel is not installed and rustup could not fetch it: let this machine reach https://static.rust-lang.org"
    exit 1
  fi
  note="by rustup"
fi
for component in "$@"; do
  rustup component list --installed --toolchain "$channel" | grep -q "^$component" && continue
  if ! timeout 300 rustup component add --toolchain "$channel" "$component"; then
    echo "hint: rustup could not fetch the component $component: let this machine reach https://static.rust-lang.org"
    exit 1
  fi
  note="by rustup"
done
echo "note: $channel $note"
