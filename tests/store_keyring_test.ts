import { assertEquals, assertNotEquals, assertRejects, assertStrictEquals } from "@std/assert";
import type { Backend, Entry, Secret } from "../src/backend.ts";
import {
  CorruptSecretError,
  Failure,
  type FailureKind,
  InitError,
  KeyringError,
  KeyringLockedError,
  KeyringPermissionError,
  KeyringTimeoutError,
  KeyringUnavailableError,
  NoKeyringError,
  type Operation,
  PasswordDeleteError,
  PasswordSetError,
  SecretTooLargeError,
} from "../src/errors.ts";
import type { CallOptions, Keyring } from "../src/keyring.ts";
import { StoreKeyring } from "../src/store_keyring.ts";

const SECRET = new TextEncoder().encode("s3cret");

/** A keyring over an empty store that does some things otherwise. */
function over(methods: Partial<Backend>): StoreKeyring {
  return new StoreKeyring({
    name: "Stub",
    limits: { unit: "bytes", service: 100, username: 100 },
    read: () => Promise.resolve(null),
    write: () => Promise.resolve([]),
    remove: () => Promise.resolve(null),
    list: () => Promise.resolve([]),
    ...methods,
  });
}

/** A keyring over a store of which every method does this. */
function always(work: (signal?: AbortSignal) => Promise<never>, more: Partial<Backend> = {}) {
  return over({
    read: (_, signal) => work(signal),
    write: (_entry, _secret, signal) => work(signal),
    remove: (_, signal) => work(signal),
    list: (_, signal) => work(signal),
    has: (_, signal) => work(signal),
    prune: (_, signal) => work(signal),
    findUsername: (_, signal) => work(signal),
    ...more,
  });
}

type Call = [operation: Operation, call: (options: CallOptions) => Promise<unknown>];

/** Every call that reaches the store, with the names of one entry where it has them. */
function callsOf(keyring: Keyring, names: [string, string] = ["my_app", "alice"]): Call[] {
  const [service, username] = names;
  return [
    ["get", (options) => keyring.getPassword(service, username, options)],
    ["get", (options) => keyring.getSecret(service, username, options)],
    ["get", (options) => keyring.getCredential(service, username, options)],
    ["get", async (options) => await keyring.has?.(service, username, options)],
    ["set", (options) => keyring.setPassword(service, username, "s3cret", options)],
    ["set", (options) => keyring.setSecret(service, username, SECRET, options)],
    ["delete", (options) => keyring.deletePassword(service, username, options)],
    ["list", (options) => keyring.list(options)],
    ["list", async (options) => await keyring.prune?.(options)],
  ];
}

const SENTENCES: Record<Operation, string> = {
  open: "",
  get: 'Cannot read the password of "alice" for "my_app"',
  set: 'Cannot store the password of "alice" for "my_app"',
  delete: 'Cannot delete the password of "alice" for "my_app"',
  list: "Cannot list the entries",
};

const CLASSES = {
  absent: NoKeyringError,
  uninitialized: InitError,
  locked: KeyringLockedError,
  timeout: KeyringTimeoutError,
  unavailable: KeyringUnavailableError,
  corrupt: CorruptSecretError,
};

Deno.test("a failure becomes the error of its kind, which names the operation and the entry", async () => {
  for (const [kind, Class] of Object.entries(CLASSES)) {
    const cause = new Error("beneath");
    const details = { code: 5, codeName: "FIVE", advice: "Do this.", cause };
    const failure = new Failure(kind as FailureKind, "it is so", details);
    for (const [operation, call] of callsOf(always(() => Promise.reject(failure)))) {
      const error = await assertRejects(() => call({}), Class);
      assertStrictEquals(error.constructor, Class);
      assertEquals(error.message, `${SENTENCES[operation]}: it is so. Do this.`);
      assertEquals([error.operation, error.code, error.codeName], [operation, 5, "FIVE"]);
      assertEquals([error.advice, error.cause], ["Do this.", cause]);
      const entry = operation === "list" ? [undefined, undefined] : ["my_app", "alice"];
      assertEquals([error.service, error.username], entry);
    }
  }
});

