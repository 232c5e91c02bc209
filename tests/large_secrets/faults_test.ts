// A large secret is whole or it is an error, whatever fails, and whenever.

import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import {
  CorruptSecretError,
  KeyringError,
  KeyringTimeoutError,
  PasswordSetError,
} from "../../src/errors.ts";
import { type Entry, Failure, type Secret, StoreKeyring } from "../../testing.ts";
import { Crash } from "../support/scheduler.ts";
import { type Fate, SmallBackend, SmallStore } from "../support/small_store.ts";

const LIMIT = 300;
const OLD_SIZES = [undefined, 0, 10, 300, 301, 600, 1500];
const NEW_SIZES = [0, 10, 300, 301, 600, 899, 1500];
const LIMITS = { maxSecretBytes: LIMIT, maxLargeSecretBytes: 5000 };

type Action = (keyring: StoreKeyring) => Promise<void>;

interface Scenario {
  before: SmallStore;
  /** Whether the store reads what it replaces in a step before that. */
  readsFirst?: boolean;
  allowed: (Uint8Array | null)[];
  action: Action;
}

function secretOf(size: number, seed: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, index) => (index * 7 + seed) & 255);
}

function open(store: SmallStore): StoreKeyring {
  return new StoreKeyring(new SmallBackend(store));
}

async function storeWith(size: number | undefined): Promise<SmallStore> {
  const store = new SmallStore(LIMITS);
  if (size !== undefined) await open(store).setSecret("my_app", "alice", secretOf(size, 1));
  return store;
}

/** Every overwrite and delete over the table of sizes. */
async function scenarios(): Promise<Scenario[]> {
  const all: Scenario[] = [];
  for (const oldSize of OLD_SIZES) {
    const before = await storeWith(oldSize);
    const old = oldSize === undefined ? null : secretOf(oldSize, 1);
    for (const newSize of NEW_SIZES) {
      const value = secretOf(newSize, 2);
      const action: Action = (keyring) => keyring.setSecret("my_app", "alice", value);
      for (const readsFirst of [false, true]) {
        all.push({ before, readsFirst, allowed: [old, value], action });
      }
    }
    if (old === null) continue;
    const action: Action = (keyring) => keyring.deletePassword("my_app", "alice");
    for (const readsFirst of [false, true]) {
      all.push({ before, readsFirst, allowed: [old, null], action });
    }
  }
  return all;
}

/** Runs an action whose call of this number meets this fate, and all later ones another. */
async function runWith(
  { before, readsFirst, action }: Scenario,
  fateAt: (call: number) => Fate,
): Promise<{ store: SmallStore; calls: number; error: unknown }> {
  const store = before.copy();
  let calls = 0;
  const backend = new SmallBackend(store, () => fateAt(++calls), readsFirst);
  let error: unknown;
  await action(new StoreKeyring(backend)).catch((reason) => error = reason);
  return { store, calls, error };
}

/** The value must be the old or the new one; afterwards everything must come clean. */
async function checkStore(store: SmallStore, allowed: (Uint8Array | null)[]): Promise<number> {
  const keyring = open(store);
  const found = await keyring.getSecret("my_app", "alice");
  const which = allowed.findIndex((value) => equal(found, value));
  assert(which >= 0, "neither the old value nor the new one");
  const byPrune = store.copy();
  await open(byPrune).prune?.({ graceMs: 0 });
  assertEquals(await open(byPrune).getSecret("my_app", "alice"), found);
  await checkClean(byPrune, found);
  await later(() => keyring.setSecret("my_app", "alice", secretOf(1000, 3)));
  assertEquals(await keyring.getSecret("my_app", "alice"), secretOf(1000, 3));
  await checkClean(store, secretOf(1000, 3));
  return which;
}

