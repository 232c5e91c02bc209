// @environment unit, windows

import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertNotEquals,
  assertRejects,
} from "@std/assert";
import { ChainKeyring } from "../../src/backends/chain.ts";
import { MemoryKeyring } from "../../src/backends/memory.ts";
import {
  CorruptSecretError,
  InitError,
  KeyringError,
  KeyringLockedError,
  KeyringTimeoutError,
  type Operation,
  PasswordSetError,
  SecretTooLargeError,
} from "../../src/errors.ts";
import type { EntryInfo } from "../../src/keyring.ts";
import { isManifest } from "../../src/large_secrets/marks.ts";
import {
  type Backend,
  Failure,
  type FailureKind,
  StoreKeyring,
  testKeyring,
} from "../../testing.ts";
import { SmallBackend, SmallStore, type Step } from "../support/small_store.ts";

const TEXT = "made-up é 🔑 ".repeat(1000);
// Of it, as Base64 behind the names of the entry.
const PARTS = 9;
const ALICE = { service: "my_app", username: "alice" };

for (const readsFirst of [false, true]) {
  const how = readsFirst ? "that reads what it replaces first" : "that does both at once";
  testKeyring(
    `StoreKeyring over a small store ${how}`,
    () => new StoreKeyring(new SmallBackend(undefined, undefined, readsFirst)),
    { largestSecret: 42_000 },
  );
}

interface Rig {
  store: SmallStore;
  backend: SmallBackend;
  keyring: StoreKeyring;
  steps: Step[];
}

function makeRig(store: SmallStore = new SmallStore()): Rig {
  const steps: Step[] = [];
  const backend = new SmallBackend(store, (step) => {
    steps.push(step);
    return { done: true };
  }, true);
  return { store, backend, keyring: new StoreKeyring(backend), steps };
}

/** What the entry holds, as the store has it. */
async function textIn(backend: Backend): Promise<string> {
  return new TextDecoder().decode((await backend.read(ALICE))?.bytes);
}

async function prune(keyring: StoreKeyring, graceMs?: number): Promise<number> {
  assert(keyring.prune);
  return await keyring.prune(graceMs === undefined ? {} : { graceMs });
}

function bytesOf(length: number, seed = 1): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 31 + seed * 97 + (index >> 8)) & 255);
}

function partKeys({ store }: Rig): string[] {
  return [...store.entries.keys()].filter((key) => key.includes("os-keyring.chunk/"));
}

Deno.test("a secret that fits is stored as before", async () => {
  const { backend, keyring, store } = makeRig();
  await keyring.setPassword("my_app", "alice", "made-up");
  await keyring.setSecret("my_app", "key", bytesOf(2560));
  assertEquals(await textIn(backend), "made-up");
  const key = await backend.read({ service: "my_app", username: "key" });
  assertEquals(key?.bytes, bytesOf(2560));
  assertEquals(store.entries.size, 2);
});

Deno.test("secrets of every size around the limits come back whole", async () => {
  const { keyring, store } = makeRig();
  for (const size of [0, 1, 2535, 2559, 2560, 2561, 5094, 5120, 5121, 12_000, 41_999, 42_000]) {
    await keyring.setSecret("my_app", "alice", bytesOf(size));
    assertEquals(await keyring.getSecret("my_app", "alice"), bytesOf(size));
  }
  await keyring.setSecret("my_app", "alice", bytesOf(3));
  assertEquals(store.entries.size, 1);
});

Deno.test("a large text is UTF-8 for getSecret, and whole for getCredential", async () => {
  const { keyring } = makeRig();
  await keyring.setPassword("my_app", "alice", TEXT);
  assertEquals(await keyring.getSecret("my_app", "alice"), new TextEncoder().encode(TEXT));
  const credential = { username: "alice", password: TEXT };
  assertEquals(await keyring.getCredential("my_app"), credential);
  assertEquals(await keyring.getCredential("my_app", "alice"), credential);
});

Deno.test("large bytes that are not text are refused as a password", async () => {
  const { keyring } = makeRig();
  await keyring.setSecret("my_app", "key", new Uint8Array(3000).fill(0xff));
  const error = await assertRejects(() => keyring.getPassword("my_app", "key"), KeyringError);
  assert(!(error instanceof CorruptSecretError));
});

