// @environment windows
//
// The Credential Manager target by target. What Wine does otherwise than Windows is asserted for
// each, or left to Windows.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { KeyringError } from "../../../src/errors.ts";
import { openLibraries, writeCredential } from "../../../src/backends/windows/calls.ts";
import { encodeUtf16 } from "../../../src/backends/windows/structs.ts";
import { CredentialManager, type CredentialType } from "../../../windows.ts";
import { NOT_ON_WINE, ON_WINDOWS, ON_WINE } from "../../fixtures/windows.ts";

const manager = new CredentialManager();
const ignore = !ON_WINDOWS;
// Opened outside the tests, because the libraries stay open and the sanitizer would report them.
if (!ignore) {
  openLibraries();
  manager.sessionTypes();
}

function test(name: string, run: (target: string) => void, options = { ignore }): void {
  Deno.test(`CredentialManager ${name}`, options, () => {
    const target = `os-keyring-test-${crypto.randomUUID()}`;
    try {
      run(target);
    } finally {
      for (const found of manager.enumerate({ filter: `*${target}*` })) {
        manager.delete(found.target, found.type as CredentialType);
      }
    }
  });
}

test("reads all that was written", (target) => {
  manager.write({
    target,
    userName: "alice",
    secret: "né🔑",
    persist: "enterprise",
    comment: "a comment",
    targetAlias: "an alias",
  });
  using found = manager.read(target);
  assert(found?.lastWritten && Math.abs(Date.now() - found.lastWritten.getTime()) < 60_000);
  const { secret, text, userName, type, persist, comment, targetAlias } = found;
  assertEquals([userName, type, persist], ["alice", "generic", "enterprise"]);
  assertEquals([comment, text], ["a comment", "né🔑"]);
  // Windows ignores the alias of a generic credential.
  if (ON_WINE) assertEquals(targetAlias, "an alias");
  assertEquals([...secret], [0x6e, 0, 0xe9, 0, 0x3d, 0xd8, 0x11, 0xdd]);
});

test("overwrites the bytes of what is disposed of", (target) => {
  manager.write({ target, secret: "made-up" });
  const found = manager.read(target);
  found?.[Symbol.dispose]();
  assert(found?.secret.every((byte) => byte === 0));
});

test("tells whether there is a credential, and deletes it", (target) => {
  assertEquals([manager.exists(target), manager.read(target)], [false, null]);
  assertEquals(manager.delete(target), false);
  manager.write({ target, secret: "" });
  assertEquals(manager.exists(target), true);
  assertEquals(manager.read(target)?.text, "");
  assertEquals(manager.delete(target), true);
  assertEquals(manager.exists(target), false);
});

test("decodes the secret as it is asked to", (target) => {
  manager.write({ target, secret: "abcd", encoding: "utf-8" });
  assertEquals(manager.read(target)?.text, "abcd");
  assertEquals(manager.read(target, "generic", { encoding: "utf-16le" })?.text, "扡摣");
  assertEquals(manager.read(target, "generic", { encoding: "bytes" })?.text, null);
  manager.write({ target, secret: Uint8Array.of(0xff, 0xfe, 0xfd) });
  assertEquals(manager.read(target)?.text, null);
  const error = assertThrows(
    () => manager.read(target, "generic", { encoding: "utf-8" }),
    KeyringError,
  );
  assert(error.message.includes("is not text in utf-8"), error.message);
});

test("takes a target as cmdkey shows it", (target) => {
  manager.write({ target: `LegacyGeneric:target=${target}`, secret: "a" });
  assertEquals(manager.enumerate({ filter: target }).map((found) => found.target), [target]);
  assertEquals(manager.read(`legacygeneric:TARGET=${target}`)?.text, "a");
  manager.write({
    target: `Domain:target=${target}`,
    type: "domain-password",
    userName: "EXAMPLE\\alice",
    secret: "b",
  });
  assertEquals(manager.exists(target, "domain-password"), true);
  assertEquals(manager.delete(`LegacyGeneric:target=${target}`), true);
});

test("keeps the types of one target apart", (target) => {
  const userName = "EXAMPLE\\alice";
  manager.write({ target, secret: "generic", userName });
  manager.write({ target, type: "domain-password", secret: "domain", userName });
  assertEquals(
    manager.enumerate({ filter: target }).map(({ type, userName }) => [type, userName]),
    [["domain-password", userName], ["generic", userName]],
  );
  assertEquals(manager.enumerate({ filter: target, type: "generic" }).length, 1);
  // Windows keeps the secret of a domain password to itself.
  assertEquals(manager.read(target, "domain-password")?.text, ON_WINE ? "domain" : "");
  assertEquals(manager.delete(target, "domain-password"), true);
  assertEquals(manager.read(target)?.text, "generic");
});

