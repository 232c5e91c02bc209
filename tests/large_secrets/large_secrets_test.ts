// @environment unit, windows

import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertNotEquals,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { ChainKeyring, LargeSecretKeyring, WindowsKeyring } from "../../backends.ts";
import {
  CorruptSecretError,
  InitError,
  KeyringError,
  KeyringLockedError,
  KeyringTimeoutError,
  MemoryKeyring,
  type Operation,
  PasswordSetError,
  SecretTooLargeError,
} from "../../mod.ts";
import type { EntryInfo, ListOptions, PruneOptions } from "../../src/keyring.ts";
import { openLibraries } from "../../src/backends/windows/libraries.ts";
import { testKeyring } from "../../testing.ts";
import { SmallKeyring, SmallStore, type Step } from "../support/small_store.ts";

const TEXT = "made-up é 🔑 ".repeat(1000);
const onWindows = Deno.build.os === "windows";
// Opened outside the tests, because the libraries stay open and the sanitizer would report them.
if (onWindows) openLibraries();

testKeyring("LargeSecretKeyring", () => new LargeSecretKeyring(new SmallKeyring()), {
  largestSecret: 42_000,
});

testKeyring(
  "LargeSecretKeyring without a need",
  () => new LargeSecretKeyring(new MemoryKeyring()),
  {
    refusesLarger: false,
  },
);

testKeyring(
  "LargeSecretKeyring in Windows",
  () => new LargeSecretKeyring(new WindowsKeyring({ persistence: "session" })),
  { largestSecret: 42_000, ignore: !onWindows },
);

interface Rig {
  store: SmallStore;
  inner: SmallKeyring;
  keyring: LargeSecretKeyring;
  steps: Step[];
}

function makeRig(store: SmallStore = new SmallStore()): Rig {
  const steps: Step[] = [];
  const inner = new SmallKeyring(store, (step) => {
    steps.push(step);
    return { done: true };
  });
  return { store, inner, keyring: new LargeSecretKeyring(inner), steps };
}

function bytesOf(length: number, seed = 1): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 31 + seed * 97 + (index >> 8)) & 255);
}

function partKeys({ store }: Rig): string[] {
  return [...store.entries.keys()].filter((key) => key.includes("os-keyring.chunk/"));
}