Deno.test("a store that knows why there is nothing to delete says so, unless that is fine", async () => {
  const failure = new Failure("missing", "it was deleted before", { advice: "Get it back." });
  const keyring = always(() => Promise.reject(failure));
  const error = await assertRejects(
    () => keyring.deletePassword("my_app", "alice"),
    PasswordDeleteError,
  );
  assertEquals(error.message, `${SENTENCES.delete}: it was deleted before. Get it back.`);
  await keyring.deletePassword("my_app", "alice", { missingOk: true });
});

Deno.test("a store is asked for many entries at once, but for none with a name that it cannot hold", async () => {
  const asked: string[] = [];
  const keyring = over({
    concurrency: 8,
    hasEach: (entries) => {
      asked.push(...entries.map(({ username }) => username));
      return Promise.resolve(entries.map(({ username }) => username === "alice"));
    },
  });
  const names = (...usernames: string[]) =>
    usernames.map((username) => ({ service: "my_app", username }));
  assertEquals(keyring.concurrency, 8);
  assertEquals(await keyring.hasEach?.(names("bob", "alice")), [false, true]);
  await assertRejects(async () => await keyring.hasEach?.(names("alice", "nul\0")), KeyringError);
  assertEquals(asked, ["bob", "alice"]);
});

Deno.test("any other failure becomes the error of the operation", async () => {
  const classes = { get: KeyringError, list: KeyringError, open: KeyringError };
  const Classes = { ...classes, set: PasswordSetError, delete: PasswordDeleteError };
  const keyring = always(() => Promise.reject(new Failure("other", "it is so")));
  for (const [operation, call] of callsOf(keyring)) {
    const error = await assertRejects(() => call({}), KeyringError);
    assertStrictEquals(error.constructor, Classes[operation]);
    assertEquals(error.message, `${SENTENCES[operation]}: it is so`);
  }
});

Deno.test("a missing permission is named with its flag, and a secret too large with its size", async () => {
  const flag = "--allow-run=/usr/bin/x";
  const denied = always(() => Promise.reject(new Failure("permission", "no", { flag })));
  for (const [operation, call] of callsOf(denied)) {
    const error = await assertRejects(() => call({}), KeyringPermissionError);
    assertEquals(error.flag, flag);
    const reason = `a Deno permission is missing. Add ${flag} to the deno command.`;
    assertEquals(error.message, `${SENTENCES[operation]}: ${reason}`);
  }
  const full = over({
    write: () => Promise.reject(new Failure("too-large", "", { size: 6, limit: 5 })),
  });
  const set = () => full.setPassword("my_app", "alice", "s3cret");
  const error = await assertRejects(set, SecretTooLargeError);
  assertEquals([error.size, error.limit], [6, 5]);
  const reason = "the secret has 6 bytes and this store holds at most 5";
  assertEquals(error.message, `${SENTENCES.set}: ${reason}`);
});

Deno.test("what is not a failure comes back as it is", async () => {
  const own = new KeyringLockedError("it is so", { operation: "open" });
  for (const reason of [own, new TypeError("a mistake"), "text"]) {
    for (const [, call] of callsOf(always(() => Promise.reject(reason)))) {
      assertStrictEquals(await call({}).catch((error) => error), reason);
    }
    const throwing = always(() => {
      throw reason;
    });
    for (const [, call] of callsOf(throwing)) {
      assertStrictEquals(await call({}).catch((error) => error), reason);
    }
  }
});

