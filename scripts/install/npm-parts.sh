#!/usr/bin/env bash
# Installs what a committed lock file lists: npm-parts.sh FOLDER. Does nothing while the lock file stays the same.
set -euo pipefail

cd "$1"
stamp=node_modules/.installed-lock
if cmp -s package-lock.json "$stamp"; then
  echo "note: already there"
  exit
fi
export PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1
if ! timeout 600 npm ci --prefer-offline --no-audit --no-fund; then
  echo "hint: npm could not install $PWD/package-lock.json: it needs an npm registry (npm config get registry) once"
  exit 1
fi
cp package-lock.json "$stamp"
echo "note: by npm ci"
