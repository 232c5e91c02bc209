// @environment unit, windows

import { assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import {
  deletePassword,
  FailKeyring,
  getCredential,
  getKeyring,
  getPassword,
  getSecret,
  isKeyring,
  type Keyring,
  KeyringError,
  list,
  MemoryKeyring,
  NoKeyringError,
  NullKeyring,
  PasswordDeleteError,
  prune,
  setKeyring,
  setPassword,
  setSecret,
} from "../mod.ts";

Deno.test("the module's functions work on the keyring that was set", async () => {
  const keyring = new MemoryKeyring();
  setKeyring(keyring);
  try {
    assertEquals(await getKeyring(), keyring);
    await setPassword("my_app", "alice", "made-up");
    await setSecret("my_app", "key", new Uint8Array([1]));
    assertEquals(await getPassword("my_app", "alice"), "made-up");
    assertEquals(await getSecret("my_app", "key"), new Uint8Array([1]));
    assertEquals(await getCredential("my_app", "alice"), {
      username: "alice",
      password: "made-up",
    });
    assertEquals((await list({ service: "my_app" })).length, 2);
    await deletePassword("my_app", "alice");
    await assertRejects(() => deletePassword("my_app", "alice"), PasswordDeleteError);
    await deletePassword("my_app", "alice", { missingOk: true });
    assertEquals(await prune(), 0);
  } finally {
    setKeyring(undefined);
  }
});

Deno.test("a keyring that could not be chosen is chosen anew at the next call", async () => {
  const saved = Deno.env.get("KEYRING_BACKEND");
  try {
    Deno.env.set("KEYRING_BACKEND", "unheard-of");
    await assertRejects(() => getKeyring(), KeyringError, "unheard-of");
    Deno.env.set("KEYRING_BACKEND", "null");
    assertEquals((await getKeyring()).name, new NullKeyring().name);
  } finally {
    if (saved === undefined) Deno.env.delete("KEYRING_BACKEND");
    else Deno.env.set("KEYRING_BACKEND", saved);
    setKeyring(undefined);
  }
});

Deno.test("setKeyring() refuses what is not a keyring", () => {
  assertThrows(() => setKeyring({ name: "half" } as Keyring), TypeError);
  assertEquals(isKeyring(null), false);
  assertEquals(isKeyring(new NullKeyring()), true);
});

Deno.test("NullKeyring keeps nothing and refuses nothing", async () => {
  const keyring: Keyring = new NullKeyring();
  await keyring.setPassword("my_app", "alice", "made-up");
  await keyring.setSecret("my_app", "alice", new Uint8Array());
  await keyring.deletePassword("my_app", "alice");
  await keyring.deletePassword("my_app", "alice", { missingOk: true });
  assertEquals(await keyring.getPassword("my_app", "alice"), null);
  assertEquals(await keyring.getSecret("my_app", "alice"), null);
  assertEquals(await keyring.getCredential("my_app"), null);
  assertEquals(await keyring.list(), []);
});

Deno.test("FailKeyring says why there is none and what to do, at every call", async () => {
  const keyring: Keyring = new FailKeyring({ reason: "there is none", advice: "Start one." });
  const calls = [
    () => keyring.getPassword("my_app", "alice"),
    () => keyring.setPassword("my_app", "alice", "made-up"),
    () => keyring.deletePassword("my_app", "alice"),
    () => keyring.deletePassword("my_app", "alice", { missingOk: true }),
    () => keyring.getCredential("my_app"),
    () => keyring.getSecret("my_app", "alice"),
    () => keyring.setSecret("my_app", "alice", new Uint8Array()),
    () => keyring.list(),
  ];
  for (const call of calls) {
    const error = await assertRejects(call, NoKeyringError, "there is none. Start one.");
    assertInstanceOf(error, NoKeyringError);
  }
});

Deno.test({
  name: "importing the library asks for nothing and does nothing",
  permissions: "none",
  fn: async () => {
    assertEquals(typeof (await import("../mod.ts")).getPassword, "function");
  },
});