Deno.test("more than the limit is refused before anything is written", async () => {
  const { keyring, store, steps } = makeRig();
  const error = await assertRejects(
    () => keyring.setSecret("my_app", "alice", bytesOf(42_001)),
    SecretTooLargeError,
  );
  assertEquals([error.size, error.limit, store.entries.size], [42_001, 42_000, 0]);
  assert(steps.every(({ operation }) => operation === "get"));
});

Deno.test("the limit is the store's, and a store without one holds no parts", async () => {
  const backend = new SmallBackend(new SmallStore({ maxLargeSecretBytes: 10_000 }));
  const keyring = new StoreKeyring(backend);
  assertEquals(keyring.maxSecretBytes, 10_000);
  await keyring.setSecret("my_app", "alice", bytesOf(10_000));
  const set = () => keyring.setSecret("my_app", "alice", bytesOf(10_001));
  await assertRejects(set, SecretTooLargeError);
  const plain = Object.assign(new SmallBackend(), { maxLargeSecretBytes: undefined });
  const withoutParts = new StoreKeyring(plain);
  assertEquals([withoutParts.maxSecretBytes, withoutParts.prune], [2560, undefined]);
  const error = await assertRejects(
    () => withoutParts.setSecret("my_app", "alice", bytesOf(2561)),
    SecretTooLargeError,
  );
  assertEquals([error.size, error.limit], [2561, 2560]);
  await withoutParts.setPassword("os-keyring.chunk/x", "alice", "os-keyring-parts-v1:x");
  assertEquals(
    await withoutParts.getPassword("os-keyring.chunk/x", "alice"),
    "os-keyring-parts-v1:x",
  );
});

Deno.test("a small get costs one call, a small set two", async () => {
  const { keyring, steps } = makeRig();
  await keyring.setPassword("my_app", "alice", "made-up");
  assertEquals(steps.splice(0).map(({ operation }) => operation), ["get", "set"]);
  await keyring.getPassword("my_app", "alice");
  await keyring.getSecret("my_app", "alice");
  await keyring.getCredential("my_app", "alice");
  assertEquals(steps.splice(0).map(({ operation }) => operation), ["get", "get", "get"]);
});

Deno.test("no part is looked for before it is written or removed", async () => {
  const { backend, keyring, steps } = makeRig();
  await keyring.setSecret("my_app", "alice", bytesOf(5_000));
  const parts = ["set", "set", "set"];
  const operations = () => steps.splice(0).map(({ operation }) => operation);
  assertEquals(operations(), [...parts, "get", "set", "list"]);
  await keyring.deletePassword("my_app", "alice");
  assertEquals(operations(), ["get", "delete", "delete", "delete", "delete"]);
  await keyring.setSecret("my_app", "alice", bytesOf(5_000));
  await backend.remove(ALICE);
  operations();
  assertEquals(await prune(keyring, 0), 3);
  assertEquals(operations(), ["list", "get", "get", "delete", "delete", "delete"]);
});

Deno.test("a store is not listed anew for each of many large secrets", async () => {
  const { keyring, steps } = makeRig();
  for (const user of ["alice", "bob", "carol"]) {
    await keyring.setSecret("my_app", user, bytesOf(5_000));
  }
  assertEquals(steps.filter(({ operation }) => operation === "list").length, 1);
});

/** A store that keeps hold of every buffer that it was given or gave. */
class Recording extends SmallBackend {
  readonly buffers: Uint8Array[] = [];
  refuses: "part" | "entry" | undefined;

  override async read(...call: Parameters<SmallBackend["read"]>) {
    const secret = await super.read(...call);
    if (secret) this.buffers.push(secret.bytes);
    return secret;
  }

  override async write(...call: Parameters<SmallBackend["write"]>) {
    const [{ isPart, service }, { bytes }] = call;
    this.buffers.push(bytes);
    const isRefused = isPart ? service.endsWith("/2") : isManifest(bytes);
    if (this.refuses === (isPart ? "part" : "entry") && isRefused) {
      throw new Failure("other", "made-up");
    }
    const replaced = await super.write(...call);
    this.buffers.push(...replaced);
    return replaced;
  }

