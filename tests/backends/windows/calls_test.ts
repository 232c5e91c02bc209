// How often the keyring asks Windows: each call costs as much as all that this library does.

import { assertEquals, assertThrows } from "@std/assert";
import { WindowsKeyring } from "../../../src/backends/windows/backend.ts";
import {
  enumerateCredentials,
  readCredential,
  replaceSecret,
} from "../../../src/backends/windows/calls.ts";
import { FakeWindows } from "../../fixtures/fake_windows.ts";

const windows = new FakeWindows();
const keyring = new WindowsKeyring();
const LARGE = "made-up".repeat(1000);

async function callsOf(work: () => Promise<unknown>): Promise<string[]> {
  windows.calls.length = 0;
  await work();
  return windows.calls.map((name) => name.replace(/^Cred(.*)W$/, "$1"));
}

async function remove(username: string): Promise<void> {
  await keyring.deletePassword("S", username);
  assertEquals(enumerateCredentials(), []);
}

Deno.test("a get asks Windows once, a miss once for each place and for an entry that moved", async () => {
  await keyring.setPassword("S", "alice", "made-up");
  assertEquals(await callsOf(() => keyring.getPassword("S", "alice")), ["Read"]);
  assertEquals(await callsOf(() => keyring.getPassword("S", "bob")), ["Read", "Read", "Read"]);
  await remove("alice");
});

Deno.test("a set and a delete read each place of the entry once", async () => {
  const set = () => keyring.setPassword("S", "alice", "made-up");
  assertEquals(await callsOf(set), ["Read", "Read", "Write"]);
  assertEquals(await callsOf(set), ["Read", "Read", "Write"]);
  const secret = new TextEncoder().encode("made-up");
  const setSecret = () => keyring.setSecret("S", "alice", secret);
  assertEquals(await callsOf(setSecret), ["Read", "Read", "Write"]);
  const del = () => keyring.deletePassword("S", "alice");
  assertEquals(await callsOf(del), ["Read", "Read", "Delete"]);
});

Deno.test("what replaces a large secret removes its parts", async () => {
  const small = () => keyring.setPassword("S", "alice", "made-up");
  const bytes = () => keyring.setSecret("S", "alice", new Uint8Array(8));
  const large = () => keyring.setPassword("S", "alice", `${LARGE}!`);
  for (const [replace, entries] of [[small, 1], [bytes, 1], [large, 5]] as const) {
    await keyring.setPassword("S", "alice", LARGE);
    assertEquals(enumerateCredentials().length, 5);
    await replace();
    assertEquals(enumerateCredentials().length, entries);
  }
  assertEquals(await keyring.getPassword("S", "alice"), `${LARGE}!`);
  await remove("alice");
});

Deno.test("what replaces a large secret at its second place removes its parts", async () => {
  await keyring.setPassword("S", "bob", "made-up");
  await keyring.setPassword("S", "alice", LARGE);
  await keyring.setPassword("S", "alice", "made-up");
  assertEquals(enumerateCredentials().length, 2);
  await keyring.setPassword("S", "alice", LARGE);
  await keyring.deletePassword("S", "alice");
  assertEquals(enumerateCredentials().length, 1);
  await remove("bob");
});

Deno.test("a write that fails leaves the large secret whole", async () => {
  await keyring.setPassword("S", "alice", LARGE);
  windows.full = true;
  await keyring.setPassword("S", "alice", "made-up").then(() => {
    throw new Error("it was stored in a store that is full");
  }, () => {});
  windows.full = false;
  assertEquals(await keyring.getPassword("S", "alice"), LARGE);
  await remove("alice");
});

Deno.test("replaceSecret() changes no other credential where its own is gone", async () => {
  await keyring.setPassword("S", "alice", "made-up");
  readCredential("S");
  assertThrows(() => replaceSecret("gone", Uint8Array.of(1)), Error, "no such entry");
  assertEquals(await keyring.getPassword("S", "alice"), "made-up");
  assertEquals(enumerateCredentials().length, 1);
  await remove("alice");
});
