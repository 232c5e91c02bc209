/**
 * The contract of `Keyring`, as tests.
 *
 * @module
 */

import { assert, assertEquals, assertInstanceOf, AssertionError, assertRejects } from "@std/assert";
import { KeyringError, PasswordDeleteError, SecretTooLargeError } from "../errors.ts";
import type { Keyring } from "../keyring.ts";
import { DIFFICULT_NAMES, DIFFICULT_TEXTS } from "./texts.ts";

/** What the suite must know about a store. */
export interface TestKeyringOptions {
  /**
   * The maximum size of a secret in bytes.
   *
   * @default {1048576}
   */
  largestSecret?: number;
  /**
   * The largest password, if the store's text form is not UTF-8.
   *
   * @default {largestSecret}
   */
  largestPassword?: number;
  /** Whether more than the largest is refused; `false` for stores without a limit. */
  refusesLarger?: boolean;
  /** Skips the tests, for example on a system that does not have the store. */
  ignore?: boolean;
}

/** One test's place in the store: a service of its own, emptied afterwards. */
interface Bench {
  keyring: Keyring;
  service: string;
}

type Case = (bench: Bench, options: Required<TestKeyringOptions>) => Promise<void>;

/**
 * Registers the contract's cases as tests. Each uses services with random names and removes what it
 * stored.
 *
 * @param name The store's name, for the names of the tests.
 * @param makeKeyring Makes the keyring; called once for each test.
 * @param options What the suite must know about the store.
 *
 * @example Test a keyring
 * ```ts
 * import { MemoryKeyring } from "@os-keyring/keyring";
 * import { testKeyring } from "@os-keyring/keyring/testing";
 *
 * testKeyring("MemoryKeyring", () => new MemoryKeyring(), { refusesLarger: false });
 * ```
 */
export function testKeyring(
  name: string,
  makeKeyring: () => Keyring | Promise<Keyring>,
  options: TestKeyringOptions = {},
): void {
  const largestSecret = options.largestSecret ?? 1024 * 1024;
  const complete = {
    largestSecret,
    largestPassword: options.largestPassword ?? largestSecret,
    refusesLarger: options.refusesLarger ?? true,
    ignore: options.ignore ?? false,
  };
  for (const [title, run] of Object.entries(CASES)) {
    Deno.test(`${name} ${title}`, { ignore: complete.ignore }, async () => {
      const keyring = await makeKeyring();
      const bench = { keyring, service: `os-keyring-test-${crypto.randomUUID()}` };
      try {
        await run(bench, complete);
      } finally {
        await clean(bench);
      }
    });
  }
}

async function clean({ keyring, service }: Bench): Promise<void> {
  const entries = [...await keyring.list({ service }), ...await keyring.list()];
  for (const entry of entries) {
    if (!entry.service.startsWith(service)) continue;
    await keyring.deletePassword(entry.service, entry.username).catch(ignoreMissing);
  }
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof PasswordDeleteError)) throw error;
}

async function roundTrip({ keyring, service }: Bench, username: string, text: string) {
  await keyring.setPassword(service, username, text);
  assertEquals(await keyring.getPassword(service, username), text);
}

function notReached(): Promise<never> {
  throw new AssertionError("An aborted call did its work");
}

