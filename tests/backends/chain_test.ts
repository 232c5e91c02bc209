import { assertEquals, assertNotEquals, assertRejects, assertStringIncludes } from "@std/assert";
import type { Backend } from "../../src/backend.ts";
import { ChainKeyring } from "../../src/backends/chain.ts";
import { FailKeyring } from "../../src/backends/fail.ts";
import { MemoryKeyring } from "../../src/backends/memory.ts";
import {
  Failure,
  KeyringError,
  KeyringLockedError,
  KeyringPermissionError,
  KeyringTimeoutError,
  KeyringUnavailableError,
  NoKeyringError,
  PasswordDeleteError,
} from "../../src/errors.ts";
import { StoreKeyring } from "../../src/store_keyring.ts";
import { testKeyring } from "../../testing.ts";
import { PlainKeyring, WideBackend } from "../fixtures/stores.ts";

testKeyring(
  "ChainKeyring",
  () => new ChainKeyring([new FailKeyring(), new MemoryKeyring(), new MemoryKeyring()]),
  { refusesLarger: false },
);

class LockedKeyring extends MemoryKeyring {
  override getPassword(service: string, username: string): Promise<string | null> {
    const details = { operation: "get", service, username } as const;
    return Promise.reject(new KeyringLockedError("it is locked", details));
  }
}

class UndeletableKeyring extends MemoryKeyring {
  override deletePassword(service: string, username: string): Promise<void> {
    const details = { operation: "delete", service, username } as const;
    return Promise.reject(new PasswordDeleteError("it may not be changed", details));
  }
}

Deno.test("ChainKeyring reads what only a later keyring has", async () => {
  const [first, second] = [new MemoryKeyring(), new MemoryKeyring()];
  await second.setPassword("my_app", "alice", "second");
  const chain = new ChainKeyring([first, second]);
  assertEquals(await chain.getPassword("my_app", "alice"), "second");
  assertEquals(await chain.getCredential("my_app"), { username: "alice", password: "second" });
  await chain.setPassword("my_app", "alice", "first");
  assertEquals(await first.getPassword("my_app", "alice"), "first");
  assertEquals(await second.getPassword("my_app", "alice"), "second");
  assertEquals((await chain.list()).length, 1);
});

Deno.test("ChainKeyring deletes from the first keyring, and says where else an entry is", async () => {
  const [first, second] = [new MemoryKeyring(), new MemoryKeyring()];
  const chain = new ChainKeyring([first, second]);
  await second.setPassword("my_app", "alice", "only here");
  for (const missingOk of [false, true]) {
    const { message } = await assertRejects(
      () => chain.deletePassword("my_app", "alice", { missingOk }),
      PasswordDeleteError,
      "only Memory has it",
    );
    assertStringIncludes(message, "with -b");
  }
  assertEquals(await second.getPassword("my_app", "alice"), "only here");
  await first.setPassword("my_app", "alice", "new");
  await chain.deletePassword("my_app", "alice");
  assertEquals(await first.getPassword("my_app", "alice"), null);
  assertEquals(await chain.getPassword("my_app", "alice"), "only here");
  await second.deletePassword("my_app", "alice");
  await assertRejects(() => chain.deletePassword("my_app", "alice"), PasswordDeleteError);
  await chain.deletePassword("my_app", "alice", { missingOk: true });
});

Deno.test("ChainKeyring does not take a failed delete for a missing entry", async () => {
  const [first, second] = [new UndeletableKeyring(), new MemoryKeyring()];
  const chain = new ChainKeyring([first, second]);
  await first.setPassword("my_app", "alice", "a");
  await second.setPassword("my_app", "alice", "a");
  for (const missingOk of [false, true]) {
    await assertRejects(
      () => chain.deletePassword("my_app", "alice", { missingOk }),
      PasswordDeleteError,
      "may not be changed",
    );
  }
});

Deno.test("ChainKeyring writes past a keyring that is absent only where it may", async () => {
  const second = new MemoryKeyring();
  const absent = new FailKeyring({ reason: "it is not here" });
  const lax = new ChainKeyring([absent, second]);
  await lax.setPassword("my_app", "alice", "second");
  const strict = new ChainKeyring([absent, second], { writePastAbsent: false });
  assertEquals(await strict.getPassword("my_app", "alice"), "second");
  const writes = [
    () => strict.setPassword("my_app", "alice", "new"),
    () => strict.setSecret("my_app", "alice", new Uint8Array(1)),
    () => strict.deletePassword("my_app", "alice"),
    () => strict.deletePassword("my_app", "alice", { missingOk: true }),
  ];
  for (const write of writes) {
    const { message } = await assertRejects(write, NoKeyringError);
    assertStringIncludes(
      message,
      "it is not here (Fail, the first of the chain). The chain writes",
    );
  }
  assertEquals(await second.getPassword("my_app", "alice"), "second");
  assertEquals(await strict.has("my_app", "alice"), true);
});

