// What the wallet's backend does when the daemon restarts, is switched off, or refuses; on a daemon that
// answers as kwalletd does.

import { assertEquals, assertRejects } from "@std/assert";
import { WalletBackend } from "../../../src/backends/kwallet/wallet_backend.ts";
import { Failure } from "../../../src/errors.ts";
import { BUS, type MethodCall } from "../../../src/lib/dbus/connection.ts";
import { DBusError } from "../../../src/lib/dbus/errors.ts";
import type { Message } from "../../../src/lib/dbus/message.ts";
import type { PeerCall, SessionBus } from "../../../src/lib/dbus/session.ts";

const ALICE = { service: "my_app", username: "alice" };
const bytes = (text: string) => new TextEncoder().encode(text);

class Daemon {
  owner = 1;
  isEnabled = true;
  isRefused = false;
  isRunning = true;
  saved = new Map<string, string>();
  calls: string[] = [];
  #entries = new Map<string, string>();
  #isOpen = false;

  /** Ends as by a signal: what was not saved is lost, and handles are dead. */
  restart(): void {
    this.owner++;
    this.#entries = new Map(this.saved);
    this.#isOpen = false;
  }

  get bus(): SessionBus {
    const call = (_name: string, message: PeerCall) => this.#answer(message);
    const use = <T>(name: string, action: (peer: object, options: object) => Promise<T>) =>
      action({ owner: `:1.${this.owner}`, call: (message: PeerCall) => call(name, message) }, {});
    return { call, use } as unknown as SessionBus;
  }