/** Waits for nothing but the signal. */
function hang(signal?: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal?.throwIfAborted();
    signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

Deno.test("a call that takes too long ends with the time limit's error", async () => {
  const keyring = always(hang, { timeoutMs: 20 });
  for (const [operation, call] of callsOf(keyring)) {
    for (const options of [{}, { signal: new AbortController().signal }]) {
      const error = await assertRejects(() => call(options), KeyringTimeoutError);
      const expected = `${SENTENCES[operation]}: no answer came in time (0.02 s)`;
      assertEquals(error.message, expected);
    }
  }
});

Deno.test("the time limit is that of the whole call, and leaves nothing behind", async () => {
  const signals = new Set<AbortSignal | undefined>();
  const keyring = over({
    timeoutMs: 60_000,
    findUsername: (_, signal) => {
      signals.add(signal);
      return Promise.resolve("alice");
    },
    read: (_, signal) => {
      signals.add(signal);
      return Promise.resolve({ bytes: SECRET.slice() });
    },
  });
  const credential = { username: "alice", password: "s3cret" };
  assertEquals(await keyring.getCredential("my_app"), credential);
  assertEquals(signals.size, 1);
  assertEquals([...signals][0]?.aborted, false);
  let given: AbortSignal | undefined = AbortSignal.abort();
  const unlimited = over({
    read: (_, signal) => {
      given = signal;
      return Promise.resolve(null);
    },
  });
  await unlimited.getPassword("my_app", "alice");
  assertEquals(given, undefined);
});

Deno.test("aborting a call rejects it with the signal's reason, and ends its work", async () => {
  for (const more of [{}, { timeoutMs: 60_000 }]) {
    for (const [, call] of callsOf(always(hang, more))) {
      for (const moment of [0, 5]) {
        const controller = new AbortController();
        const ended = call({ signal: controller.signal }).catch((error) => error);
        if (moment > 0) await new Promise((resolve) => setTimeout(resolve, moment));
        controller.abort("enough");
        assertEquals(await ended, "enough");
      }
    }
  }
});

Deno.test("a call that was aborted before never reaches the store", async () => {
  let reached = 0;
  const keyring = always(() => {
    reached++;
    return Promise.reject(new Error("reached"));
  }, { batch: () => Promise.reject(reached++) });
  const signal = AbortSignal.abort("enough");
  for (const [, call] of callsOf(keyring)) {
    assertEquals(await call({ signal }).catch((error) => error), "enough");
  }
  const batch = keyring.batch?.(() => Promise.resolve(), { signal });
  assertEquals(await batch?.catch((error) => error), "enough");
  assertEquals(reached, 0);
});

const ZEROS = new Uint8Array(SECRET.length);

Deno.test("what the store was given is overwritten afterwards, whatever became of the call", async () => {
  for (const fails of [false, true]) {
    const given: Uint8Array[] = [];
    const seen: string[] = [];
    const keyring = over({
      write: (_, { bytes, kind }) => {
        given.push(bytes);
        seen.push(`${kind} ${new TextDecoder().decode(bytes)}`);
        return fails ? Promise.reject(new Failure("other", "no")) : Promise.resolve([]);
      },
    });
    const own = SECRET.slice();
    await keyring.setPassword("my_app", "alice", "s3cret").catch(() => {});
    const set = keyring.setSecret("my_app", "alice", own).catch(() => {});
    own.fill(7);
    await set;
    assertEquals(seen, ["text s3cret", "bytes s3cret"]);
    assertEquals(given, [ZEROS, ZEROS]);
    assertEquals(own, new Uint8Array(SECRET.length).fill(7));
  }
});

Deno.test("the bytes of a secret are overwritten when a name or the signal is refused", async () => {
  using watch = new Copies();
  const keyring = over({});
  await keyring.setSecret("", "alice", SECRET).catch(() => {});
  await keyring.setSecret("my_app", "alice", SECRET, { signal: AbortSignal.abort() }).catch(
    () => {},
  );
  assertEquals(watch.made, [ZEROS, ZEROS]);
});

/** The copies that are made of arrays of bytes while it exists. */
class Copies implements Disposable {
  readonly made: Uint8Array[] = [];
  #original = globalThis.Uint8Array;

  constructor() {
    const { made } = this;
    globalThis.Uint8Array = new Proxy(this.#original, {
      construct(target, args) {
        const bytes = Reflect.construct(target, args);
        made.push(bytes);
        return bytes;
      },
    });
  }

  [Symbol.dispose](): void {
    globalThis.Uint8Array = this.#original;
  }
}