Deno.test("ChainKeyring stops at a server that is out of reach", async () => {
  const second = new MemoryKeyring();
  await second.setPassword("my_app", "alice", "second");
  const kinds = [
    ["unavailable", KeyringUnavailableError],
    ["timeout", KeyringTimeoutError],
    ["permission", KeyringPermissionError],
    ["other", KeyringError],
  ] as const;
  for (const [kind, error] of kinds) {
    const fail = () => Promise.reject(new Failure(kind, "made-up"));
    const chain = new ChainKeyring([new StoreKeyring(failingBackend(fail)), second]);
    await assertRejects(() => chain.getPassword("my_app", "alice"), error);
    await assertRejects(() => chain.setPassword("my_app", "alice", "new"), error);
    await assertRejects(() => chain.deletePassword("my_app", "alice"), error);
    await assertRejects(() => chain.list(), error);
  }
  assertEquals(await second.getPassword("my_app", "alice"), "second");
});

function failingBackend(fail: () => Promise<never>): Backend {
  const limits = { unit: "bytes", service: 100, username: 100 } as const;
  return { name: "Failing", limits, read: fail, write: fail, remove: fail, list: fail };
}

Deno.test("ChainKeyring stops at a locked keyring", async () => {
  const second = new MemoryKeyring();
  await second.setPassword("my_app", "alice", "second");
  const chain = new ChainKeyring([new LockedKeyring(), second]);
  await assertRejects(() => chain.getPassword("my_app", "alice"), KeyringLockedError);
});

Deno.test("ChainKeyring knows an entry in whichever keyring it is", async () => {
  const [wide, plain] = [new StoreKeyring(new WideBackend()), new PlainKeyring()];
  const chain = new ChainKeyring([new FailKeyring(), wide, plain]);
  await wide.setPassword("Svc", "u", "made-up");
  await plain.setPassword("other", "u", "made-up");
  const names = ["Svc", "svc", "other", "Other"];
  const found = await Promise.all(names.map((service) => chain.has(service, "u")));
  assertEquals(found, [true, true, true, false]);
});

Deno.test("ChainKeyring takes names for the same as the keyring that it writes to", () => {
  const [wide, plain] = [new StoreKeyring(new WideBackend()), new PlainKeyring()];
  for (const [keyrings, same] of [[[wide, plain], true], [[plain, wide], false]] as const) {
    const chain = new ChainKeyring(keyrings);
    assertEquals(chain.keyOf("Svc", "u") === chain.keyOf("svc", "u"), same);
    assertNotEquals(chain.keyOf("svc", "U"), chain.keyOf("svc", "u"));
  }
});

Deno.test("ChainKeyring reads each entry in the form of its own store", async () => {
  const [wide, plain] = [new StoreKeyring(new WideBackend()), new PlainKeyring()];
  const chain = new ChainKeyring([wide, plain]);
  const utf8 = new TextEncoder().encode("UTF-8é");
  await wide.setPassword("wide", "text", "made-up");
  await wide.setSecret("wide", "bytes", utf8);
  await plain.setSecret("plain", "text", utf8);
  await plain.setSecret("plain", "bytes", Uint8Array.of(0xff));
  assertEquals(await chain.getPasswordOrSecret("wide", "text"), "made-up");
  assertEquals(await chain.getPasswordOrSecret("wide", "bytes"), utf8);
  assertEquals(await chain.getPasswordOrSecret("plain", "text"), "UTF-8é");
  assertEquals(await chain.getPasswordOrSecret("plain", "bytes"), Uint8Array.of(0xff));
  assertEquals(await chain.getPasswordOrSecret("plain", "none"), null);
});

Deno.test("ChainKeyring has no such entry where one keyring has none and the other is absent", async () => {
  const keyrings = [new MemoryKeyring(), new FailKeyring()];
  for (const order of [keyrings, keyrings.toReversed()]) {
    assertEquals(await new ChainKeyring(order).getPassword("my_app", "alice"), null);
  }
});

Deno.test("ChainKeyring of nothing has no keyring", async () => {
  for (const chain of [new ChainKeyring([]), new ChainKeyring([new FailKeyring()])]) {
    await assertRejects(() => chain.getPassword("my_app", "alice"), NoKeyringError);
    await assertRejects(() => chain.setPassword("my_app", "alice", "x"), NoKeyringError);
    await assertRejects(() => chain.deletePassword("my_app", "alice"), NoKeyringError);
    await assertRejects(() => chain.list(), NoKeyringError);
  }
});
