#!/usr/bin/env bash
# Installs what FOLDER/requirements.txt lists, and nothing else, into an environment of its own, target/python/NAME:
# python-parts.sh FOLDER [NAME]; the folder's own name if none is given. Does nothing while the list stays the same.
set -euo pipefail
source "$(dirname "$0")/../lib/tools.sh"

list=$1/requirements.txt
place=$ROOT/target/python/${2:-$(basename "$1")}
stamp=$place/.installed-list
if cmp -s "$list" "$stamp"; then
  echo "note: already there"
  exit
fi
rm -rf "$place"
if ! python3 -m venv "$place"; then
  echo "hint: Python 3.10 or newer with its venv module is needed (Debian: sudo apt-get install python3-venv)"
  exit 1
fi
if ! timeout 600 "$place/bin/python" -m pip install --disable-pip-version-check --no-input --require-hashes --no-deps \
  --only-binary :all: --requirement "$list"; then
  echo "hint: pip could not install $list: it needs a Python package index (pip config list) once"
  exit 1
fi
cp "$list" "$stamp"
echo "note: by pip"
