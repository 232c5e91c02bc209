// @environment windows
//
// How entries lie in the Credential Manager: what Python's keyring, cmdkey and others see there.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { WindowsKeyring } from "../../../src/backends/windows/backend.ts";
import { PasswordDeleteError, PasswordSetError } from "../../../src/errors.ts";
import { PERSIST } from "../../../src/backends/windows/symbols.ts";
import { COMMENT } from "../../../src/layouts/python.ts";
import {
  deleteCredential,
  enumerateCredentials,
  openLibraries,
  readCredential,
  writeCredential,
} from "../../../src/backends/windows/calls.ts";
import { ON_WINE } from "../../fixtures/windows.ts";
import { encodeUtf16, type StoredCredential } from "../../../src/backends/windows/structs.ts";

const ignore = Deno.build.os !== "windows";
// Opened outside the tests, because the libraries stay open and the sanitizer would report them.
if (!ignore) openLibraries();

interface Place {
  keyring: WindowsKeyring;
  service: string;
}

function test(name: string, run: (place: Place) => Promise<void>): void {
  Deno.test(`WindowsKeyring ${name}`, { ignore }, async () => {
    const service = `os-keyring-test-${crypto.randomUUID()}`;
    try {
      await run({ keyring: new WindowsKeyring(), service });
    } finally {
      for (const { target } of enumerateCredentials()) {
        if (target.includes(service)) deleteCredential(target);
      }
    }
  });
}

function targetsOf(service: string): string[] {
  return enumerateCredentials().map(({ target }) => target)
    .filter((target) => target.includes(service)).sort();
}

async function namesOf(keyring: WindowsKeyring, service: string): Promise<string[][]> {
  const entries = (await keyring.list()).filter((entry) => entry.service.includes(service));
  return entries.map(({ service, username }) => [service, username]).sort();
}

/** Writes a credential as another program would. */
function write(target: string, userName: string | null, blob: Uint8Array, comment = ""): void {
  writeCredential({ target, userName, comment, blob, persist: PERSIST.session });
}

function read(target: string): StoredCredential {
  const credential = readCredential(target);
  assert(credential, `there is no credential ${target}`);
  return credential;
}

test("stores a first user at the service itself, as UTF-16LE", async ({ keyring, service }) => {
  await keyring.setPassword(service, "alice", "né🔑");
  const { userName, comment, persist, blob, lastWritten } = read(service);
  assertEquals([userName, comment, persist], ["alice", "Stored using os-keyring", 2]);
  assertEquals([...blob], [0x6e, 0, 0xe9, 0, 0x3d, 0xd8, 0x11, 0xdd]);
  assert(lastWritten && Math.abs(Date.now() - lastWritten.getTime()) < 60_000);
});

test("stores a second user at user@service", async ({ keyring, service }) => {
  await keyring.setPassword(service, "alice", "a");
  await keyring.setPassword(service, "bob", "b");
  assertEquals(targetsOf(service), [`bob@${service}`, service].sort());
  assertEquals(read(`bob@${service}`).userName, "bob");
});

test("keeps the persistence that it was made with", async ({ service }) => {
  for (const persistence of ["session", "local", "enterprise"] as const) {
    const keyring = new WindowsKeyring({ persistence });
    await keyring.setPassword(service, "alice", "a");
    const [entry] = await keyring.list({ service });
    assertEquals(entry?.persistence, persistence);
    await keyring.deletePassword(service, "alice");
  }
});

test("leaves the entries of other programs alone", async ({ keyring, service }) => {
  write(service, null, encodeUtf16("of another program"));
  await keyring.setPassword(service, "alice", "a");
  assertEquals(read(service).blob, encodeUtf16("of another program"));
  assertEquals(await keyring.getPassword(service, "alice"), "a");
});

test("reads what Python's keyring moved to user@service", async ({ keyring, service }) => {
  write(service, "bob", encodeUtf16("b"), "Stored using python-keyring");
  write(`alice@${service}`, "alice", encodeUtf16("扡摣"), "Stored using python-keyring");
  assertEquals(await keyring.getPassword(service, "alice"), "扡摣");
  assertEquals(await keyring.getPassword(service, "bob"), "b");
});

test("prefers the newer of the twins that Python leaves", async ({ keyring, service }) => {
  write(service, "alice", encodeUtf16("new"), "Stored using python-keyring");
  write(`alice@${service}`, "alice", encodeUtf16("old"), "Stored using python-keyring");
  assertEquals(await keyring.getPassword(service, "alice"), "new");
});

