// What another process does between two calls of ours.

import { assertEquals, assertRejects } from "@std/assert";
import { WindowsKeyring } from "../../../src/backends/windows/backend.ts";
import { deleteCredential, writeCredential } from "../../../src/backends/windows/calls.ts";
import { KeyringTimeoutError } from "../../../src/errors.ts";
import type { CallOptions } from "../../../src/keyring.ts";
import { encodeUtf16 } from "../../../src/backends/windows/structs.ts";
import { PERSIST } from "../../../src/backends/windows/symbols.ts";
import { FakeWindows } from "../../fixtures/fake_windows.ts";

const windows = new FakeWindows();
const keyring = new WindowsKeyring();

Deno.test("WindowsKeyring finds an entry that is moved while it is read", async () => {
  await keyring.setPassword("S", "bob", "b");
  await keyring.setPassword("S", "alice", "old");
  await keyring.deletePassword("S", "bob");
  // Now alice@S alone is there, and the next write moves it to S.
  windows.afterRead = (target) => {
    if (target !== "S") return;
    windows.afterRead = () => {};
    const blob = encodeUtf16("new");
    const value = { userName: "alice", comment: "", persist: PERSIST.session, blob };
    writeCredential({ ...value, target: "S" });
    deleteCredential("alice@S");
  };
  assertEquals(await keyring.getPassword("S", "alice"), "new");
  await keyring.deletePassword("S", "alice");
});

Deno.test("WindowsKeyring writes without a mutex that it may not use", async () => {
  windows.hasMutex = false;
  await keyring.setPassword("S", "alice", "a");
  await keyring.deletePassword("S", "alice");
  windows.hasMutex = true;
});

Deno.test("WindowsKeyring releases the mutex, also one that a process left behind", async () => {
  for (const abandoned of [false, true]) {
    windows.abandoned = abandoned;
    await keyring.setPassword("S", "alice", "a");
    await keyring.deletePassword("S", "alice");
    assertEquals(windows.owned, 0);
  }
  windows.abandoned = false;
});

Deno.test("WindowsKeyring waits for another process that writes, but not for ever", async () => {
  windows.busy = true;
  const set = (options?: CallOptions) => keyring.setPassword("S", "alice", "a", options);
  const { now } = performance;
  try {
    const waiting = set();
    await new Promise((resolve) => setTimeout(resolve, 20));
    assertEquals(await keyring.getPassword("S", "alice"), null);
    windows.busy = false;
    await waiting;
    windows.busy = true;
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error("enough")), 20);
    await assertRejects(() => set({ signal: controller.signal }), Error, "enough");
    const late = assertRejects(
      () => set(),
      KeyringTimeoutError,
      "has been changing entries for 10 s",
    );
    await Promise.resolve();
    await Promise.resolve();
    performance.now = () => now.call(performance) + 11_000;
    await late;
  } finally {
    performance.now = now;
    windows.busy = false;
  }
  await keyring.deletePassword("S", "alice");
});
