import { assertEquals, assertRejects } from "@std/assert";
import { ChainKeyring } from "../../src/backends/chain.ts";
import { FailKeyring } from "../../src/backends/fail.ts";
import { MemoryKeyring } from "../../src/backends/memory.ts";
import { KeyringLockedError, NoKeyringError, PasswordDeleteError } from "../../src/errors.ts";
import { testKeyring } from "../../testing.ts";

testKeyring(
  "ChainKeyring",
  () => new ChainKeyring([new FailKeyring(), new MemoryKeyring(), new MemoryKeyring()]),
  { refusesLarger: false },
);

class LockedKeyring extends MemoryKeyring {
  override getSecret(service: string, username: string): Promise<Uint8Array | null> {
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

Deno.test("ChainKeyring deletes an entry wherever it is", async () => {
  const [first, second] = [new MemoryKeyring(), new MemoryKeyring()];
  const chain = new ChainKeyring([first, second]);
  await second.setPassword("my_app", "alice", "only here");
  await chain.deletePassword("my_app", "alice");
  await first.setPassword("my_app", "alice", "new");
  await second.setPassword("my_app", "alice", "old");
  await chain.deletePassword("my_app", "alice");
  assertEquals(await chain.getPassword("my_app", "alice"), null);
  await assertRejects(() => chain.deletePassword("my_app", "alice"), PasswordDeleteError);
});

Deno.test("ChainKeyring does not take a failed delete for a missing entry", async () => {
  const [first, second] = [new MemoryKeyring(), new UndeletableKeyring()];
  const chain = new ChainKeyring([first, second]);
  await first.setPassword("my_app", "alice", "a");
  await second.setPassword("my_app", "alice", "a");
  await assertRejects(
    () => chain.deletePassword("my_app", "alice"),
    PasswordDeleteError,
    "may not be changed",
  );
});

Deno.test("ChainKeyring stops at a locked keyring", async () => {
  const second = new MemoryKeyring();
  await second.setPassword("my_app", "alice", "second");
  const chain = new ChainKeyring([new LockedKeyring(), second]);
  await assertRejects(() => chain.getPassword("my_app", "alice"), KeyringLockedError);
});

Deno.test("ChainKeyring of nothing has no keyring", async () => {
  for (const chain of [new ChainKeyring([]), new ChainKeyring([new FailKeyring()])]) {
    await assertRejects(() => chain.getPassword("my_app", "alice"), NoKeyringError);
    await assertRejects(() => chain.setPassword("my_app", "alice", "x"), NoKeyringError);
    await assertRejects(() => chain.deletePassword("my_app", "alice"), NoKeyringError);
    await assertRejects(() => chain.list(), NoKeyringError);
  }
});