test("removes its own stale twin with the next write", async ({ keyring, service }) => {
  for (const comment of ["", "Stored using os-keyring"]) {
    write(service, "alice", encodeUtf16("1"), comment);
    write(`alice@${service}`, "alice", encodeUtf16("0"), COMMENT["user@service"].text);
    await keyring.setPassword(service, "alice", "2");
    assertEquals(targetsOf(service), [service]);
  }
});

test("leaves what may be the entry of another service", async ({ keyring, service }) => {
  // Written by cmdkey, these are two entries; written by Python, the second may be a stale twin.
  for (const comment of ["", "Stored using python-keyring"]) {
    write(service, "root", encodeUtf16("1"), comment);
    write(`root@${service}`, "root", encodeUtf16("0"), comment);
    await keyring.setPassword(service, "root", "2");
    assertEquals(await keyring.getPassword(service, "root"), "2");
    assertEquals(await keyring.getPassword(`root@${service}`, "root"), "0");
    assertEquals(await namesOf(keyring, service), [[service, "root"], [`root@${service}`, "root"]]);
  }
});

test("moves an entry to the service when that has become free", async ({ keyring, service }) => {
  await keyring.setPassword(service, "alice", "a");
  await keyring.setPassword(service, "bob", "b");
  await keyring.deletePassword(service, "alice");
  await keyring.setPassword(service, "bob", "b2");
  assertEquals(targetsOf(service), [service]);
  assertEquals(await keyring.getPassword(service, "bob"), "b2");
});

test("deletes both twins", async ({ keyring, service }) => {
  write(service, "alice", encodeUtf16("new"));
  write(`alice@${service}`, "alice", encodeUtf16("old"));
  await keyring.deletePassword(service, "alice");
  assertEquals(targetsOf(service), []);
});

test("keeps users apart whose names differ in case", async ({ keyring, service }) => {
  await keyring.setPassword(service, "alice", "lower");
  await keyring.setPassword(service, "Alice", "upper");
  assertEquals(await keyring.getPassword(service, "alice"), "lower");
  assertEquals(await keyring.getPassword(service, "Alice"), "upper");
  assertEquals(await keyring.getPassword(service, "ALICE"), null);
});

test("refuses to overwrite a user whose name differs only in case", async ({ keyring, service }) => {
  await keyring.setPassword(service, "bob", "b");
  await keyring.setPassword(service, "alice", "lower");
  const error = await assertRejects(
    () => keyring.setPassword(service, "ALICE", "upper"),
    PasswordSetError,
  );
  assert(error.message.includes("differs only in case"));
  assertEquals(await keyring.getPassword(service, "alice"), "lower");
  assertEquals(await keyring.getPassword(service, "ALICE"), null);
});

test("reads the texts of other programs", async ({ keyring, service }) => {
  const cases: [Uint8Array, string][] = [
    [encodeUtf16("cmdkey"), "cmdkey"],
    [new TextEncoder().encode("abcd"), "abcd"],
    [new TextEncoder().encode("héllo"), "héllo"],
    [encodeUtf16("日本語"), "日本語"],
    [encodeUtf16("\ufeffmarked"), "marked"],
    [new Uint8Array(), ""],
  ];
  for (const [blob, text] of cases) {
    write(service, "alice", blob, "by another program");
    assertEquals(await keyring.getPassword(service, "alice"), text);
  }
});

test("takes a target as cmdkey /list shows it", async ({ keyring, service }) => {
  await keyring.setPassword(`LegacyGeneric:target=${service}`, "alice", "a");
  assertEquals(targetsOf(service), [service]);
  assertEquals(await keyring.getPassword(service, "alice"), "a");
});

test("finds a credential at user@service without a username", async ({ keyring, service }) => {
  write(`alice@${service}`, "alice", encodeUtf16("a"));
  assertEquals(await keyring.getCredential(service), { username: "alice", password: "a" });
  assertEquals((await keyring.list({ service })).map(({ username }) => username), ["alice"]);
});

test("lists what the store knows", async ({ keyring, service }) => {
  await keyring.setPassword(service, "alice", "a");
  const [entry] = await keyring.list({ service: service.toUpperCase() });
  assertEquals(entry?.comment, "Stored using os-keyring");
  assertEquals(entry?.persistence, "local");
  assert(entry?.modified instanceof Date);
});

test("keeps a service apart that looks like user@service", async ({ keyring, service }) => {
  const host = `root@${service}`;
  await keyring.setPassword(host, "root", "of the host");
  assertEquals(await namesOf(keyring, service), [[host, "root"]]);
  assertEquals(await keyring.list({ service }), []);
  assertEquals((await keyring.list({ service: host }))[0]?.username, "root");
  assertEquals(await keyring.getPassword(service, "root"), null);
  assertEquals(await keyring.has?.(service, "root"), false);
  assertEquals(await keyring.getCredential(service), null);
  await assertRejects(() => keyring.deletePassword(service, "root"), PasswordDeleteError);

  await keyring.setPassword(service, "root", "of the service");
  assertEquals(await keyring.getPassword(host, "root"), "of the host");
  assertEquals(await keyring.getPassword(service, "root"), "of the service");
  assertEquals(await namesOf(keyring, service), [[service, "root"], [host, "root"]].sort());
  await keyring.deletePassword(service, "root");
  assertEquals(await keyring.getPassword(host, "root"), "of the host");
});

