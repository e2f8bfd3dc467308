#!/usr/bin/env bash
# Unpacks OpenLDAP's server from Debian's package into the tools folder: nothing is installed, no service started, no
# user created, and an AppArmor profile of a system's own slapd does not apply.
set -euo pipefail
source "$(dirname "$0")/../lib/tools.sh"
source "$ROOT/scripts/lib/debian.sh"

if [[ -x $SLAPD/slapd ]]; then
  echo "note: already there"
  exit
fi
if ! command -v apt-get >/dev/null; then
  if path=$(command -v slapd); then
    echo "note: $path"
    exit
  fi
  echo "hint: install OpenLDAP's server (Fedora: sudo dnf install openldap-servers)"
  exit 1
fi

staging=$TOOLS/.staging-slapd
unpack_package "$staging" slapd
wrap_program "$staging" usr/sbin/slapd
ln -s root/usr/lib/ldap "$staging/modules"
ln -s root/etc/ldap/schema "$staging/schema"
"$staging/slapd" -VV
rm -rf "$SLAPD"
mv "$staging" "$SLAPD"
echo "note: unpacked from Debian's package"
