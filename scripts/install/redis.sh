#!/usr/bin/env bash
# Unpacks Redis from Debian's package into the tools folder: installed, it would start a service of the system's.
# A Redis that is there already serves as well.
set -euo pipefail
source "$(dirname "$0")/../lib/tools.sh"
source "$ROOT/scripts/lib/debian.sh"

if [[ -x $REDIS/redis-server ]]; then
  echo "note: already there"
  exit
fi
if path=$(command -v redis-server) && command -v redis-cli; then
  echo "note: $path"
  exit
fi
if ! command -v apt-get >/dev/null; then
  echo "hint: install Redis 7 or newer (Fedora: sudo dnf install redis, macOS: brew install redis)"
  exit 1
fi

staging=$TOOLS/.staging-redis
unpack_package "$staging" redis-server
wrap_program "$staging" usr/bin/redis-server
wrap_program "$staging" usr/bin/redis-cli
"$staging/redis-server" --version
"$staging/redis-cli" --version
rm -rf "$REDIS"
mv "$staging" "$REDIS"
echo "note: unpacked from Debian's package"
