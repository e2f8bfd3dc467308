# shellcheck shell=bash
# Programs out of Debian's packages without installing them: no service started, no user created. To be sourced
# after tools.sh.

# unpack_package FOLDER PACKAGE: the package, and what it needs and this machine lacks, into FOLDER/root.
unpack_package() {
  local folder=$1 package=$2 as_root=() archive
  rm -rf "$folder"
  mkdir -p "$folder/packages"
  if ((EUID != 0)); then as_root=(sudo -n); fi
  # The package lists may be missing or too old.
  if ! download_package "$folder/packages" "$package" &&
    ! { timeout 300 "${as_root[@]}" apt-get update && download_package "$folder/packages" "$package"; }; then
    echo "hint: apt-get could not download $package: see above (a first sudo apt-get update may help)"
    return 1
  fi
  for archive in "$folder"/packages/*.deb; do
    dpkg -x "$archive" "$folder/root"
  done
  rm -rf "$folder/packages"
}

download_package() {
  local packages
  packages=$(apt-get install --simulate --reinstall --no-install-recommends "$2" |
    awk '$1 == "Inst" { print $2 }') && [[ -n $packages ]] || return 1
  # shellcheck disable=SC2086 # a list
  (cd "$1" && timeout 300 apt-get -o APT::Sandbox::User="$(id -un)" -o Acquire::http::Timeout=20 download $packages)
}

# wrap_program FOLDER PROGRAM: makes FOLDER/NAME, which runs FOLDER/root/PROGRAM with the libraries unpacked beside it.
wrap_program() {
  local folder=$1 program=$2 name=${2##*/} libraries
  libraries=$(cd "$folder/root/usr/lib" && echo *-linux-gnu*)
  cat >"$folder/$name" <<WRAPPER
#!/bin/sh
here=\$(dirname "\$0")
LD_LIBRARY_PATH="\$here/root/usr/lib/$libraries" exec "\$here/root/$program" "\$@"
WRAPPER
  chmod +x "$folder/$name"
}