  override async remove(...call: Parameters<SmallBackend["remove"]>) {
    const removed = await super.remove(...call);
    this.buffers.push(...removed ?? []);
    return removed;
  }
}

Deno.test("every buffer of a secret or a part is overwritten in the end", async () => {
  const backend = new Recording();
  const keyring = new StoreKeyring(backend);
  const large = (seed: number) => () => keyring.setSecret("my_app", "alice", bytesOf(5_000, seed));
  const small = () => keyring.setPassword("my_app", "alice", "made-up");
  const refusing = (refuses: Recording["refuses"], call: () => Promise<void>) => async () => {
    backend.refuses = refuses;
    await assertRejects(call, PasswordSetError);
    backend.refuses = undefined;
  };
  const orphan = async () => {
    await large(5)();
    for (const value of await backend.remove(ALICE) ?? []) value.fill(0);
    assertEquals(await prune(keyring, 0), 3);
  };
  const steps: (() => Promise<unknown>)[] = [
    small,
    refusing("entry", large(1)),
    refusing("part", large(1)),
    large(2),
    refusing("entry", large(3)),
    () => keyring.getPassword("my_app", "alice").catch(() => {}),
    large(4),
    async () => (await keyring.getSecret("my_app", "alice"))?.fill(0),
    () => prune(keyring, 0),
    small,
    orphan,
    large(6),
    () => keyring.deletePassword("my_app", "alice"),
  ];
  for (const [number, step] of steps.entries()) {
    await step();
    const left = backend.buffers.splice(0)
      .filter((bytes) => bytes.some((byte) => byte !== 0) && !isManifest(bytes));
    assertEquals(left, [], `step ${number + 1}`);
  }
});

Deno.test("a secret that looks like a manifest comes back as itself", async () => {
  const rig = makeRig();
  const { backend, keyring } = rig;
  await keyring.setPassword("my_app", "alice", TEXT);
  const manifest = await textIn(backend);
  for (const text of [manifest, `${manifest} `, "os-keyring-parts-", "os-keyring-parts-v2:x"]) {
    await keyring.setPassword("my_app", "alice", text);
    assertEquals(await keyring.getPassword("my_app", "alice"), text);
    const bytes = new TextEncoder().encode(text);
    await keyring.setSecret("my_app", "alice", bytes);
    assertEquals(await keyring.getSecret("my_app", "alice"), bytes);
  }
  await keyring.deletePassword("my_app", "alice");
  assertEquals(rig.store.entries.size, 0);
});

Deno.test("parts are not listed, and people can tell what they are", async () => {
  const rig = makeRig();
  const { keyring } = rig;
  await keyring.setPassword("my_app", "al\nice", TEXT);
  assertEquals((await keyring.list()).map(({ service }) => service), ["my_app"]);
  const [key = ""] = partKeys(rig);
  const [service, username] = JSON.parse(key);
  assertMatch(username, /^part 1 of \d+ of al_ice for my_app$/);
  assertEquals(await keyring.list({ service }), []);
  assert(new TextEncoder().encode(service).length <= 128);
});

