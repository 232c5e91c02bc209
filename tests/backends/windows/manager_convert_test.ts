// The parts of the Credential Manager's face that need no Windows.

import { assert, assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import {
  checkBlob,
  checkCredential,
  infoOf,
  plainTarget,
  typeNumber,
} from "../../../src/backends/windows/manager_convert.ts";
import { KeyringError, PasswordSetError, SecretTooLargeError } from "../../../src/errors.ts";
import { CredentialManager, type CredentialToWrite } from "../../../windows.ts";

Deno.test("plainTarget() takes off the namespace of the type", () => {
  assertEquals(plainTarget("LegacyGeneric:target=x", 1), "x");
  assertEquals(plainTarget("Domain:target=x", 1), "Domain:target=x");
  assertEquals(plainTarget("domain:TARGET=x", 2), "x");
  assertEquals(plainTarget("Domain:target=", 2), "Domain:target=");
});

Deno.test("checkCredential() names the limit that is passed", () => {
  const details = { operation: "set", service: "t" } as const;
  const secret = "";
  const attribute = { keyword: "k", value: new Uint8Array() };
  const cases: [CredentialToWrite, string][] = [
    [{ target: "", secret }, "the target is empty"],
    [{ target: "a\0", secret }, "the target contains a NUL character"],
    [{ target: "\ud800", secret }, "the target contains half of a surrogate pair"],
    [{ target: "x".repeat(32_767), secret }, "32767 characters and Windows holds at most 32766"],
    [
      { target: "x".repeat(337), type: "domain-password", secret },
      "the target has 337 characters and Windows holds at most 336",
    ],
    [{ target: "t", userName: "u".repeat(513), secret }, "at most 512"],
    [{ target: "t", comment: "c".repeat(256), secret }, "the comment has 256 characters"],
    [{ target: "t", targetAlias: "c".repeat(256), secret }, "the target alias has 256 characters"],
    [{ target: "t", attributes: Array(65).fill(attribute), secret }, "65 attributes"],
    [
      { target: "t", attributes: [{ ...attribute, keyword: "k".repeat(256) }], secret },
      "at most 255",
    ],
    [
      { target: "t", attributes: [{ ...attribute, value: new Uint8Array(257) }], secret },
      "the value of an attribute has 257 bytes and Windows holds at most 256",
    ],
  ];
  for (const [credential, words] of cases) {
    const error = assertThrows(() => checkCredential(credential, details), PasswordSetError);
    assert(error.message.includes(words), error.message);
  }
  assertThrows(() => checkBlob(new Uint8Array(2561), details), SecretTooLargeError, "2560");
});

Deno.test("CredentialManager refuses what it cannot write before it asks Windows", () => {
  const manager = new CredentialManager();
  const refused = assertThrows(() => manager.write({ target: "t", secret: "x".repeat(1281) }));
  assertInstanceOf(refused, SecretTooLargeError);
  assertEquals([refused.size, refused.limit], [2562, 2560]);
  assertThrows(() => manager.write({ target: "t", secret: "\ud800" }), KeyringError);
  assertThrows(() => manager.read(""), KeyringError, "the target is empty");
  const odd = { target: "t", secret: "", type: "domain-certificate" } as unknown;
  assertThrows(() => manager.write(odd as CredentialToWrite), TypeError, "cannot be written");
  const forever = { target: "t", secret: "", persist: "forever" } as unknown;
  assertThrows(() => manager.write(forever as CredentialToWrite), TypeError, "persistence");
  assertThrows(() => typeNumber("toString" as "generic"), TypeError, "Unknown type");
});

Deno.test("infoOf() keeps numbers that have no name", () => {
  const stored = {
    type: 4,
    target: "t",
    userName: "",
    comment: "",
    persist: 9,
    lastWritten: undefined,
    targetAlias: "",
    attributes: [],
    blob: new Uint8Array(),
  };
  const { type, persist } = infoOf(stored);
  assertEquals([type, persist], [4, 9]);
});
