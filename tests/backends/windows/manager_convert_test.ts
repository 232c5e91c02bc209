// The parts of the Credential Manager's face that need no Windows.

import { assert, assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import { infoOf, plainTarget, typeNumber } from "../../../src/backends/windows/manager_convert.ts";
import { targetMatcher } from "../../../src/lib/glob.ts";
import { checkBlob, checkCredential } from "../../../src/backends/windows/manager_limits.ts";
import { KeyringError, PasswordSetError, SecretTooLargeError } from "../../../src/errors.ts";
import { ATTRIBUTE_SIZE, decodeAttribute } from "../../../src/backends/windows/attributes.ts";
import { blockSize, CREDENTIAL_SIZE } from "../../../src/backends/windows/structs.ts";
import { decodeCredential, encodeCredential } from "../../../src/backends/windows/structs.ts";
import { CredentialManager, type CredentialToWrite } from "../../../windows.ts";

Deno.test("targetMatcher() takes * for any text and knows no case", () => {
  const cases: [string, string, boolean][] = [
    ["git:*", "git:https://github.com", true],
    ["GIT:*", "git:", true],
    ["git:*", "agit:", false],
    ["*", "", true],
    ["a", "a", true],
    ["a", "ab", false],
    ["*b", "ab", true],
    ["*b", "ba", false],
    ["a*a", "a", false],
    ["a*a", "aa", true],
    ["*1*2*", "0102", true],
    ["*2*1*", "0102", false],
    ["a**b", "a-b", true],
    [".*", "x", false],
    ["É*", "école", true],
  ];
  for (const [filter, target, expected] of cases) {
    assertEquals(targetMatcher(filter)(target), expected, `${filter} ${target}`);
  }
});

Deno.test("targetMatcher() takes no time for many stars", () => {
  assertEquals(targetMatcher(`${"a*".repeat(50)}b`)("a".repeat(30_000)), false);
});

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

Deno.test("encodeCredential() lays out type, alias and attributes", () => {
  const value = Uint8Array.of(9, 8);
  const fields = {
    type: 2,
    target: "t",
    userName: "u",
    comment: "",
    persist: 3,
    blob: Uint8Array.of(1),
    targetAlias: "al",
    attributes: [{ keyword: "k1", flags: 0, value }, { keyword: "k2", flags: 5, value }],
  };
  const base = 0x1000n;
  const block = encodeCredential(fields, base);
  assertEquals(block.length, blockSize(fields));
  const header = decodeCredential(block);
  assertEquals([header.type, header.attributeCount, header.attributes], [2, 2, base + 80n]);
  const alias = Number(header.targetAlias - base);
  assertEquals([...block.slice(alias, alias + 4)], [0x61, 0, 0x6c, 0]);
  const second = decodeAttribute(block.subarray(CREDENTIAL_SIZE + ATTRIBUTE_SIZE));
  assertEquals([second.flags, second.valueSize], [5, 2]);
  const at = Number(second.value - base);
  assertEquals([...block.slice(at, at + 2)], [9, 8]);
  const keyword = Number(second.keyword - base);
  assertEquals(block[keyword + 2], 0x32);
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
  };
  const { type, persist } = infoOf(stored);
  assertEquals([type, persist], [4, 9]);
});
