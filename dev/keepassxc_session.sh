#!/bin/bash
# Runs a command in a private session: its own home, screen, D-Bus and KeePassXC with an open database
# that serves as the Secret Service, all gone afterwards.
#
#   dev/keepassxc_session.sh deno test -A tests/backends/secret_service/keepassxc_test.ts
#
# Needs, by Debian's names: dbus, keepassxc (in Debian 13 keepassxc-full) and xvfb. These variables are
# "true" or "false", and become settings of the same meaning: KEEPASSXC_CONFIRM_ACCESS,
# KEEPASSXC_CONFIRM_DELETE, KEEPASSXC_UNLOCK_BEFORE_SEARCH.
set -euo pipefail

if [[ ${KEYRING_PRIVATE_SESSION:-} != inside ]]; then
  export KEYRING_PRIVATE_SESSION=inside
  exec "$(dirname "$0")/private_bus.sh" "$0" "$@"
fi

unset KEYRING_PRIVATE_SESSION
# Made up; protects nothing but the throw-away database of this session.
password=correct-horse
config=$XDG_CONFIG_HOME/keepassxc
database=$HOME/passwords.kdbx
log=$XDG_RUNTIME_DIR/keepassxc.log
mkdir -p "$config"
# Not saved after each change: KeePassXC 2.7 saves in a thread, and crashes on a change meanwhile.
cat >"$config/keepassxc.ini" <<CONFIG
[General]
ConfigVersion=2
UpdateCheckMessageShown=true
AutoSaveAfterEveryChange=false
[GUI]
CheckForUpdates=false
[Security]
LockDatabaseIdle=false
[FdoSecrets]
Enabled=true
ShowNotification=false
ConfirmAccessItem=${KEEPASSXC_CONFIRM_ACCESS:-false}
ConfirmDeleteItem=${KEEPASSXC_CONFIRM_DELETE:-false}
UnlockBeforeSearch=${KEEPASSXC_UNLOCK_BEFORE_SEARCH:-false}
CONFIG
# The UUID of the root group, in both spellings: that group is what other programs see.
cat >"$HOME/passwords.xml" <<XML
<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<KeePassFile>
  <Meta>
    <RecycleBinEnabled>False</RecycleBinEnabled>
    <CustomData>
      <Item>
        <Key>FDO_SECRETS_EXPOSED_GROUP</Key>
        <Value>{01234567-89ab-cdef-0123-456789abcdef}</Value>
      </Item>
    </CustomData>
  </Meta>
  <Root><Group><UUID>ASNFZ4mrze8BI0VniavN7w==</UUID><Name>Root</Name></Group></Root>
</KeePassFile>
XML

call() {
  dbus-send --session --print-reply --reply-timeout=10000 --dest="$1" "$2" "${@:3}" 2>>"$log"
}
wait_for() {
  for _ in $(seq 200); do
    if "$@"; then return; fi
    sleep 0.05
  done
  echo "$0: timed out: $*" >&2
  cat "$log" >&2
  exit 1
}
has_window() {
  call org.keepassxc.KeePassXC.MainWindow /keepassxc org.freedesktop.DBus.Peer.Ping >/dev/null
}
# The alias is there before the database is unlocked, when a call would wait for a dialog.
is_unlocked() {
  call org.freedesktop.secrets /org/freedesktop/secrets/aliases/default \
    org.freedesktop.DBus.Properties.Get string:org.freedesktop.Secret.Collection string:Locked |
    grep -q 'boolean false'
}

pids=()
stop() {
  kill "${pids[@]}" 2>/dev/null || true
  wait "${pids[@]}" 2>/dev/null || true
}
trap stop EXIT

mkfifo "$XDG_RUNTIME_DIR/display"
Xvfb -displayfd 3 -screen 0 1024x768x24 -nolisten tcp 3>"$XDG_RUNTIME_DIR/display" >>"$log" 2>&1 &
pids+=($!)
read -r display <"$XDG_RUNTIME_DIR/display"
export DISPLAY=:$display QT_QPA_PLATFORM=xcb

printf '%s\n%s\n' "$password" "$password" |
  keepassxc-cli import -q -p -t 100 "$HOME/passwords.xml" "$database" >>"$log" 2>&1
# There is one for each folder of temporary files, and it takes over what a second one is asked for.
TMPDIR=$XDG_RUNTIME_DIR keepassxc --config "$config/keepassxc.ini" --localconfig "$config/local.ini" >>"$log" 2>&1 &
pids+=($!)
wait_for has_window
call org.keepassxc.KeePassXC.MainWindow /keepassxc org.keepassxc.KeePassXC.MainWindow.openDatabase \
  string:"$database" string:"$password" string: >/dev/null
wait_for is_unlocked
export KEYRING_TEST_KEEPASSXC=1 KEYRING_TEST_KEEPASSXC_DATABASE="$database"
status=0
"$@" || status=$?
exit "$status"