Deno.test("a secret that fits is stored as before", async () => {
  const { inner, keyring, store } = makeRig();
  await keyring.setPassword("my_app", "alice", "made-up");
  await keyring.setSecret("my_app", "key", bytesOf(2560));
  assertEquals(await inner.getPassword("my_app", "alice"), "made-up");
  assertEquals(await inner.getSecret("my_app", "key"), bytesOf(2560));
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

Deno.test("the limit is larger in a store that holds more, and can be set", async () => {
  const roomy = new SmallKeyring(new SmallStore({ maxSecretBytes: 6129 }));
  assertEquals(new LargeSecretKeyring(roomy).maxSecretBytes, 1024 * 1024);
  const keyring = new LargeSecretKeyring(roomy, { limit: 10_000 });
  await keyring.setSecret("my_app", "alice", bytesOf(10_000));
  await assertRejects(
    () => keyring.setSecret("my_app", "alice", bytesOf(10_001)),
    SecretTooLargeError,
  );
  assertThrows(() => new LargeSecretKeyring(roomy, { limit: NaN }), TypeError);
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

Deno.test("a secret that looks like a head comes back as itself", async () => {
  const rig = makeRig();
  const { inner, keyring } = rig;
  await keyring.setPassword("my_app", "large", TEXT);
  const head = await inner.getPassword("my_app", "large") ?? "";
  for (const text of [head, `${head} `, "os-keyring-parts-", "os-keyring-parts-v2:{}"]) {
    await keyring.setPassword("my_app", "alice", text);
    assertEquals(await keyring.getPassword("my_app", "alice"), text);
    const bytes = new TextEncoder().encode(text);
    await keyring.setSecret("my_app", "alice", bytes);
    assertEquals(await keyring.getSecret("my_app", "alice"), bytes);
  }
  await keyring.deletePassword("my_app", "alice");
  await keyring.deletePassword("my_app", "large");
  assertEquals(rig.store.entries.size, 0);
});

Deno.test("parts are not listed, and people can tell what they are", async () => {
  const rig = makeRig();
  const { keyring } = rig;
  await keyring.setPassword("my_app", "al\nice", TEXT);
  assertEquals((await keyring.list()).map(({ service }) => service), ["my_app"]);
  const [key = ""] = partKeys(rig);
  const [service, username] = JSON.parse(key);
  assertMatch(username, /^part 1 of \d+ of "al\\nice" for "my_app"$/);
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
    const escaped = username.replace(/["\\]/g, "\\$&");
    assert(new TextEncoder().encode(escaped).length <= 512, username);
    assert(!/\p{Cc}/u.test(username));
  }
  assertEquals(await rig.keyring.prune({ graceMs: 0 }), 0);
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

Deno.test("a damaged head is reported, and can be replaced and deleted", async () => {
  const rig = makeRig();
  const { inner, keyring } = rig;
  await keyring.setPassword("my_app", "alice", TEXT);
  const head = await inner.getPassword("my_app", "alice") ?? "";
  const damaged = [
    head.slice(0, -1),
    head.slice(0, 20),
    "os-keyring-parts-",
    "os-keyring-parts-v1:null",
    head.replace(/"count":\d+/, '"count":0'),
    head.replace(/"count":\d+/, '"count":1e99'),
    head.replace(/"sha256":"./, '"sha256":"g'),
    head.replace(/"id":"./, '"id":"/'),
    head.replace('"label":"', '"label":"\\ud800'),
    head.replace('"label":"', `"label":"${"x".repeat(500)}`),
    head.replace("v1:", "v2:"),
  ];
  for (const text of damaged) {
    assertNotEquals(text, head);
    await inner.setPassword("my_app", "alice", text);
    await assertRejects(() => keyring.getPassword("my_app", "alice"), CorruptSecretError);
    assertEquals(await keyring.prune({ graceMs: 0 }), 0);
    await keyring.deletePassword("my_app", "alice");
  }
  assertEquals(await keyring.prune({ graceMs: 0 }), 7);
  assertEquals(rig.store.entries.size, 0);
});

Deno.test("a head that was copied to another entry does not endanger the original", async () => {
  const { inner, keyring } = makeRig();
  await keyring.setPassword("my_app", "alice", TEXT);
  const head = await inner.getPassword("my_app", "alice") ?? "";
  await inner.setPassword("my_app", "bob", head);
  assertEquals(await keyring.getPassword("my_app", "bob"), TEXT);
  await keyring.setPassword("my_app", "bob", "b");
  assertEquals(await keyring.getPassword("my_app", "alice"), TEXT);
  assertEquals(await keyring.prune({ graceMs: 0 }), 0);
});

Deno.test("names that differ in case only do not endanger each other", async () => {
  const { keyring, store } = makeRig();
  await keyring.setPassword("my_app", "alice", TEXT);
  await keyring.setPassword("My_App", "Alice", `${TEXT}!`);
  assertEquals(await keyring.prune({ graceMs: 0 }), 0);
  assertEquals(await keyring.getPassword("my_app", "alice"), TEXT);
  assertEquals(await keyring.getPassword("My_App", "Alice"), `${TEXT}!`);
  await keyring.deletePassword("my_app", "alice");
  assertEquals(await keyring.getPassword("My_App", "Alice"), `${TEXT}!`);
  await keyring.deletePassword("My_App", "Alice");
  assertEquals(store.entries.size, 0);
});

Deno.test("prune leaves what another process may still be writing", async () => {
  const { keyring, store, inner } = makeRig();
  await keyring.setPassword("my_app", "alice", TEXT);
  await inner.deletePassword("my_app", "alice");
  assertEquals(await keyring.prune(), 0);
  assertEquals(store.parts, 7);
  assertEquals(await new ChainKeyring([new MemoryKeyring(), keyring]).prune({ graceMs: 0 }), 7);
  assertEquals(store.entries.size, 0);
});

/** A store whose list misses an entry now and then, as that of some daemons does. */
class ForgetfulKeyring extends SmallKeyring {
  missing = 0;

  override async list(options?: ListOptions): Promise<EntryInfo[]> {
    const entries = await super.list(options);
    entries.splice(this.missing, 1);
    return entries;
  }
}

Deno.test("prune also removes what the store within knows to be left", async () => {
  const asked: (PruneOptions | undefined)[] = [];
  class Littered extends MemoryKeyring {
    prune(options?: PruneOptions): Promise<number> {
      asked.push(options);
      return Promise.resolve(2);
    }
  }
  assertEquals(await new LargeSecretKeyring(new Littered()).prune({ graceMs: 5 }), 2);
  assertEquals(asked, [{ graceMs: 5 }]);
});

Deno.test("prune spares the parts of a secret whatever the list misses", async () => {
  const inner = new ForgetfulKeyring();
  const keyring = new LargeSecretKeyring(inner);
  const long = "s".repeat(4_000);
  for (const service of ["my_app", long]) {
    await keyring.setPassword(service, "alice", TEXT);
    for (inner.missing = 0; inner.missing < 10; inner.missing++) {
      assertEquals(await keyring.prune({ graceMs: 0 }), 0);
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
  assert(!error.message.startsWith('Cannot store the password of "part'), error.message);
  assertInstanceOf(error.cause, PasswordSetError);
  assertEquals(await keyring.getPassword("my_app", "alice"), "old");
  assertEquals(store.entries.size, 1);
});

Deno.test("a failure at any call is told of the entry and of what was asked for", async () => {
  const made = new SmallStore();
  await new LargeSecretKeyring(new SmallKeyring(made)).setPassword("my_app", "alice", TEXT);
  const actions: [Operation, (keyring: LargeSecretKeyring) => Promise<unknown>][] = [
    ["get", (keyring) => keyring.getPassword("my_app", "alice")],
    ["set", (keyring) => keyring.setPassword("my_app", "alice", `${TEXT}!`)],
    ["set", (keyring) => keyring.setPassword("my_app", "alice", "small")],
    ["delete", (keyring) => keyring.deletePassword("my_app", "alice")],
  ];
  for (const [operation, action] of actions) {
    for (let at = 1; at < 12; at++) {
      for (const Class of [KeyringLockedError, KeyringTimeoutError, InitError]) {
        const error = await failAt(made.copy(), at, Class, action);
        if (!error) continue;
        assertInstanceOf(error, Class);
        const told = [error.operation, error.service, error.username];
        assertEquals(told, [operation, "my_app", "alice"]);
      }
    }
  }
});

/** Does something whose call of this number fails, and gives the error that came of it. */
async function failAt(
  store: SmallStore,
  at: number,
  Class: typeof KeyringError,
  action: (keyring: LargeSecretKeyring) => Promise<unknown>,
): Promise<unknown> {
  let calls = 0;
  const inner = new SmallKeyring(store, ({ operation, key }) => {
    const [service, username] = JSON.parse(key || "[]");
    const error = new Class("made-up", { operation, service, username });
    return ++calls === at ? { done: false, error } : { done: true };
  });
  try {
    await action(new LargeSecretKeyring(inner));
  } catch (error) {
    return error;
  }
}

Deno.test("aborting a large set keeps the old value and leaves nothing behind", async () => {
  const store = new SmallStore();
  await new LargeSecretKeyring(new SmallKeyring(store)).setPassword("my_app", "alice", "old");
  const controller = new AbortController();
  let calls = 0;
  const keyring = new LargeSecretKeyring(
    new SmallKeyring(store, () => {
      if (++calls === 4) controller.abort(new DOMException("enough", "AbortError"));
      return { done: true };
    }),
  );
  const { signal } = controller;
  await assertRejects(() => keyring.setPassword("my_app", "alice", TEXT, { signal }), DOMException);
  assertEquals(await keyring.getPassword("my_app", "alice"), "old");
  assertEquals(store.entries.size, 1);
});
