#!/usr/bin/env bash
# cargo-deny: licences, banned crates, sources; and known vulnerabilities where their database can be reached.
set -euo pipefail
source "$(dirname "$0")/../lib/tools.sh"
cd "$ROOT"

cargo deny --workspace check licenses bans sources

if timeout 120 cargo deny fetch db; then
  cargo deny --workspace check --disable-fetch advisories
  echo "note: advisories up to date"
else
  echo "note: advisories NOT checked: their database on github.com is out of reach"
fi
