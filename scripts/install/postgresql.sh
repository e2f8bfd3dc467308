#!/usr/bin/env bash
# Makes sure that PostgreSQL's programs are there. Debian's package would also make a cluster of
# the system's and start it: for the time of the installation it is told not to.
set -euo pipefail
source "$(dirname "$0")/../lib/tools.sh"

here=$(dirname "$0")
settings=/etc/postgresql-common/createcluster.conf

as_root=()
if ((EUID != 0)); then as_root=(sudo -n); fi

if ! command -v postgres >/dev/null && command -v apt-get >/dev/null; then
  "$here/debian-package.sh" pg_conftool postgresql-common
  kept=$(mktemp)
  cp "$settings" "$kept"
  trap '"${as_root[@]}" cp "$kept" "$settings"; rm -f "$kept"' EXIT
  "${as_root[@]}" pg_conftool "$settings" set create_main_cluster off
fi
"$here/debian-package.sh" postgres postgresql
