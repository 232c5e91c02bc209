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
  export KEYRING_PRIVATE_SESSION=inside
  exec "$here/private_bus.sh" "$0" "$@"
fi

unset KEYRING_PRIVATE_SESSION
export XDG_CURRENT_DESKTOP=KDE QT_QPA_PLATFORM=offscreen
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
# In a file, because a test may start another daemon.
pid() { cat "$XDG_RUNTIME_DIR/kwalletd.pid"; }
is_gone() { ! kill -0 "$(pid)" 2>/dev/null; }

# The first start makes the wallet, whose collection only a second one exports.
python3 "$here/start_kwallet.py" "$daemon" "$log"
wait_for is_made
kill "$(pid)"
wait_for is_gone
python3 "$here/start_kwallet.py" "$daemon" "$log"
trap 'kill "$(pid)" 2>/dev/null || true; wait_for is_gone' EXIT
wait_for has_collection
export KEYRING_TEST_KWALLET=1 KEYRING_TEST_KWALLETD="$daemon"
status=0
"$@" || status=$?
exit "$status"