test("refuses a target that another entry has, and says which", async ({ keyring, service }) => {
  const host = `root@${service}`;
  await keyring.setPassword(host, "root", "of the host");
  await keyring.setPassword(service, "alice", "a");
  const error = await assertRejects(
    () => keyring.setPassword(service, "root", "lost"),
    PasswordSetError,
  );
  assert(error.message.includes(`is taken by the entry of "root" for "${host}"`), error.message);
  await assertRejects(() => keyring.setSecret(service, "root", new Uint8Array(5000)));
  assertEquals(await keyring.getPassword(host, "root"), "of the host");
  assertEquals(await keyring.getPassword(service, "root"), null);
  assertEquals(targetsOf(service), [host, service].sort());
});

test("gives a service that looks like user@service the place that is left", async (place) => {
  const { keyring, service } = place;
  const host = `root@${service}`;
  await keyring.setPassword(service, "alice", "a");
  await keyring.setPassword(service, "root", "of the service");
  // Its target is that of the entry before.
  await keyring.setPassword(host, "root", "of the host");
  assertEquals(targetsOf(service), [host, `root@${host}`, service].sort());
  assertEquals(await keyring.getPassword(service, "root"), "of the service");
  assertEquals(await keyring.getPassword(host, "root"), "of the host");
  const names = [[host, "root"], [service, "alice"], [service, "root"]];
  assertEquals(await namesOf(keyring, service), names.sort());
  assertEquals((await keyring.list({ service: host })).length, 1);
  assertEquals((await keyring.getCredential(host))?.password, "of the host");
  await keyring.deletePassword(host, "root");
  assertEquals(await keyring.getPassword(service, "root"), "of the service");
});

test("keeps apart all names that compose the same target", async ({ keyring, service }) => {
  const names = [["", service], ["", `@${service}`], ["a", `b@${service}`], ["a@b", service]];
  names.push(["b", service], ["b", `b@${service}`], ["A", `b@${service}`], ["", `a@b@${service}`]);
  const kept = new Map<string, string>();
  for (const order of [names, names.toReversed()]) {
    for (const [username = "", host = ""] of order) {
      const password = `of "${username}" for ${host}`;
      await keyring.setPassword(host, username, password).then(
        () => kept.set(JSON.stringify([host, username]), password),
        (error) => assert(error.message.includes("is taken by the entry of"), error.message),
      );
    }
    for (const [username = "", host = ""] of names) {
      const expected = kept.get(JSON.stringify([host, username])) ?? null;
      assertEquals(await keyring.getPassword(host, username), expected);
    }
    const listed = (await namesOf(keyring, service)).map((pair) => JSON.stringify(pair));
    assertEquals(listed.sort(), [...kept.keys()].sort());
    for (const key of kept.keys()) {
      const [host, username] = JSON.parse(key);
      await keyring.deletePassword(host, username);
    }
    assertEquals(targetsOf(service), []);
    kept.clear();
  }
});

test("reads what Python stored under both names", async ({ keyring, service }) => {
  const host = `root@${service}`;
  write(host, "root", encodeUtf16("p"), "Stored using python-keyring");
  for (const name of [host, service]) {
    assertEquals(await keyring.getPassword(name, "root"), "p");
    assertEquals((await keyring.list({ service: name })).map(({ service }) => service), [name]);
    assertEquals(await keyring.getCredential(name), { username: "root", password: "p" });
  }
  assertEquals((await namesOf(keyring, service)).length, 1);
});

