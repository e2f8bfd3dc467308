#!/usr/bin/env bash
# Makes sure that a program is there: debian-package.sh PROGRAM[|PROGRAM …] PACKAGE…
# Installs the packages through apt-get when none of the programs is found and this user may do so.
set -euo pipefail
source "$(dirname "$0")/../lib/tools.sh"

programs=$1
shift

found() {
  local program
  for program in ${programs//|/ }; do
    command -v "$program" && return
  done
  return 1
}

if path=$(found); then
  echo "note: $path"
  exit
fi

as_root=()
if ((EUID != 0)); then as_root=(sudo -n); fi
if ! command -v apt-get >/dev/null || ! "${as_root[@]}" true; then
  echo "hint: install one of: ${programs//|/, } (Debian: sudo apt-get install $*)"
  exit 1
fi
apt() { timeout 600 "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o Acquire::http::Timeout=20 -o DPkg::Lock::Timeout=120 "$@"; }

# The package lists may be missing or too old: a failed install is tried again with fresh ones.
if apt install -y --no-install-recommends "$@" || { apt update && apt install -y --no-install-recommends "$@"; }; then
  path=$(found)
  echo "note: $path by apt-get"
  exit
fi
echo "hint: apt-get could not install $*: see above, then run it by hand (sudo apt-get install $*)"
exit 1