  #answer({ interface: type, member, body = [] }: PeerCall): Promise<Message> {
    if (type === BUS) return this.#answerAsBus(member, body);
    this.calls.push(member);
    const [, folder, key, value] = body.map(String);
    return Promise.resolve({ body: [this.#reply(member, folder, key, value)] } as never);
  }

  #answerAsBus(member: MethodCall["member"], [name]: readonly unknown[]): Promise<Message> {
    if (member === "ListActivatableNames") return Promise.resolve({ body: [[]] } as never);
    if (this.isRunning && name === "org.kde.kwalletd5") {
      return Promise.resolve({ body: [`:1.${this.owner}`] } as never);
    }
    return Promise.reject(new DBusError(`${BUS}.Error.NameHasNoOwner`, "made-up", BUS));
  }

  #reply(member: string, folder = "", key = "", value = ""): unknown {
    const name = `${folder}/${key}`;
    switch (member) {
      case "isEnabled":
        return this.isEnabled;
      case "isOpen":
        return folder === "" && this.#isOpen;
      case "networkWallet":
        return "kdewallet";
      case "open":
        this.#isOpen = !this.isRefused;
        return this.#isOpen ? 7 : -1;
      case "hasEntry":
        return this.#isOpen && this.#entries.has(name);
      case "entryType":
        return this.#isOpen && this.#entries.has(name) ? 1 : 0;
      case "readPassword":
        return this.#isOpen ? this.#entries.get(name) ?? "" : "";
      case "entryList":
        return this.#isOpen ? [...this.#entries.keys()].map((name) => name.split("/")[1]) : [];
      case "writePassword":
        if (this.#isOpen) this.#entries.set(name, value);
        return this.#isOpen ? 0 : -1;
      case "removeEntry":
        if (!this.#isOpen) return -1;
        return this.#entries.delete(name) ? 0 : -3;
      case "sync":
        this.saved = new Map(this.#entries);
    }
  }
}

function open(daemon: Daemon, unattended = false): WalletBackend {
  const access = { bus: () => daemon.bus, timeoutMs: 60_000, flags: () => "--allow-x" };
  return new WalletBackend({ ...access, unattended });
}

async function textOf(backend: WalletBackend): Promise<string | undefined> {
  const secret = await backend.read(ALICE);
  return secret ? new TextDecoder().decode(secret.bytes) : undefined;
}

Deno.test("a restarted daemon does not look like an empty wallet", async () => {
  const daemon = new Daemon();
  const backend = open(daemon);
  for (const text of ["correct horse", ""]) {
    await backend.write(ALICE, { bytes: bytes(text) });
    daemon.restart();
    assertEquals(await textOf(backend), text);
    daemon.restart();
    assertEquals(await backend.has(ALICE), true);
    daemon.restart();
    assertEquals(await backend.list("my_app"), [ALICE]);
    daemon.restart();
    assertEquals(await backend.findUsername("my_app"), "alice");
  }
  daemon.restart();
  assertEquals((await backend.write(ALICE, { bytes: bytes("new") })).length, 1);
  daemon.restart();
  assertEquals((await backend.remove(ALICE))?.length, 1);
  assertEquals(await backend.remove(ALICE), null);
});

Deno.test("unattended, a wallet that is closed is left closed", async () => {
  const daemon = new Daemon();
  const backend = open(daemon, true);
  const calls = [
    () => backend.read(ALICE),
    () => backend.write(ALICE, { bytes: bytes("new") }),
    () => backend.remove(ALICE),
    () => backend.list("my_app"),
    () => backend.list(undefined),
    () => backend.has(ALICE),
  ];
  for (const call of calls) {
    const failure = await assertRejects(call, Failure, "the wallet is closed");
    assertEquals(failure.kind, "locked");
  }
  assertEquals(daemon.calls.filter((call) => call === "open"), []);
  await open(daemon).write(ALICE, { bytes: bytes("kept") });
  assertEquals(await textOf(backend), "kept");
  // The handle is dead: the wallet was closed since.
  daemon.restart();
  await assertRejects(() => backend.read(ALICE), Failure, "the wallet is closed");
});

Deno.test("a change is saved before it is reported", async () => {
  const daemon = new Daemon();
  const backend = open(daemon);
  await backend.write(ALICE, { bytes: bytes("correct horse") });
  assertEquals([...daemon.saved], [["my_app/alice", "correct horse"]]);
  await backend.remove(ALICE);
  assertEquals([...daemon.saved], []);
});

Deno.test("a daemon that ends between a change and its saving is an error", async () => {
  const daemon = new Daemon();
  const backend = open(daemon);
  const failing = backend.batch(async (batch) => {
    await batch.write(ALICE, { bytes: bytes("lost") });
    daemon.restart();
  });
  await assertRejects(() => failing, Failure, "ended before it saved");
  assertEquals(await textOf(backend), undefined);
  await backend.write(ALICE, { bytes: bytes("kept") });
  assertEquals(daemon.saved.size, 1);
});

Deno.test("a batch is saved once, also when it fails", async () => {
  const daemon = new Daemon();
  const backend = open(daemon);
  const failing = backend.batch(async (batch) => {
    for (let index = 0; index < 20; index++) await batch.write(ALICE, { bytes: bytes("x") });
    throw new RangeError("made-up");
  });
  await assertRejects(() => failing, RangeError, "made-up");
  assertEquals(daemon.calls.filter((member) => member === "sync").length, 1);
  assertEquals(daemon.saved.size, 1);
  await backend.batch((batch) => batch.read(ALICE));
  assertEquals(daemon.calls.filter((member) => member === "sync").length, 1);
});

Deno.test("a wallet that is switched off, closed or not there says so", async () => {
  const daemon = new Daemon();
  daemon.isEnabled = false;
  const off = await assertRejects(() => open(daemon).read(ALICE), Failure, "is switched off");
  assertEquals([off.kind, daemon.calls], ["absent", ["isEnabled"]]);
  daemon.isEnabled = true;
  daemon.isRefused = true;
  const refused = await assertRejects(() => open(daemon).read(ALICE), Failure, "was not opened");
  assertEquals(refused.kind, "locked");
  daemon.isRunning = false;
  const gone = await assertRejects(() => open(daemon).read(ALICE), Failure, "is not running");
  assertEquals(gone.kind, "absent");
});