function equal(a: Uint8Array | null, b: Uint8Array | null | undefined): boolean {
  if (!a || !b) return a === b;
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

/** No part is there that the value does not need. */
async function checkClean(store: SmallStore, value: Uint8Array | null): Promise<void> {
  const fresh = new SmallStore(LIMITS);
  if (value) await open(fresh).setSecret("my_app", "alice", value);
  assertEquals([store.parts, store.entries.size], [fresh.parts, fresh.entries.size]);
}

/** Does something when what is left behind now is old enough to be swept. */
async function later(action: () => Promise<void>): Promise<void> {
  const now = Date.now;
  Date.now = () => now() + 11 * 60 * 1000;
  try {
    await action();
  } finally {
    Date.now = now;
  }
}

Deno.test("a crash at any call leaves the old value or the new, and nothing that stays", async () => {
  let cases = 0;
  const outcomes = [0, 0];
  for (const scenario of await scenarios()) {
    const { calls } = await runWith(scenario, () => ({ done: true }));
    for (let at = 1; at <= calls; at++) {
      for (const done of [false, true]) {
        const { store } = await runWith(scenario, (call) => {
          if (call < at) return { done: true };
          return { done: done && call === at, error: new Crash() };
        });
        const which = await checkStore(store, scenario.allowed);
        outcomes[which] = (outcomes[which] ?? 0) + 1;
        cases++;
      }
    }
  }
  assert(cases > 600 && outcomes.every((count) => count > 100), `${cases}: ${outcomes}`);
});

Deno.test("a failure of any call leaves the old value or the new, and says which", async () => {
  const failures: Fate[] = [
    { done: false, error: new Failure("other", "made-up") },
    { done: false, error: new Failure("timeout", "made-up") },
    { done: true, error: new Failure("timeout", "made-up") },
    { done: true, error: new Failure("other", "made-up") },
  ];
  for (const scenario of await scenarios()) {
    const { calls } = await runWith(scenario, () => ({ done: true }));
    for (let at = 1; at <= calls; at++) {
      for (const failure of failures) {
        const fateAt = (call: number) => call === at ? failure : { done: true };
        const { store, error } = await runWith(scenario, fateAt);
        if (error) assertInstanceOf(error, KeyringError);
        const which = await checkStore(store, scenario.allowed);
        const same = equal(scenario.allowed[0] ?? null, scenario.allowed[1] ?? null);
        if (!error && !same) assertEquals(which, 1);
        if (error && !failure.done && !same) assertEquals(which, 0);
      }
    }
  }
});

Deno.test("a store that is full at any point keeps the old value and no debris", async () => {
  let refused = 0;
  for (const oldSize of OLD_SIZES) {
    const before = await storeWith(oldSize);
    const old = oldSize === undefined ? null : secretOf(oldSize, 1);
    for (const newSize of NEW_SIZES) {
      for (let room = 0; room < 9; room++) {
        const store = new SmallStore({ ...LIMITS, maxEntries: before.entries.size + room });
        for (const [key, secret] of before.entries) store.entries.set(key, secret.slice());
        const value = secretOf(newSize, 2);
        let error: unknown;
        const keyring = open(store);
        await keyring.setSecret("my_app", "alice", value).catch((reason) => error = reason);
        if (error) assertInstanceOf(error, PasswordSetError);
        const expected = error ? old : value;
        assertEquals(await keyring.getSecret("my_app", "alice"), expected);
        await checkClean(store, expected);
        refused += error ? 1 : 0;
      }
    }
  }
  assert(refused > 100, `${refused}`);
});

/** A store that reports the write of an entry as late, and makes it when it is told to. */
class LateBackend extends SmallBackend {
  land: () => Promise<unknown> = () => Promise.resolve();

  override write(entry: Entry, secret: Secret): Promise<Uint8Array[]> {
    if (entry.service !== "my_app" || secret.bytes.length > LIMIT) {
      return super.write(entry, secret);
    }
    const copy = { bytes: secret.bytes.slice() };
    this.land = () => super.write(entry, copy);
    return Promise.reject(new Failure("timeout", "made-up"));
  }
}

Deno.test("a manifest that is written after its time limit still finds its parts", async () => {
  const store = await storeWith(600);
  const late = new LateBackend(store);
  const value = secretOf(900, 2);
  await assertRejects(
    () => new StoreKeyring(late).setSecret("my_app", "alice", value),
    KeyringTimeoutError,
  );
  assertEquals(await open(store).getSecret("my_app", "alice"), secretOf(600, 1));
  await late.land();
  assertEquals(await checkStore(store, [secretOf(600, 1), value]), 1);
});

Deno.test("a writer whose parts were swept while it slept says so", async () => {
  const store = await storeWith(600);
  const now = Date.now;
  let slept = 0;
  Date.now = () => now() + slept;
  try {
    const backend = new SmallBackend(store, async ({ operation, key }) => {
      if (operation === "set" && key === '["my_app","alice"]') {
        slept = 11 * 60 * 1000;
        await open(store).prune?.();
      }
      return { done: true };
    });
    const keyring = new StoreKeyring(backend);
    await assertRejects(
      () => keyring.setSecret("my_app", "alice", secretOf(900, 2)),
      CorruptSecretError,
      "Cannot store",
    );
  } finally {
    Date.now = now;
  }
});

Deno.test("a writer that is too slow gives up instead of naming parts that may be swept", async () => {
  const before = await storeWith(600);
  const now = Date.now;
  let slept = 0;
  const action: Action = (keyring) => keyring.setSecret("my_app", "alice", secretOf(900, 2));
  Date.now = () => now() + slept;
  try {
    const { store, error } = await runWith({ before, action, allowed: [] }, (call) => {
      if (call === 4) slept = 6 * 60 * 1000;
      return { done: true };
    });
    assertInstanceOf(error, KeyringTimeoutError);
    assertEquals(await open(store).getSecret("my_app", "alice"), secretOf(600, 1));
    await checkClean(store, secretOf(600, 1));
  } finally {
    Date.now = now;
  }
});