Deno.test("what the store gave back is overwritten, but for the bytes that the caller gets", async () => {
  for (const more of [{}, { maxSecretBytes: 100, maxLargeSecretBytes: 1_000 }]) {
    const gave: Uint8Array[] = [];
    const give = () => {
      const bytes = SECRET.slice();
      gave.push(bytes);
      return bytes;
    };
    const keyring = over({
      ...more,
      read: () => Promise.resolve({ bytes: give() }),
      write: () => Promise.resolve([give(), give()]),
      remove: () => Promise.resolve([give(), give()]),
    });
    assertEquals(await keyring.getPassword("my_app", "alice"), "s3cret");
    const credential = { username: "alice", password: "s3cret" };
    assertEquals(await keyring.getCredential("my_app", "alice"), credential);
    await keyring.setPassword("my_app", "alice", "new");
    await keyring.setSecret("my_app", "alice", SECRET);
    await keyring.deletePassword("my_app", "alice");
    assertEquals(gave, Array.from({ length: 8 }, () => ZEROS));
    const secret = await keyring.getSecret("my_app", "alice");
    assertStrictEquals(secret, gave.at(-1) ?? null);
    assertEquals(secret, SECRET);
  }
});

Deno.test("bytes that are not text are refused as a password, overwritten, and named", async () => {
  const gave: Uint8Array[] = [];
  const read = () => {
    gave.push(Uint8Array.of(0xff, 0xfe));
    return Promise.resolve({ bytes: gave.at(-1) ?? SECRET });
  };
  const keyring = over({ read, findUsername: () => Promise.resolve("bob") });
  const reason = "the entry holds bytes that are not text. Read it with getSecret.";
  for (
    const [username, call] of [
      ["alice", () => keyring.getPassword("my_app", "alice")],
      ["alice", () => keyring.getCredential("my_app", "alice")],
      ["bob", () => keyring.getCredential("my_app")],
    ] as const
  ) {
    const error = await assertRejects(call, KeyringError);
    const sentence = `Cannot read the password of "${username}" for "my_app"`;
    assertEquals(error.message, `${sentence}: ${reason}`);
  }
  assertEquals(gave, Array.from({ length: 3 }, () => new Uint8Array(2)));
});

/** A store of one value, which reverses text. */
class Reversing implements Backend {
  readonly name = "Reversing";
  readonly limits = { unit: "bytes", service: 100, username: 100 } as const;
  held: Secret = { bytes: new Uint8Array() };
  readonly text = {
    encode: (text: string) => new TextEncoder().encode(text).reverse(),
    decode: ({ bytes, kind }: Secret) =>
      kind === "text" ? new TextDecoder().decode(bytes.slice().reverse()) : undefined,
  };
  read = () => Promise.resolve({ ...this.held, bytes: this.held.bytes.slice() });
  write = (_: Entry, { bytes, ...more }: Secret) => {
    this.held = { ...more, bytes: bytes.slice() };
    return Promise.resolve([]);
  };
  remove = () => Promise.resolve([]);
  list = () => Promise.resolve([]);
}

Deno.test("text has the store's own form, and bytes have none", async () => {
  const backend = new Reversing();
  const keyring = new StoreKeyring(backend);
  await keyring.setPassword("my_app", "alice", "abc");
  assertEquals(backend.held, { bytes: new TextEncoder().encode("cba"), kind: "text" });
  assertEquals(await keyring.getPassword("my_app", "alice"), "abc");
  assertEquals(await keyring.getSecret("my_app", "alice"), new TextEncoder().encode("cba"));
  assertEquals(await keyring.getPasswordOrSecret?.("my_app", "alice"), "abc");
  await keyring.setSecret("my_app", "alice", SECRET);
  assertEquals(backend.held, { bytes: SECRET, kind: "bytes" });
  await assertRejects(() => keyring.getPassword("my_app", "alice"), KeyringError, "getSecret");
  assertEquals(await keyring.getPasswordOrSecret?.("my_app", "alice"), SECRET);
});

Deno.test("text is exact UTF-8 where the store has no form of its own", async () => {
  const bytes = new TextEncoder().encode("\ufeffé🔑\0");
  const keyring = over({ read: () => Promise.resolve({ bytes: bytes.slice() }) });
  assertEquals(await keyring.getPassword("my_app", "alice"), "\ufeffé🔑\0");
});

