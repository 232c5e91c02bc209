// @environment windows
//
// How entries lie in the Credential Manager: what Python's keyring, cmdkey and others see there.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { WindowsKeyring } from "../../../src/backends/windows/backend.ts";
import { PasswordSetError } from "../../../src/errors.ts";
import { PERSIST } from "../../../src/backends/windows/symbols.ts";
import {
  deleteCredential,
  enumerateCredentials,
  openLibraries,
  readCredential,
  writeCredential,
} from "../../../src/backends/windows/calls.ts";
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

test("removes a stale twin with the next write", async ({ keyring, service }) => {
  write(service, "alice", encodeUtf16("1"));
  write(`alice@${service}`, "alice", encodeUtf16("0"));
  await keyring.setPassword(service, "alice", "2");
  assertEquals(targetsOf(service), [service]);
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
