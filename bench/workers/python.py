"""A worker for Python's keyring; the protocol is that of serve.mjs."""

import json
import sys
import time

PASSWORD = "made-up"


def expect(condition, what):
    if not condition:
        raise RuntimeError("unexpected answer: " + what)


def measure(count, action, before=None):
    times = []
    for _ in range(count):
        if before:
            before()
        start = time.perf_counter_ns()
        action()
        times.append(time.perf_counter_ns() - start)
    return sorted(times)[count // 2]


def answer(keyring, request, count, service, username):
    def put():
        keyring.set_password(service, username, PASSWORD)

    def remove():
        keyring.delete_password(service, username)

    def get():
        expect(keyring.get_password(service, username) == PASSWORD, "not the password")

    def miss():
        expect(keyring.get_password(service, "nobody") is None, "a password of nobody")

    if request in ("prepare", "cleanup"):
        return measure(1, put if request == "prepare" else remove)
    if request == "delete":
        return measure(count, remove, put)
    return measure(count, {"get": get, "miss": miss, "set": put}[request])


def say(value):
    print(json.dumps(value), flush=True)


def main():
    start = time.perf_counter_ns()
    import keyring

    say({"ns": time.perf_counter_ns() - start})
    for line in sys.stdin:
        if line.strip() == "exit":
            break
        request, count, service, username, _ = line.split()
        try:
            say({"ns": answer(keyring, request, int(count), service, username)})
        except Exception as error:
            say({"error": f"{request}: {error}"})


main()