Deno.test("names that are long or strange make labels that every store can hold", async () => {
  const rig = makeRig();
  const names = [
    "s".repeat(30_000),
    "\u001b".repeat(100),
    "密".repeat(1000),
    '\\"'.repeat(50),
    "🔑".repeat(40),
  ];
  for (const name of names) {
    await rig.keyring.setSecret(name, name, bytesOf(3000));
    assertEquals(await rig.keyring.getSecret(name, name), bytesOf(3000));
  }
  for (const key of partKeys(rig)) {
    const [, username] = JSON.parse(key) as [string, string];
    assert(new TextEncoder().encode(username).length <= 512, username);
    assert(!/["\\'\p{C}]/u.test(username));
  }
  assertEquals(await prune(rig.keyring, 0), 0);
});

Deno.test("the service of the parts is reserved", async () => {
  const { keyring } = makeRig();
  for (const service of ["os-keyring.chunk/x", "OS-Keyring.CHUNK/x"]) {
    const calls = [
      () => keyring.getPassword(service, "alice"),
      () => keyring.getSecret(service, "alice"),
      () => keyring.getCredential(service),
      () => keyring.setPassword(service, "alice", "made-up"),
      () => keyring.setSecret(service, "alice", new Uint8Array()),
      () => keyring.deletePassword(service, "alice"),
    ];
    for (const call of calls) await assertRejects(call, KeyringError, "another service");
  }
});

Deno.test("a secret whose parts were meddled with is reported, never returned", async () => {
  const original = makeRig();
  await original.keyring.setPassword("my_app", "alice", TEXT);
  const keys = partKeys(original);
  const meddle: ((store: SmallStore, key: string) => void)[] = [
    (store, key) => store.entries.delete(key),
    (store, key) => store.entries.set(key, bytesOf(2560)),
    (store, key) => store.entries.get(key)?.fill(0x21, -1),
    (store, key) => store.entries.set(key, store.entries.get(key)?.slice(1) ?? bytesOf(1)),
    (store, key) => store.entries.set(key, new Uint8Array()),
  ];
  for (const key of keys) {
    for (const change of meddle) {
      const { keyring, store } = makeRig(original.store.copy());
      change(store, key);
      const error = await assertRejects(
        () => keyring.getPassword("my_app", "alice"),
        CorruptSecretError,
      );
      assert(!error.message.includes("made-up"));
      await assertRejects(() => keyring.getSecret("my_app", "alice"), CorruptSecretError);
      await assertRejects(() => keyring.getCredential("my_app"), CorruptSecretError);
      await keyring.setPassword("my_app", "alice", "new");
      assertEquals(await keyring.getPassword("my_app", "alice"), "new");
      assertEquals(store.parts, 0);
    }
  }
});

Deno.test("a damaged manifest is reported, and can be replaced and deleted", async () => {
  const rig = makeRig();
  const { backend, keyring } = rig;
  await keyring.setPassword("my_app", "alice", TEXT);
  const manifest = await textIn(backend);
  const [version, id, count, length, sha256, kind, label, ...more] = manifest.split(":");
  assertEquals([more.length, count, kind, label], [0, `${PARTS}`, "text", "alice%20for%20my_app"]);
  const fields = [version, id, count, length, sha256, kind, label];
  const changed = (index: number, field: string) => fields.with(index, field).join(":");
  const damaged = [
    fields.slice(0, -1).join(":"),
    manifest.slice(0, 20),
    "os-keyring-parts-",
    "os-keyring-parts-v1:null",
    `${manifest}:`,
    changed(1, `${id}/1`),
    changed(1, "/"),
    changed(2, "0"),
    changed(2, "1000000"),
    changed(2, "1e99"),
    changed(3, "-1"),
    changed(3, "01"),
    changed(4, `g${sha256?.slice(1)}`),
    changed(4, `${sha256}0`),
    changed(5, "Text"),
    changed(6, "%ED%A0%80"),
    changed(6, "%00"),
    changed(6, "%"),
    changed(6, "x".repeat(500)),
    manifest.replace("v1:", "v2:"),
  ];
  for (const text of damaged) {
    assertNotEquals(text, manifest);
    await backend.write(ALICE, { bytes: new TextEncoder().encode(text) });
    await assertRejects(() => keyring.getPassword("my_app", "alice"), CorruptSecretError);
    assertEquals(await prune(keyring, 0), 0);
    await keyring.deletePassword("my_app", "alice");
  }
  assertEquals(await prune(keyring, 0), PARTS);
  assertEquals(rig.store.entries.size, 0);
});

Deno.test("a manifest that was copied to another entry does not endanger the original", async () => {
  const { backend, keyring } = makeRig();
  await keyring.setPassword("my_app", "alice", TEXT);
  const manifest = await backend.read(ALICE);
  assert(manifest);
  await backend.write({ service: "my_app", username: "bob" }, manifest);
  assertEquals(await keyring.getPassword("my_app", "bob"), TEXT);
  await keyring.setPassword("my_app", "bob", "b");
  assertEquals(await keyring.getPassword("my_app", "alice"), TEXT);
  assertEquals(await prune(keyring, 0), 0);
});

Deno.test("names that differ in case only do not endanger each other", async () => {
  const { keyring, store } = makeRig();
  await keyring.setPassword("my_app", "alice", TEXT);
  await keyring.setPassword("My_App", "Alice", `${TEXT}!`);
  assertEquals(await prune(keyring, 0), 0);
  assertEquals(await keyring.getPassword("my_app", "alice"), TEXT);
  assertEquals(await keyring.getPassword("My_App", "Alice"), `${TEXT}!`);
  await keyring.deletePassword("my_app", "alice");
  assertEquals(await keyring.getPassword("My_App", "Alice"), `${TEXT}!`);
  await keyring.deletePassword("My_App", "Alice");
  assertEquals(store.entries.size, 0);
});

Deno.test("prune leaves what another process may still be writing", async () => {
  const { keyring, store, backend } = makeRig();
  await keyring.setPassword("my_app", "alice", TEXT);
  await backend.remove(ALICE);
  assertEquals(await prune(keyring), 0);
  assertEquals(store.parts, PARTS);
  assertEquals(await new ChainKeyring([new MemoryKeyring(), keyring]).prune({ graceMs: 0 }), PARTS);
  assertEquals(store.entries.size, 0);
});

/** A store whose list misses an entry now and then, as that of some daemons does. */
class ForgetfulBackend extends SmallBackend {
  missing = 0;

  override async list(service: string | undefined): Promise<EntryInfo[]> {
    const entries = await super.list(service);
    entries.splice(this.missing, 1);
    return entries;
  }
}

Deno.test("prune also removes what the store knows to be left", async () => {
  const asked: number[] = [];
  class LitteredBackend extends SmallBackend {
    prune(graceMs: number): Promise<number> {
      asked.push(graceMs);
      return Promise.resolve(2);
    }
  }
  const backend = new LitteredBackend();
  const keyring = new StoreKeyring(backend);
  await keyring.setPassword("my_app", "alice", TEXT);
  await backend.remove(ALICE);
  assertEquals(await prune(keyring), 2);
  assertEquals(await prune(keyring, 0), 2 + PARTS);
  assertEquals(asked, [600_000, 0]);
});

Deno.test("prune spares the parts of a secret whatever the list misses", async () => {
  const backend = new ForgetfulBackend();
  const keyring = new StoreKeyring(backend);
  const long = "s".repeat(4_000);
  for (const service of ["my_app", long]) {
    await keyring.setPassword(service, "alice", TEXT);
    for (backend.missing = 0; backend.missing < 13; backend.missing++) {
      assertEquals(await prune(keyring, 0), 0);
      assertEquals(await keyring.getPassword(service, "alice"), TEXT);
    }
    await keyring.deletePassword(service, "alice");
  }
});

Deno.test("a failure to store a part names the entry, not the part", async () => {
  const { keyring, store } = makeRig(new SmallStore({ maxEntries: 3 }));
  await keyring.setPassword("my_app", "alice", "old");
  const error = await assertRejects(
    () => keyring.setPassword("my_app", "alice", TEXT),
    PasswordSetError,
  );
  assertEquals([error.service, error.username], ["my_app", "alice"]);
  const reason = `not all of its ${PARTS} parts could be stored. The store is full.`;
  assertEquals(error.message, `Cannot store the password of "alice" for "my_app": ${reason}`);
  assertInstanceOf(error.cause, Failure);
  assertEquals(await keyring.getPassword("my_app", "alice"), "old");
  assertEquals(store.entries.size, 1);
});

Deno.test("a part that is refused as too large is reported with its size", async () => {
  class Cramped extends SmallBackend {
    override write(...call: Parameters<SmallBackend["write"]>) {
      const [{ isPart }, { bytes: { length: size } }] = call;
      if (isPart) return Promise.reject(new Failure("too-large", "", { size, limit: 100 }));
      return super.write(...call);
    }
  }
  const keyring = new StoreKeyring(new Cramped());
  const set = () => keyring.setSecret("my_app", "alice", bytesOf(3_000));
  const reason = "not all of its 2 parts could be stored. " +
    "The secret has 2007 bytes and this store holds at most 100.";
  const error = await assertRejects(set, PasswordSetError, reason);
  assert(!(error instanceof SecretTooLargeError));
});

Deno.test("names that leave no room for a manifest are refused, and nothing is left", async () => {
  class Tight extends SmallBackend {
    override write(...call: Parameters<SmallBackend["write"]>) {
      const [{ isPart }, { bytes: { length: size } }] = call;
      if (!isPart) return Promise.reject(new Failure("too-large", "", { size, limit: 50 }));
      return super.write(...call);
    }
  }
  const store = new SmallStore();
  const keyring = new StoreKeyring(new Tight(store));
  const set = () => keyring.setSecret("my_app", "alice", bytesOf(3_000));
  await assertRejects(set, PasswordSetError, "room for 50 bytes");
  assertEquals(store.entries.size, 0);
});

Deno.test("a large text is UTF-8 in a store of another text form, too", async () => {
  const text = {
    encode: (text: string) => new TextEncoder().encode([...text].reverse().join("")),
    decode: ({ bytes }: { bytes: Uint8Array }) =>
      [...new TextDecoder().decode(bytes)].reverse().join(""),
  };
  const keyring = new StoreKeyring(Object.assign(new SmallBackend(), { text }));
  for (const password of ["small", TEXT]) {
    await keyring.setPassword("my_app", "alice", password);
    assertEquals(await keyring.getPassword("my_app", "alice"), password);
    const credential = { username: "alice", password };
    assertEquals(await keyring.getCredential("my_app"), credential);
  }
  assertEquals(await keyring.getSecret("my_app", "alice"), new TextEncoder().encode(TEXT));
});

Deno.test("a failure at any call is reported of the entry and of what was asked for", async () => {
  const made = new SmallStore();
  await new StoreKeyring(new SmallBackend(made)).setPassword("my_app", "alice", TEXT);
  const actions: [Operation, (keyring: StoreKeyring) => Promise<unknown>][] = [
    ["get", (keyring) => keyring.getPassword("my_app", "alice")],
    ["set", (keyring) => keyring.setPassword("my_app", "alice", `${TEXT}!`)],
    ["set", (keyring) => keyring.setPassword("my_app", "alice", "small")],
    ["delete", (keyring) => keyring.deletePassword("my_app", "alice")],
  ];
  for (const [operation, action] of actions) {
    for (let at = 1; at < 12; at++) {
      for (const [kind, Class] of Object.entries(CLASSES)) {
        const error = await failAt(made.copy(), at, kind as FailureKind, action);
        if (!error) continue;
        assertInstanceOf(error, Class);
        const reported = [error.operation, error.service, error.username];
        assertEquals(reported, [operation, "my_app", "alice"]);
      }
    }
  }
});

const CLASSES = {
  locked: KeyringLockedError,
  timeout: KeyringTimeoutError,
  uninitialized: InitError,
};

/** Does something whose call of this number fails, and gives the error that came of it. */
async function failAt(
  store: SmallStore,
  at: number,
  kind: FailureKind,
  action: (keyring: StoreKeyring) => Promise<unknown>,
): Promise<unknown> {
  let calls = 0;
  const backend = new SmallBackend(
    store,
    () => ++calls === at ? { done: false, error: new Failure(kind, "made-up") } : { done: true },
    true,
  );
  try {
    await action(new StoreKeyring(backend));
  } catch (error) {
    return error;
  }
}

Deno.test("aborting a large set at any part keeps the old value and leaves nothing behind", async () => {
  const old = new SmallStore();
  await new StoreKeyring(new SmallBackend(old)).setPassword("my_app", "alice", "old");
  for (let at = 1; at <= PARTS; at++) {
    const store = old.copy();
    const controller = new AbortController();
    let calls = 0;
    const backend = new SmallBackend(store, () => {
      if (++calls === at) controller.abort(new DOMException("enough", "AbortError"));
      return { done: true };
    }, true);
    const { signal } = controller;
    const set = () => new StoreKeyring(backend).setPassword("my_app", "alice", TEXT, { signal });
    await assertRejects(set, DOMException, "enough");
    const keyring = new StoreKeyring(new SmallBackend(store));
    assertEquals(await keyring.getPassword("my_app", "alice"), "old");
    assertEquals(store.entries.size, 1);
  }
});

Deno.test("a large set that takes too long in all leaves nothing behind", async () => {
  const store = new SmallStore();
  const slow = new SmallBackend(store, async () => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    return { done: true };
  });
  const keyring = new StoreKeyring(Object.assign(slow, { timeoutMs: 50 }));
  const set = () => keyring.setPassword("my_app", "alice", TEXT);
  await assertRejects(set, KeyringTimeoutError, "0.05 s");
  assertEquals(store.entries.size, 0);
});
