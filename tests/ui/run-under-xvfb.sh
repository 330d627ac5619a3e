#!/usr/bin/env bash
# run-under-xvfb.sh - runs a program with an X server, session bus, window manager and home of its own
#
# SPDX-License-Identifier: Apache-2.0
#
# The X server picks its display, so any number of these run at once.  Fonts and
# animations are set for steady pictures.  A warning of GTK's or ours on stderr fails the
# run.  usage: run-under-xvfb.sh PROGRAM [ARG…]
set -u
RT=$(mktemp -d "${TMPDIR:-/tmp}/bw.XXXXXX"); chmod 700 "$RT"
export XDG_RUNTIME_DIR=$RT HOME=$RT XDG_CONFIG_HOME=$RT/c XDG_CACHE_HOME=$RT/k XDG_DATA_HOME=$RT/d XDG_STATE_HOME=$RT/s
export GSK_RENDERER=${GSK_RENDERER:-cairo} GDK_BACKEND=x11 NO_AT_BRIDGE=${NO_AT_BRIDGE:-1}
export LANG=C.UTF-8 LC_ALL=C.UTF-8
mkdir -p "$RT/c/gtk-4.0" "$RT/k" "$RT/d" "$RT/s"
cat >"$RT/c/gtk-4.0/settings.ini" <<'INI'
[Settings]
gtk-font-name=Cantarell 11
gtk-icon-theme-name=Adwaita
gtk-enable-animations=0
gtk-cursor-blink=0
gtk-double-click-time=1
gtk-xft-antialias=1
gtk-xft-hinting=0
gtk-xft-rgba=none
gtk-xft-dpi=98304
INI
mkfifo "$RT/fd"
Xvfb -displayfd 3 -screen 0 "${XGEO:-1440x900}x24" -nolisten tcp -noreset 3<>"$RT/fd" >"$RT/xvfb.log" 2>&1 &
server=$!
# read with a time limit: a server that cannot start must fail the test, not hang it
if ! read -r -t 20 number <"$RT/fd"
then
  cat "$RT/xvfb.log" >&2; kill "$server" 2>/dev/null; rm -rf "$RT"; exit 99
fi
export DISPLAY=:$number
if command -v openbox >/dev/null; then openbox >/dev/null 2>&1 & manager=$!; fi
dbus-run-session -- "$@" 2>"$RT/stderr"
result=$?
[ -n "${manager:-}" ] && kill "$manager" 2>/dev/null
kill "$server"; wait 2>/dev/null
grep -v -E "Failed to set fd limit|Activating service|Successfully activated|SpiRegistry daemon|^$" "$RT/stderr" >&2
# A warning or a critical of ours is a defect, whatever the test looked at.
if [ "$result" = 0 ] && grep -q -E '^\([^)]*([Bb]eltworks|bw-)[^)]*:[0-9]+\): .*-(WARNING|CRITICAL) \*\*' "$RT/stderr"
then
  echo "run-under-xvfb.sh: there are warnings on stderr" >&2
  result=1
fi
rm -rf "$RT"
exit $result
