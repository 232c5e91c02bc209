"""Starts a KDE Wallet daemon with an open wallet, as the PAM module does at log-in: the key comes by a
pipe, the environment by a socket. No dialog appears. The daemon's process id is then in the file
kwalletd.pid in XDG_RUNTIME_DIR.

    python3 start_kwallet.py /usr/bin/kwalletd5 LOG
"""

import hashlib
import os
import socket
import subprocess
import sys

PASSWORD = b"correct-horse"
ROUNDS = 50_000
LENGTH = 56
PASSED_ON = [
    "HOME", "PATH", "LANG", "DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "QT_QPA_PLATFORM",
    "XDG_RUNTIME_DIR", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CURRENT_DESKTOP",
]


def wallet_key():
    folder = os.path.join(os.environ["XDG_DATA_HOME"], "kwalletd")
    os.makedirs(folder, mode=0o700, exist_ok=True)
    path = os.path.join(folder, "kdewallet.salt")
    if not os.path.exists(path):
        with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
            file.write(os.urandom(LENGTH))
    with open(path, "rb") as file:
        return hashlib.pbkdf2_hmac("sha512", PASSWORD, file.read(), ROUNDS, LENGTH)


def main(daemon, log_path):
    address = os.path.join(os.environ["XDG_RUNTIME_DIR"], "kwallet5.socket")
    if os.path.exists(address):
        os.unlink(address)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address)
    listener.listen(1)
    key_reader, key_writer = os.pipe()
    with open(log_path, "ab") as log:
        child = subprocess.Popen(
            [daemon, "--pam-login", str(key_reader), str(listener.fileno())],
            pass_fds=[key_reader, listener.fileno()],
            env={**os.environ, "PAM_KWALLET5_LOGIN": address},
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
        )
    os.write(key_writer, wallet_key())
    os.close(key_writer)
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(address)
        for name in PASSED_ON:
            if name in os.environ:
                client.sendall(f"{name}={os.environ[name]}\n".encode())
    with open(os.path.join(os.environ["XDG_RUNTIME_DIR"], "kwalletd.pid"), "w") as file:
        file.write(str(child.pid))


main(*sys.argv[1:])
