#!/bin/sh
# Runs a command in a private session: its own home, D-Bus and unlocked gnome-keyring, all of them
# gone afterwards. The keyring of the person who runs it is never touched.
#
#   dev/secret_service_session.sh deno test -A tests/backends/secret_service/interop_test.ts
#
# Needs: dbus, gnome-keyring, libsecret-tools (Debian's names).
set -eu

# Made up; protects nothing but the throw-away keyring of this session.
session_password=correct-horse

if [ "${KEYRING_PRIVATE_SESSION:-}" != "inside" ]; then
  if [ $# -eq 0 ]; then
    echo "usage: $0 command [argument ...]" >&2
    exit 2
  fi
  export KEYRING_PRIVATE_SESSION=inside
  exec "$(dirname "$0")/private_bus.sh" "$0" "$@"
fi

# Exported for the command: the tests run only where a store may be written to.
unset KEYRING_PRIVATE_SESSION
export KEYRING_TEST_SECRET_SERVICE=1

# The daemon loads the files that are there when it starts, and no other.
if [ -n "${KEYRING_SESSION_FILE:-}" ]; then
  mkdir -p "$XDG_DATA_HOME/keyrings"
  cp "$KEYRING_SESSION_FILE" "$XDG_DATA_HOME/keyrings/"
fi

control="$XDG_RUNTIME_DIR/keyring"
printf %s "$session_password" |
  gnome-keyring-daemon --foreground --unlock --components=secrets \
    --control-directory="$control" >/dev/null 2>"$XDG_RUNTIME_DIR/daemon.log" &
daemon=$!
trap 'kill "$daemon" 2>/dev/null || true; wait "$daemon" 2>/dev/null || true' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

tries=0
until dbus-send --session --print-reply --dest=org.freedesktop.DBus / \
  org.freedesktop.DBus.NameHasOwner string:org.freedesktop.secrets 2>/dev/null |
  grep -q 'boolean true'; do
  tries=$((tries + 1))
  if [ "$tries" -gt 1200 ]; then
    echo "$0: gnome-keyring-daemon did not come up:" >&2
    cat "$XDG_RUNTIME_DIR/daemon.log" >&2
    exit 1
  fi
  sleep 0.05
done

status=0
"$@" || status=$?
exit "$status"