Deno.test("a delete says that there is no such entry, unless that is fine", async () => {
  const keyring = over({});
  const reason = "there is no such entry";
  for (const options of [undefined, {}, { missingOk: false }]) {
    const remove = () => keyring.deletePassword("my_app", "alice", options);
    const error = await assertRejects(remove, PasswordDeleteError);
    assertEquals(error.message, `${SENTENCES.delete}: ${reason}`);
  }
  await keyring.deletePassword("my_app", "alice", { missingOk: true });
  const failing = over({ remove: () => Promise.reject(new Failure("locked", "it is locked")) });
  const remove = () => failing.deletePassword("my_app", "alice", { missingOk: true });
  await assertRejects(remove, KeyringLockedError);
});

Deno.test("a batch works on a keyring over the opened store", async () => {
  const opened = { read: () => Promise.resolve({ bytes: SECRET.slice() }) };
  const signals: unknown[] = [];
  const keyring = over({
    async batch(work, signal) {
      signals.push(signal);
      return await work({ ...this, ...opened } as Backend);
    },
  });
  const { signal } = new AbortController();
  const work = (inBatch: Keyring) => {
    assertNotEquals(inBatch, keyring);
    return inBatch.getPassword("my_app", "alice");
  };
  assertEquals(await keyring.batch?.(work, { signal }), "s3cret");
  assertStrictEquals(signals[0], signal);
  assertEquals(await keyring.getPassword("my_app", "alice"), null);
});

Deno.test("a batch fails as its work does, or as its saving", async () => {
  let fails = false;
  const keyring = over({
    async batch(work) {
      const result = await work(this as Backend);
      if (fails) throw new Failure("corrupt", "it cannot be saved");
      return result;
    },
  });
  const missing = (inBatch: Keyring) => inBatch.deletePassword("my_app", "alice");
  const error = await assertRejects(
    async () => await keyring.batch?.(missing),
    PasswordDeleteError,
  );
  assertEquals([error.service, error.username], ["my_app", "alice"]);
  const own = new RangeError("own");
  const failing = async () => await keyring.batch?.(() => Promise.reject(own));
  assertStrictEquals(await failing().catch((error) => error), own);
  fails = true;
  const saving = async () => await keyring.batch?.(() => Promise.resolve());
  await assertRejects(saving, CorruptSecretError, "it cannot be saved");
});

Deno.test("a keyring can do what its store can, and tells by its members", async () => {
  const plain = over({});
  for (const name of ["has", "batch", "prune", "getPasswordOrSecret", "maxSecretBytes"] as const) {
    assertEquals([name, name in plain, plain[name]], [name, false, undefined]);
  }
  assertEquals(plain.keyOf("a", "b"), plain.keyOf("a", "b"));
  assertNotEquals(plain.keyOf("a", "b"), plain.keyOf("A", "b"));
  assertNotEquals(plain.keyOf('a","b', ""), plain.keyOf("a", 'b","'));
  const able = over({
    has: ({ username }) => Promise.resolve(username === "alice"),
    keyOf: ({ service, username }) => `${service.toLowerCase()} ${username}`,
    prune: (graceMs) => Promise.resolve(graceMs),
    maxSecretBytes: 10,
  });
  assertEquals(await able.has?.("my_app", "alice"), true);
  assertEquals(await able.has?.("my_app", "bob"), false);
  assertEquals(able.keyOf("A", "b"), able.keyOf("a", "b"));
  assertEquals(await able.prune?.({ graceMs: 3 }), 3);
  assertEquals(await able.prune?.(), 600_000);
  assertEquals(able.maxSecretBytes, 10);
  const large = over({ maxSecretBytes: 10, maxLargeSecretBytes: 1_000 });
  assertEquals([large.maxSecretBytes, await large.prune?.()], [1_000, 0]);
});

Deno.test("a list is sorted", async () => {
  const names = [["b", "1"], ["a", "2"], ["B", "1"], ["a", "10"], ["a", ""]] as const;
  const entries = names.map(([service, username]) => ({ service, username }));
  const asked: unknown[] = [];
  const keyring = over({
    list: (service) => {
      asked.push(service);
      return Promise.resolve(entries.slice());
    },
  });
  const sorted = (await keyring.list({ service: "x" })).map((entry) => Object.values(entry));
  assertEquals(sorted, [["B", "1"], ["a", ""], ["a", "10"], ["a", "2"], ["b", "1"]]);
  await keyring.list();
  assertEquals(asked, ["x", undefined]);
});