const CASES: Record<string, Case> = {
  "gives null for an entry that is not there": async ({ keyring, service }) => {
    assertEquals(await keyring.getPassword(service, "alice"), null);
    assertEquals(await keyring.getSecret(service, "alice"), null);
    assertEquals(await keyring.getCredential(service, "alice"), null);
    assertEquals(await keyring.getCredential(service), null);
    assertEquals(await keyring.list({ service }), []);
  },

  "returns difficult passwords byte for byte": async (bench) => {
    for (const text of Object.values(DIFFICULT_TEXTS)) await roundTrip(bench, "alice", text);
  },

  "keeps difficult names apart": async ({ keyring, service }) => {
    const names = Object.values(DIFFICULT_NAMES);
    for (const name of names) await keyring.setPassword(service, name, `of ${name}`);
    for (const name of names) {
      assertEquals(await keyring.getPassword(service, name), `of ${name}`);
      await keyring.deletePassword(service, name);
      assertEquals(await keyring.getPassword(service, name), null);
    }
  },

  "takes difficult services": async ({ keyring, service }) => {
    for (const name of Object.values(DIFFICULT_NAMES)) {
      await keyring.setPassword(`${service} ${name}`, "alice", `for ${name}`);
      assertEquals(await keyring.getPassword(`${service} ${name}`, "alice"), `for ${name}`);
      await keyring.deletePassword(`${service} ${name}`, "alice");
      assertEquals(await keyring.getPassword(`${service} ${name}`, "alice"), null);
    }
  },

  "holds an empty password, before and after another": async (bench) => {
    for (const text of ["", "not empty", ""]) await roundTrip(bench, "alice", text);
    assertEquals(await bench.keyring.getCredential(bench.service), {
      username: "alice",
      password: "",
    });
  },

  "holds an empty username": async (bench) => {
    await roundTrip(bench, "", "of nobody");
    await roundTrip(bench, "alice", "of alice");
    assertEquals(await bench.keyring.getPassword(bench.service, ""), "of nobody");
    await bench.keyring.deletePassword(bench.service, "");
    assertEquals(await bench.keyring.getPassword(bench.service, ""), null);
    assertEquals(await bench.keyring.getPassword(bench.service, "alice"), "of alice");
  },

  "returns bytes exactly": async ({ keyring, service }) => {
    const all = Uint8Array.from({ length: 256 }, (_, index) => index);
    for (const secret of [all, new Uint8Array(), new Uint8Array([0]), new Uint8Array([0xff])]) {
      await keyring.setSecret(service, "key", secret);
      assertEquals(await keyring.getSecret(service, "key"), secret);
    }
  },

  "reads bytes that are text as a password": async ({ keyring, service }) => {
    await keyring.setSecret(service, "alice", new TextEncoder().encode("abcd é"));
    assertEquals(await keyring.getPassword(service, "alice"), "abcd é");
  },

  "refuses to read other bytes as a password": async ({ keyring, service }) => {
    await keyring.setSecret(service, "key", new Uint8Array([0xff, 0xfe, 0xc0]));
    await assertRejects(() => keyring.getPassword(service, "key"), KeyringError);
  },

  "holds its largest password and secret": async (bench, { largestPassword, largestSecret }) => {
    await roundTrip(bench, "alice", "z".repeat(largestPassword));
    const secret = new Uint8Array(largestSecret).fill(0x61);
    await bench.keyring.setSecret(bench.service, "key", secret);
    assertEquals(await bench.keyring.getSecret(bench.service, "key"), secret);
  },

  "refuses a larger one and keeps the old": async (bench, options) => {
    if (!options.refusesLarger) return;
    await roundTrip(bench, "alice", "old");
    const { keyring, service } = bench;
    const text = "z".repeat(options.largestPassword + 1);
    const error = await assertRejects(
      () => keyring.setPassword(service, "alice", text),
      SecretTooLargeError,
    );
    assert(error.size > error.limit);
    const secret = new Uint8Array(options.largestSecret + 1).fill(0x61);
    await assertRejects(() => keyring.setSecret(service, "alice", secret), SecretTooLargeError);
    assertEquals(await keyring.getPassword(service, "alice"), "old");
  },

  "does not keep the caller's bytes": async ({ keyring, service }) => {
    const secret = new Uint8Array([1, 2, 3]);
    const stored = keyring.setSecret(service, "key", secret);
    secret.fill(9);
    await stored;
    assertEquals(await keyring.getSecret(service, "key"), new Uint8Array([1, 2, 3]));
    assertEquals(secret, new Uint8Array([9, 9, 9]));
  },

  "replaces a password": async (bench) => {
    for (const text of ["first", "second, longer", "3rd"]) await roundTrip(bench, "alice", text);
    assertEquals((await bench.keyring.list({ service: bench.service })).length, 1);
  },

  "keeps users and services apart": async ({ keyring, service }) => {
    const other = `${service}-other`;
    await keyring.setPassword(service, "alice", "a");
    await keyring.setPassword(service, "bob", "b");
    await keyring.setPassword(other, "alice", "c");
    await keyring.setPassword(service, "alice", "a again");
    assertEquals(await keyring.getPassword(service, "alice"), "a again");
    assertEquals(await keyring.getPassword(service, "bob"), "b");
    assertEquals(await keyring.getPassword(other, "alice"), "c");
    assertEquals(await keyring.getPassword(service, "nobody"), null);
    assertEquals(await keyring.getPassword(other, "bob"), null);
  },

  "deletes one of several users": async ({ keyring, service }) => {
    for (const user of ["alice", "bob", "carol"]) await keyring.setPassword(service, user, user);
    await keyring.deletePassword(service, "alice");
    assertEquals(await keyring.getPassword(service, "alice"), null);
    assertEquals(await keyring.getPassword(service, "bob"), "bob");
    assertEquals(await keyring.getPassword(service, "carol"), "carol");
    await keyring.setPassword(service, "bob", "bob again");
    await keyring.deletePassword(service, "bob");
    assertEquals(await keyring.getPassword(service, "bob"), null);
    assertEquals(await keyring.getPassword(service, "carol"), "carol");
  },

  "rejects the delete of an entry that is not there": async ({ keyring, service }) => {
    const error = await assertRejects(
      () => keyring.deletePassword(service, "alice"),
      PasswordDeleteError,
    );
    assertEquals([error.operation, error.service], ["delete", service]);
    await keyring.setPassword(service, "alice", "a");
    await assertRejects(() => keyring.deletePassword(service, "Bob"), PasswordDeleteError);
    assertEquals(await keyring.getPassword(service, "alice"), "a");
  },

  "deletes an entry that may be missing": async ({ keyring, service }) => {
    await keyring.deletePassword(service, "alice", { missingOk: true });
    await keyring.setPassword(service, "alice", "a");
    await keyring.deletePassword(service, "alice", { missingOk: true });
    assertEquals(await keyring.getPassword(service, "alice"), null);
  },

  "knows whether there is an entry": async ({ keyring, service }) => {
    if (!keyring.has) return;
    assertEquals(await keyring.has(service, "alice"), false);
    await keyring.setPassword(service, "alice", "");
    assertEquals(await keyring.has(service, "alice"), true);
    assertEquals(await keyring.has(service, "bob"), false);
    assertEquals(await keyring.has(`${service}-other`, "alice"), false);
    await keyring.deletePassword(service, "alice");
    assertEquals(await keyring.has(service, "alice"), false);
  },

  "gives the same key to names of the same entry only": async ({ keyring, service }) => {
    const names = [
      [service, "alice"],
      [service, "Alice"],
      [service.toUpperCase(), "alice"],
      [service, "alicia"],
      [`${service}-other`, "alice"],
    ] as const;
    const keyOf = (service: string, username: string) =>
      keyring.keyOf?.(service, username) ?? JSON.stringify([service, username]);
    try {
      const last = new Map<string, string>();
      for (const [service, username] of names) {
        await keyring.setPassword(service, username, `${service} ${username}`);
        last.set(keyOf(service, username), `${service} ${username}`);
      }
      for (const [service, username] of names) {
        const expected = last.get(keyOf(service, username));
        assertEquals(await keyring.getPassword(service, username), expected);
      }
    } finally {
      for (const [service, username] of names) {
        await keyring.deletePassword(service, username, { missingOk: true });
      }
    }
  },

  "works on many entries at once, or on none": async ({ keyring, service }) => {
    if (!keyring.batch) return;
    await keyring.setPassword(service, "alice", "old");
    const change = async (inBatch: Keyring) => {
      await inBatch.setPassword(service, "alice", "new");
      await inBatch.setPassword(service, "bob", "b");
      return await inBatch.getPassword(service, "alice");
    };
    const failing = keyring.batch(async (inBatch) => {
      await change(inBatch);
      throw new RangeError("made-up");
    });
    await assertRejects(() => failing, RangeError, "made-up");
    const kept = [
      await keyring.getPassword(service, "alice"),
      await keyring.getPassword(service, "bob"),
    ];
    assertEquals(kept, kept[0] === "old" ? ["old", null] : ["new", "b"]);
    assertEquals(await keyring.batch(change), "new");
    assertEquals(await keyring.getPassword(service, "alice"), "new");
    assertEquals(await keyring.getPassword(service, "bob"), "b");
  },

  "gives a credential with and without a username": async ({ keyring, service }) => {
    await keyring.setPassword(service, "alice", "a");
    const alice = { username: "alice", password: "a" };
    assertEquals(await keyring.getCredential(service), alice);
    assertEquals(await keyring.getCredential(service, null), alice);
    await keyring.setPassword(service, "bob", "b");
    assertEquals(await keyring.getCredential(service, "alice"), alice);
    assertEquals(await keyring.getCredential(service, "bob"), { username: "bob", password: "b" });
    assertEquals(await keyring.getCredential(service, "nobody"), null);
    await keyring.deletePassword(service, "alice");
    assertEquals(await keyring.getCredential(service), { username: "bob", password: "b" });
  },

  "lists names and no secret": async ({ keyring, service }) => {
    await keyring.setPassword(service, "bob", "made-up-b");
    await keyring.setPassword(service, "alice", "made-up-a");
    await keyring.setPassword(`${service}-other`, "carol", "made-up-c");
    const entries = await keyring.list({ service });
    assertEquals(entries.map(({ username }) => username), ["alice", "bob"]);
    assert(entries.every((entry) => entry.service === service));
    const all = (await keyring.list()).filter((entry) => entry.service.startsWith(service));
    assertEquals(all.map(({ username }) => username), ["alice", "bob", "carol"]);
    assert(!JSON.stringify(all).includes("made-up"));
  },

  "refuses names that no store can hold": async ({ keyring, service }) => {
    const bad: [string, string][] = [
      ["", "alice"],
      [`${service}\0`, "alice"],
      [service, "al\0ice"],
      [`${service}\ud800`, "alice"],
      [service, "\udc00alice"],
      ["s".repeat(300_000), "alice"],
      [service, "u".repeat(300_000)],
    ];
    for (const [badService, username] of bad) {
      const calls: (() => Promise<unknown>)[] = [
        () => keyring.setPassword(badService, username, "made-up"),
        () => keyring.getPassword(badService, username),
        () => keyring.getCredential(badService, username),
        () => keyring.deletePassword(badService, username),
        () => keyring.deletePassword(badService, username, { missingOk: true }),
      ];
      const { has } = keyring;
      if (has) calls.push(() => has.call(keyring, badService, username));
      for (const call of calls) {
        const error = await assertRejects(call, KeyringError);
        assert(error.message.length < 1000 && !error.message.includes("made-up"));
      }
    }
    assertEquals(await keyring.list({ service }), []);
  },

  "refuses a password that is not well-formed": async (bench) => {
    await roundTrip(bench, "alice", "old");
    const { keyring, service } = bench;
    await assertRejects(() => keyring.setPassword(service, "alice", "\ud83d"), KeyringError);
    assertEquals(await keyring.getPassword(service, "alice"), "old");
  },

  "stops when it is aborted": async (bench) => {
    await roundTrip(bench, "alice", "old");
    const { keyring, service } = bench;
    const reason = new DOMException("enough", "AbortError");
    const options = { signal: AbortSignal.abort(reason) };
    const calls: (() => Promise<unknown>)[] = [
      () => keyring.getPassword(service, "alice", options),
      () => keyring.getSecret(service, "alice", options),
      () => keyring.getCredential(service, "alice", options),
      () => keyring.setPassword(service, "alice", "new", options),
      () => keyring.deletePassword(service, "alice", options),
      () => keyring.list({ service, ...options }),
    ];
    const { has, prune, batch } = keyring;
    if (has) calls.push(() => has.call(keyring, service, "alice", options));
    if (prune) calls.push(() => prune.call(keyring, options));
    if (batch) calls.push(() => batch.call(keyring, notReached, options));
    for (const call of calls) {
      const error = await assertRejects(call);
      assertInstanceOf(error, DOMException);
      assertEquals(error.message, "enough");
    }
    assertEquals(await keyring.getPassword(service, "alice"), "old");
  },
};
