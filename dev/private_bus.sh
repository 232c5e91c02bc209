#!/bin/sh
# Runs a command with its own home folder and D-Bus session, which are gone afterwards.
#
#   dev/private_bus.sh command [argument ...]
#
# The bus knows none of the machine's services, so that it starts neither GNOME's programs nor KDE's
# where these are installed. The one exception shows gnome-keyring's dialogs, and only where a display is.
# Needs: dbus (Debian's name).
set -eu

if [ $# -eq 0 ]; then
  echo "usage: $0 command [argument ...]" >&2
  exit 2
fi

DENO_DIR=${DENO_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/deno}
root=$(mktemp -d "${TMPDIR:-/tmp}/keyring-session.XXXXXX")
trap 'rm -rf "$root"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
mkdir -m 700 "$root/runtime" "$root/home" "$root/services"
for variable in $(env | sed -n 's/^\(\(XDG\|KDE\|GNOME\|DBUS\)_[A-Za-z0-9_]*\)=.*/\1/p'); do
  unset "$variable"
done
unset DISPLAY WAYLAND_DISPLAY DESKTOP_SESSION SSH_AUTH_SOCK
export DENO_DIR HOME="$root/home" XDG_RUNTIME_DIR="$root/runtime"
export XDG_DATA_HOME="$HOME/.local/share" XDG_CONFIG_HOME="$HOME/.config"
export XDG_CACHE_HOME="$HOME/.cache" XDG_STATE_HOME="$HOME/.local/state"

for name in SystemPrompter PrivatePrompter; do
  printf '[D-BUS Service]\nName=org.gnome.keyring.%s\nExec=/usr/libexec/gcr-prompter\n' "$name" \
    >"$root/services/org.gnome.keyring.$name.service"
done
cat >"$root/bus.conf" <<CONFIG
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <keep_umask/>
  <listen>unix:dir=$root/runtime</listen>
  <auth>EXTERNAL</auth>
  <servicedir>$root/services</servicedir>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
  <limit name="max_match_rules_per_connection">50000</limit>
  <limit name="max_completed_connections">100000</limit>
  <limit name="max_connections_per_user">100000</limit>
  <limit name="max_replies_per_connection">50000</limit>
</busconfig>
CONFIG

status=0
dbus-run-session --config-file="$root/bus.conf" -- "$@" || status=$?
exit "$status"