Deno.test("any username of a service is one that the other calls can take", async () => {
  const usernames = ["a\0", "b\nc", "\ud800", " d", "e".repeat(101), "f", "g"];
  const reads: string[] = [];
  const keyring = over({
    limits: {
      unit: "bytes",
      service: 100,
      username: 100,
      forbidden: { "\n": "newline" },
      forbiddenStart: { " ": "space" },
    },
    list: () => Promise.resolve(usernames.map((username) => ({ service: "my_app", username }))),
    read: ({ username }) => {
      reads.push(username);
      return Promise.resolve({ bytes: SECRET.slice() });
    },
  });
  for (const username of [undefined, null]) {
    const credential = await keyring.getCredential("my_app", username);
    assertEquals(credential, { username: "f", password: "s3cret" });
  }
  assertEquals(reads, ["f", "f"]);
  assertEquals(await over({}).getCredential("my_app"), null);
});

Deno.test("a failure to read any username's password names it", async () => {
  const keyring = over({
    findUsername: () => Promise.resolve("bob"),
    read: () => Promise.reject(new Failure("locked", "it is locked")),
  });
  const error = await assertRejects(() => keyring.getCredential("my_app"), KeyringLockedError);
  assertEquals(error.message, 'Cannot read the password of "bob" for "my_app": it is locked');
});

Deno.test("names that the store cannot hold never reach it", async () => {
  const limits = {
    service: 4,
    username: 4,
    forbidden: { "\n": "newline" },
    forbiddenStart: { " ": "space" },
  };
  const reach = () => Promise.reject(new Error("reached"));
  const inBytes = always(reach, { limits: { unit: "bytes", ...limits } });
  const inCharacters = always(reach, { limits: { unit: "characters", ...limits } });
  const cases: [keyring: Keyring, service: string, username: string, reason: string][] = [
    [inBytes, "", "a", "the service is empty"],
    [inBytes, "a\0", "a", "the service contains a NUL character"],
    [inBytes, "a", "\0", "the username contains a NUL character"],
    [inBytes, "a\n", "a", "the service contains a newline character"],
    [inBytes, " a", "a", "the service starts with a space"],
    [inBytes, "a", "\ud800", "the username contains half of a surrogate pair"],
    [inBytes, "a", "ééé", "the username has 6 bytes and this store holds at most 4"],
    [inBytes, "abcde", "", "the service has 5 bytes and this store holds at most 4"],
    [inCharacters, "a", "🔑🔑🔑", "the username has 6 characters and this store holds at most 4"],
  ];
  for (const [keyring, service, username, reason] of cases) {
    const calls = callsOf(keyring, [service, username]).filter(([operation]) =>
      operation !== "list"
    );
    for (const [operation, call] of calls) {
      const error = await assertRejects(() => call({}), KeyringError);
      assertEquals([error.reason, error.operation], [reason, operation]);
    }
  }
  await assertRejects(() => inBytes.list({ service: "abcde" }), KeyringError, "5 bytes");
  for (const [, call] of callsOf(inCharacters, ["éééé", "éééé"])) {
    await assertRejects(() => call({}), Error, "reached");
  }
});

Deno.test("what is not a string or not bytes is a mistake of the caller's", async () => {
  const keyring: Keyring = always(() => Promise.reject(new Error("reached")));
  for (const value of [undefined, null, 5, {}, ["a"]]) {
    const name = value as string;
    const calls = [
      ...callsOf(keyring, [name, "alice"]).filter(([operation]) => operation !== "list"),
      ["set", () => keyring.setPassword("my_app", "alice", name)] as const,
      ["get", () => keyring.getPassword("my_app", name)] as const,
    ];
    for (const [, call] of calls) await assertRejects(() => call({}), TypeError);
    const bytes = value as unknown as Uint8Array;
    await assertRejects(() => keyring.setSecret("my_app", "alice", bytes), TypeError);
  }
});

Deno.test("a password that is not well-formed never reaches the store", async () => {
  const keyring = always(() => Promise.reject(new Error("reached")));
  const set = () => keyring.setPassword("my_app", "alice", "\ud83d");
  await assertRejects(set, PasswordSetError, "half of a surrogate pair");
});
