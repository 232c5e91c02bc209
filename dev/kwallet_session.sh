#!/bin/bash
# Runs a command in a private session: its own home, D-Bus and open KDE Wallet, all gone afterwards.
#
#   dev/kwallet_session.sh deno test -A tests/backends/kwallet
#
# Needs, by Debian's names: dbus, python3, libkf5wallet-bin and libqca-qt5-2-plugins, or kwallet6 and
# libqca-qt6-plugins. KWALLETD names the daemon; /usr/bin/kwalletd5 by default.
set -euo pipefail
daemon=${KWALLETD:-/usr/bin/kwalletd5}
here=$(cd "$(dirname "$0")" && pwd)

if [[ ${KEYRING_PRIVATE_SESSION:-} != inside ]]; then
  DENO_DIR=${DENO_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/deno}
  root=$(mktemp -d "${TMPDIR:-/tmp}/keyring-session.XXXXXX")
  trap 'rm -rf "$root"' EXIT
  mkdir -m 700 "$root/runtime" "$root/home"
  export DENO_DIR HOME="$root/home" XDG_RUNTIME_DIR="$root/runtime"
  export XDG_DATA_HOME="$HOME/.local/share" XDG_CONFIG_HOME="$HOME/.config"
  export XDG_CACHE_HOME="$HOME/.cache" XDG_STATE_HOME="$HOME/.local/state"
  export XDG_CURRENT_DESKTOP=KDE QT_QPA_PLATFORM=offscreen
  unset DISPLAY WAYLAND_DISPLAY DBUS_SESSION_BUS_ADDRESS GNOME_KEYRING_CONTROL SSH_AUTH_SOCK
  # Without folders of services, so that the bus starts nothing of this machine's.
  cat >"$root/bus.conf" <<CONFIG
<busconfig>
  <type>session</type>
  <listen>unix:tmpdir=$root/runtime</listen>
  <policy context="default"><allow send_destination="*"/><allow eavesdrop="true"/><allow own="*"/></policy>
  <limit name="max_match_rules_per_connection">5000</limit>
</busconfig>
CONFIG
  export KEYRING_PRIVATE_SESSION=inside
  dbus-run-session --config-file="$root/bus.conf" -- "$0" "$@"
  exit
fi

unset KEYRING_PRIVATE_SESSION
mkdir -p "$XDG_CONFIG_HOME"
cat >"$XDG_CONFIG_HOME/kwalletrc" <<CONFIG
[Wallet]
Enabled=true
First Use=false
Prompt on Open=false
Close When Idle=false
Close on Screensaver=false
Launch Manager=false
Leave Open=true
[org.freedesktop.secrets]
apiEnabled=true
CONFIG
log=$XDG_RUNTIME_DIR/kwalletd.log
wallet=$XDG_DATA_HOME/kwalletd/kdewallet.kwl

call() {
  dbus-send --session --print-reply --reply-timeout=2000 --dest="$1" "$2" "${@:3}" 2>/dev/null
}
wait_for() {
  for _ in $(seq 400); do
    if "$@"; then return; fi
    sleep 0.05
  done
  echo "$0: timed out: $*" >&2
  cat "$log" >&2
  exit 1
}
is_made() {
  [[ $(stat -c %s "$wallet" 2>/dev/null || echo 0) -ge 60 ]] &&
    call org.freedesktop.secrets /org/freedesktop/secrets org.freedesktop.DBus.Peer.Ping >/dev/null
}
has_collection() {
  call org.freedesktop.secrets /org/freedesktop/secrets \
    org.freedesktop.Secret.Service.ReadAlias string:default | grep -q collection
}
is_gone() { ! kill -0 "$pid" 2>/dev/null; }

# The first start makes the wallet, whose collection only a second one exports.
pid=$(python3 "$here/start_kwallet.py" "$daemon" "$log")
wait_for is_made
kill "$pid"
wait_for is_gone
pid=$(python3 "$here/start_kwallet.py" "$daemon" "$log")
trap 'kill "$pid" 2>/dev/null || true; wait_for is_gone' EXIT
wait_for has_collection
export KEYRING_TEST_KWALLET=1 KEYRING_TEST_KWALLETD="$daemon" KEYRING_TEST_KWALLETD_PID="$pid"
status=0
"$@" || status=$?
exit "$status"