test("finds by filters that Windows does not know", (target) => {
  const targets = [`${target}/a/1`, `${target}/a/2`, `${target}/b/1`];
  for (const each of targets) manager.write({ target: each, secret: each, persist: "session" });
  const found = (filter: string) => manager.enumerate({ filter }).map(({ target }) => target);
  assertEquals(found(`${target}*`), targets);
  assertEquals(found(`${target.toUpperCase()}/A/*`), targets.slice(0, 2));
  assertEquals(found(`*${target}/*/1`), [targets[0], targets[2]]);
  assertEquals(found(`LegacyGeneric:target=${target}/*/2`), [targets[1]]);
  assertEquals(found(target), []);
  assertEquals(found(`${target}/a`), []);
});

test("gives secrets only on request", (target) => {
  manager.write({ target, secret: "made-up" });
  const [info] = manager.enumerate({ filter: target });
  assert(info && !("secret" in info) && !("text" in info));
  const [found] = manager.enumerate({ filter: target, withSecrets: true });
  assertEquals([found?.text, found?.secret.length], ["made-up", 14]);
});

test("tells whose credentials these are and what the logon can store", () => {
  assert(manager.account().length > 0);
  const types = manager.sessionTypes();
  assert(types.generic !== null);
  assert("domain-password" in types);
});

test("says so where Wine knows no hidden credentials", () => {
  const error = assertThrows(() => manager.enumerate({ all: true }), KeyringError);
  assertEquals(error.codeName, "ERROR_INVALID_FLAGS");
}, { ignore: !ON_WINE });

test("lists hidden credentials without the namespace of generic ones", (target) => {
  manager.write({ target, secret: "made-up" });
  const found = manager.enumerate({ all: true, filter: target });
  assertEquals(found.map(({ target }) => target), [target]);
}, NOT_ON_WINE);

test("keeps attributes", (target) => {
  const attributes = [
    { keyword: "label", flags: 0, value: new TextEncoder().encode("Docker Credentials") },
    { keyword: "ünïcode", flags: 0, value: new Uint8Array(256).fill(7) },
  ];
  manager.write({ target, secret: "made-up", attributes });
  assertEquals(manager.read(target)?.attributes, attributes);
  const many = Array.from({ length: 64 }, (_, index) => ({
    keyword: `${index}`,
    flags: 0,
    value: Uint8Array.of(index),
  }));
  manager.write({ target, secret: "made-up", attributes: many });
  assertEquals(manager.read(target)?.attributes, many);
}, NOT_ON_WINE);

test("drops attributes where Wine does, and nothing else", (target) => {
  const attributes = [{ keyword: "label", value: Uint8Array.of(1) }];
  manager.write({ target, userName: "alice", secret: "made-up", attributes });
  const { text, userName, attributes: kept } = manager.read(target) ?? {};
  assertEquals([text, userName, kept], ["made-up", "alice", []]);
}, { ignore: !ON_WINE });

test("stores what just fits", (target) => {
  // Wine takes targets of up to 247 characters.
  const padded = target.padEnd(ON_WINE ? 240 : 1024, "x");
  const comment = "c".repeat(255);
  const userName = "u".repeat(512);
  manager.write({
    target: padded,
    userName,
    comment,
    targetAlias: "a".repeat(255),
    secret: new Uint8Array(2560).fill(1),
  });
  const found = manager.read(padded);
  assertEquals([found?.userName, found?.comment], [userName, comment]);
  assertEquals(found?.secret, new Uint8Array(2560).fill(1));
});

test("forgets what a write leaves out", (target) => {
  manager.write({ target, userName: "alice", comment: "a comment", secret: "1" });
  manager.write({ target, secret: "2" });
  const { userName, comment, text } = manager.read(target) ?? {};
  assertEquals([userName, comment, text], ["", "", "2"]);
}, NOT_ON_WINE);

test("reads what others wrote", (target) => {
  const write = (blob: Uint8Array) =>
    writeCredential({ target, userName: null, comment: "", blob, persist: 1 });
  const cases: [Uint8Array, string | null][] = [
    [encodeUtf16("cmdkey"), "cmdkey"],
    [new TextEncoder().encode("héllo"), "héllo"],
    [Uint8Array.of(0xff, 0, 0xd8), null],
  ];
  for (const [blob, text] of cases) {
    write(blob);
    assertEquals([manager.read(target)?.text, manager.read(target)?.persist], [text, "session"]);
  }
});

async function cmdkey(...args: string[]): Promise<string> {
  const { stdout } = await new Deno.Command("cmdkey", { args }).output();
  return new TextDecoder().decode(stdout);
}

Deno.test("CredentialManager and cmdkey see the same", NOT_ON_WINE, async () => {
  const target = `os-keyring-test-${crypto.randomUUID()}`;
  try {
    await cmdkey(`/generic:${target}`, "/user:alice", "/pass:made-up");
    const { userName, text } = manager.read(target) ?? {};
    assertEquals([userName, text], ["alice", "made-up"]);
    manager.write({ target, userName: "bob", secret: "made-up" });
    const listed = await cmdkey(`/list:${target}`);
    assert(listed.includes(target) && listed.includes("bob"), listed);
    await cmdkey(`/delete:${target}`);
    assertEquals(manager.exists(target), false);
  } finally {
    manager.delete(target);
  }
});
