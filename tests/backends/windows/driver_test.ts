// The parts of the Windows driver that need no Windows.

import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { sameTarget, serviceOf, stripNamespace } from "../../../src/backends/windows/target.ts";
import { translateError } from "../../../src/backends/windows/errors.ts";
import { KeyringError, KeyringPermissionError, PasswordSetError } from "../../../src/errors.ts";
import { WindowsError } from "../../../src/backends/windows/calls.ts";
import {
  blockSize,
  decodeCredential,
  encodeCredential,
} from "../../../src/backends/windows/structs.ts";
import { decodeBlob, encodeBlob } from "../../../src/backends/windows/blob_text.ts";

Deno.test("encodeCredential() lays out a CREDENTIALW that decodeCredential() reads", () => {
  const fields = {
    target: "svc",
    userName: "al",
    comment: "c",
    persist: 2,
    blob: new Uint8Array([1, 2, 3]),
  };
  const base = 0x7ff0_1234_0000n;
  const block = encodeCredential(fields, base);
  assertEquals(block.length, blockSize(fields));
  const header = decodeCredential(block);
  assertEquals(header.type, 1);
  assertEquals(header.persist, 2);
  assertEquals(header.blobSize, 3);
  assertEquals(header.targetName, base + 80n);
  const at = Number(header.blob - base);
  assertEquals([...block.slice(at, at + 3)], [1, 2, 3]);
  const user = Number(header.userName - base);
  assertEquals([...block.slice(user, user + 6)], [0x61, 0, 0x6c, 0, 0, 0]);
});

Deno.test("encodeCredential() gives no address to an empty secret and a missing user", () => {
  const fields = { target: "s", userName: null, comment: "", persist: 1, blob: new Uint8Array() };
  const header = decodeCredential(encodeCredential(fields, 0x1000n));
  assertEquals([header.blob, header.blobSize, header.userName], [0n, 0, 0n]);
});

Deno.test("decodeBlob() reads text of known and unknown encoding", () => {
  assertEquals(decodeBlob(encodeBlob("扡摣"), "utf-16le"), "扡摣");
  assertEquals(decodeBlob(new TextEncoder().encode("abcd"), "unknown"), "abcd");
  assertEquals(decodeBlob(encodeBlob("abcd"), "unknown"), "abcd");
  assertEquals(decodeBlob(new Uint8Array([0xff, 0xff, 0xff]), "unknown"), undefined);
  assertEquals(decodeBlob(new Uint8Array([0xc0]), "utf-8"), undefined);
  assertEquals(decodeBlob(new Uint8Array([1]), "utf-16le"), undefined);
});

Deno.test("sameTarget() compares as Windows does", () => {
  assert(sameTarget("Straße É", "STRAßE é"));
  assert(!sameTarget("straße", "STRASSE"));
  assert(!sameTarget("a", "b"));
});

Deno.test("serviceOf() takes the user off a compound target", () => {
  assertEquals(serviceOf("alice@svc", "alice"), "svc");
  assertEquals(serviceOf("Alice@svc", "alice"), "svc");
  assertEquals(serviceOf("git:https://alice@host", "alice"), "git:https://alice@host");
  assertEquals(serviceOf("alice@", "alice"), "alice@");
  assertEquals(serviceOf("@svc", ""), "svc");
});

Deno.test("stripNamespace() takes off what cmdkey shows", () => {
  assertEquals(stripNamespace("LegacyGeneric:target=foo"), "foo");
  assertEquals(stripNamespace("legacygeneric:TARGET=foo"), "foo");
  assertEquals(stripNamespace("LegacyGeneric:target="), "LegacyGeneric:target=");
  assertEquals(stripNamespace("foo"), "foo");
});

Deno.test("translateError() says what a code of Windows means", () => {
  const details = { operation: "set", service: "svc", username: "alice" } as const;
  const said: Record<number, string> = {
    5: "denies",
    8: "full",
    87: "fields",
    1004: "flags",
    1312: "DisableDomainCreds",
    1783: "2560",
    4711: "4711",
    0: "lost",
    13: "anew",
    1058: "VaultSvc",
    1314: "privilege",
    1722: "does not answer",
    2202: "DOMAIN",
    0x8009000b: "key",
  };
  for (const [code, words] of Object.entries(said)) {
    const error = translateError(new WindowsError(Number(code)), details);
    assertInstanceOf(error, PasswordSetError);
    assertEquals(error.code, Number(code));
    assert(error.message.startsWith('Cannot store the password of "alice" for "svc": '));
    assert(error.message.includes(words), error.message);
  }
  const read = translateError(new WindowsError(1312), { ...details, operation: "get" });
  assert(read instanceof KeyringError && !(read instanceof PasswordSetError));
});

Deno.test("translateError() names the flag of a missing permission", () => {
  const error = translateError(new Deno.errors.NotCapable(""), { operation: "list" });
  assertInstanceOf(error, KeyringPermissionError);
  assert(/^--allow-ffi=.*\\advapi32\.dll,.*\\kernel32\.dll$/.test(error.flag), error.flag);
});