test("replaces the secret of another program's entry, and nothing else", async (place) => {
  const { keyring, service } = place;
  const utf8 = (text: string) => new TextEncoder().encode(text);
  const cases = [
    ["", utf8("né"), utf8("пароль🔑")],
    ["of keytar", utf8("token"), utf8("t".repeat(2560))],
    ["cmdkey", encodeUtf16("né"), encodeUtf16("пароль🔑")],
    ["Cyrillic", encodeUtf16("старый"), encodeUtf16("пароль🔑")],
    ["marked", encodeUtf16("\ufeffold"), encodeUtf16("\ufeffпароль🔑")],
    ["empty", new Uint8Array(), encodeUtf16("пароль🔑")],
    ["Stored using python-keyring", encodeUtf16("扡摣"), encodeUtf16("пароль🔑")],
  ] as const;
  for (const target of [service, `alice@${service}`]) {
    for (const [comment, old, expected] of cases) {
      const blob = old.slice();
      writeCredential({ target, userName: "alice", comment, persist: PERSIST.enterprise, blob });
      const text = expected.length === 2560 ? "t".repeat(2560) : "пароль🔑";
      await keyring.setPassword(service, "alice", text);
      const { blob: stored, ...rest } = read(target);
      assertEquals(stored, Uint8Array.from(expected), comment);
      assertEquals([rest.comment, rest.persist, rest.userName], [comment, 3, "alice"]);
      assertEquals(await keyring.getPassword(service, "alice"), text);
      assertEquals(targetsOf(service), [target]);
      await keyring.setSecret(service, "alice", Uint8Array.of(1, 0, 255));
      assertEquals(await keyring.getSecret(service, "alice"), Uint8Array.of(1, 0, 255));
      assertEquals([read(target).comment, read(target).persist], [comment, 3]);
      deleteCredential(target);
    }
  }
});

test("refuses for another program's entry what that could not read", async (place) => {
  const { keyring, service } = place;
  write(service, "alice", encodeUtf16("old"), "Stored using python-keyring");
  const before = enumerateCredentials().length;
  for (
    const work of [
      () => keyring.setPassword(service, "alice", "x".repeat(1281)),
      () => keyring.setSecret(service, "alice", new Uint8Array(2561)),
    ]
  ) {
    const error = await assertRejects(work, PasswordSetError);
    assert(error.message.includes("another program stored it"), error.message);
  }
  assertEquals(await keyring.getPassword(service, "alice"), "old");
  assertEquals(enumerateCredentials().length, before);
  await keyring.deletePassword(service, "alice");
  await keyring.setPassword(service, "alice", "x".repeat(1281));
  assertEquals((await keyring.getPassword(service, "alice"))?.length, 1281);
  await keyring.deletePassword(service, "alice");
});

test("takes the caller's word for an encoding that is not known", async ({ keyring, service }) => {
  write(service, "alice", encodeUtf16("扡摣"));
  const read16 = { encoding: "utf-16le" } as const;
  assertEquals(await keyring.getPassword(service, "alice"), "abcd");
  assertEquals(await keyring.getPassword(service, "alice", read16), "扡摣");
  assertEquals((await keyring.getCredential(service, null, read16))?.password, "扡摣");
  await keyring.setPassword(service, "alice", "né", read16);
  assertEquals(read(service).blob, encodeUtf16("né"));
  await keyring.setPassword(service, "alice", "né", { encoding: "utf-8" });
  assertEquals(read(service).blob, new TextEncoder().encode("né"));
  // Not for what says itself how it is encoded.
  await keyring.setPassword(service, "bob", "扡摣", { encoding: "utf-8" });
  assertEquals(await keyring.getPassword(service, "bob", { encoding: "utf-8" }), "扡摣");
});

test("folds case as Windows does", async ({ keyring, service }) => {
  const pairs = ["ıI", "ſS", "\u00b5\u039c", "\u03d0Β", "ẛṠ", "ßẞ", "İi", "\u212ak", "\u212bå"];
  pairs.push("ǅǆ", "\u1fb3\u1fbc", "éÉ", "ÿŸ", "ςΣ", "\u019b\ua7dc");
  for (const [one = "", two = ""] of pairs) {
    const [first, second] = [`${one}-${service}`, `${two}-${service}`];
    await keyring.setPassword(first, "alice", "first");
    await keyring.setPassword(second, "alice", "second");
    const isSame = await keyring.getPassword(first, "alice") === "second";
    assertEquals(
      keyring.keyOf(first, "alice") === keyring.keyOf(second, "alice"),
      isSame,
      one + two,
    );
    assertEquals((await keyring.list({ service: first })).length, 1);
    for (const service of [first, second]) {
      await keyring.deletePassword(service, "alice", { missingOk: true });
    }
  }
});

test("refuses a service that is too long before Windows does", async ({ keyring, service }) => {
  for (const length of [30_208, 32_253, 32_766]) {
    const error = await assertRejects(
      () => keyring.setPassword("s".repeat(length), "alice", "a"),
      PasswordSetError,
    );
    assert(error.message.includes(`has ${length} characters and this store holds at most 30207`));
  }
  if (!ON_WINE) return;
  // What is shorter, and too long for Wine, is not a missing entry.
  const error = await assertRejects(
    () => keyring.setPassword(service.padEnd(2_000, "s"), "alice", "a"),
    PasswordSetError,
  );
  assert(error.message.includes("Windows does not take a target of 2000 characters"));
});
