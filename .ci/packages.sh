# packages.sh - what Debian 12 must have, for ./run and ./test (sourced)
#
# SPDX-License-Identifier: Apache-2.0
#
# One list, so that a fresh machine and CI install the same things.  Only what
# is missing is installed, and it is said before it is done.

build_packages="gcc libc6-dev pkg-config meson ninja-build gettext libglib2.0-dev libglib2.0-dev-bin libglib2.0-bin
  libgtk-4-dev libgtk-4-bin libadwaita-1-dev libgtksourceview-5-dev libpanel-dev libsoup-3.0-dev libjson-glib-dev
  libarchive-dev libsqlite3-dev libpcre2-dev libmosquitto-dev libsecret-1-dev zlib1g-dev libzstd-dev libdw-dev libelf-dev
  desktop-file-utils adwaita-icon-theme fonts-cantarell fonts-dejavu-core librsvg2-common gsettings-desktop-schemas
  glib-networking shared-mime-info libmariadb-dev ca-certificates"

test_packages="xvfb xauth x11-utils xdotool openbox dbus dbus-daemon dbus-x11 at-spi2-core gir1.2-atspi-2.0 python3-gi
  imagemagick appstream libxml2-utils mosquitto mosquitto-clients mariadb-server uncrustify universal-ctags python3 python3-jsonschema
  gdb curl procps g++ libasan8 libubsan1 protobuf-compiler"

# install_missing PACKAGE...: installs those that are not there, or says what to type.
install_missing ()
{
  local missing=() package
  for package in "$@"
  do
    dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -q '^installed$' || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return 0

  local as_root=()
  if [ "$(id -u)" -ne 0 ]
  then
    if ! command -v sudo >/dev/null
    then
      echo "These packages are missing and sudo is not there to install them. As root, type:" >&2
      echo "  apt-get install --no-install-recommends ${missing[*]}" >&2
      return 1
    fi
    as_root=(sudo)
  fi
  echo "Installing ${#missing[@]} packages: ${missing[*]}" >&2
  "${as_root[@]}" apt-get -qq -o DPkg::Lock::Timeout=300 update >&2
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 \
    install -y --no-install-recommends "${missing[@]}" >"${TMPDIR:-/tmp}/beltworks-apt.log" 2>&1 || {
      tail -n 20 "${TMPDIR:-/tmp}/beltworks-apt.log" >&2
      echo "Installing packages failed; the whole log is ${TMPDIR:-/tmp}/beltworks-apt.log" >&2
      return 1
    }
}
