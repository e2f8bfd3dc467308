#!/usr/bin/env bash
# Unpacks OpenLDAP's server from Debian's package into the tools folder: nothing is installed, no service started, no
# user created, and an AppArmor profile of a system's own slapd does not apply.
set -euo pipefail
source "$(dirname "$0")/../lib/tools.sh"

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
rm -rf "$staging"
mkdir -p "$staging/packages"

# slapd and those of its libraries that this machine lacks.
download() {
  local packages
  packages=$(apt-get install --simulate --reinstall --no-install-recommends slapd |
    awk '$1 == "Inst" { print $2 }') && [[ -n $packages ]] || return 1
  # shellcheck disable=SC2086 # a list
  (cd "$staging/packages" &&
    timeout 300 apt-get -o APT::Sandbox::User="$(id -un)" -o Acquire::http::Timeout=20 download $packages)
}
as_root=()
if ((EUID != 0)); then as_root=(sudo -n); fi
# The package lists may be missing or too old.
if ! download && ! { timeout 300 "${as_root[@]}" apt-get update && download; }; then
  echo "hint: apt-get could not download slapd: see above (a first sudo apt-get update may help)"
  exit 1
fi
for package in "$staging"/packages/*.deb; do
  dpkg -x "$package" "$staging/root"
done

libraries=$(cd "$staging/root/usr/lib" && echo *-linux-gnu*)
cat >"$staging/slapd" <<WRAPPER
#!/bin/sh
here=\$(dirname "\$0")
LD_LIBRARY_PATH="\$here/root/usr/lib/$libraries" exec "\$here/root/usr/sbin/slapd" "\$@"
WRAPPER
chmod +x "$staging/slapd"
ln -s root/usr/lib/ldap "$staging/modules"
ln -s root/etc/ldap/schema "$staging/schema"
"$staging/slapd" -VV
rm -rf "$staging/packages" "$SLAPD"
mv "$staging" "$SLAPD"
echo "note: unpacked from Debian's package"
