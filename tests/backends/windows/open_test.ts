// What opening the keyring needs: its libraries, and the settings of the environment.

import {
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { WindowsKeyring } from "../../../src/backends/windows/backend.ts";
import { open } from "../../../src/backends/windows/open.ts";
import { CredentialManager } from "../../../windows.ts";
import { InitError, KeyringError, KeyringPermissionError } from "../../../src/errors.ts";
import { FakeWindows } from "../../fixtures/fake_windows.ts";

const FLAG = /^--allow-ffi=.*\\advapi32\.dll,.*\\kernel32\.dll$/;

function failToOpen(error: Error): void {
  const dlopen = () => {
    throw error;
  };
  Object.assign(Deno, { dlopen });
}

Deno.test("a missing permission is named, and nothing is remembered of it", async () => {
  failToOpen(new Deno.errors.NotCapable("Requires ffi access"));
  const get = () => new WindowsKeyring().getPassword("S", "alice");
  for (const call of [get, () => new WindowsKeyring().setPassword("S", "alice", "s3cret")]) {
    const error = await assertRejects(call, KeyringPermissionError);
    assertMatch(error.flag, FLAG);
  }
  const error = assertThrows(() => new CredentialManager().enumerate(), KeyringPermissionError);
  assertEquals([error.operation, FLAG.test(error.flag)], ["list", true]);
});

Deno.test("libraries that cannot be loaded are an InitError", async () => {
  const cause = new Error("Could not open library: no such file");
  failToOpen(cause);
  const error = await assertRejects(() => new WindowsKeyring().list(), InitError);
  assertEquals([error.reason, error.cause], ["advapi32.dll cannot be opened", cause]);
});

async function openWith(value: string | undefined): Promise<string | undefined> {
  const name = "KEYRING_PROPERTY_PERSIST";
  const saved = Deno.env.get(name);
  if (value === undefined) Deno.env.delete(name);
  else Deno.env.set(name, value);
  try {
    const keyring = await open();
    await keyring.setPassword("S", "alice", "s3cret");
    const [entry] = await keyring.list();
    await keyring.deletePassword("S", "alice");
    return entry?.persistence;
  } finally {
    if (saved === undefined) Deno.env.delete(name);
    else Deno.env.set(name, saved);
  }
}

Deno.test("KEYRING_PROPERTY_PERSIST takes Python's words and ours", async () => {
  new FakeWindows();
  assertEquals(await openWith(undefined), "local");
  const cases = {
    "Local Machine": "local",
    "session": "session",
    "Enterprise": "enterprise",
    "1": "session",
    "2": "local",
    "3": "enterprise",
  };
  for (const [value, persistence] of Object.entries(cases)) {
    assertEquals(await openWith(value), persistence, value);
  }
});

Deno.test("KEYRING_PROPERTY_PERSIST refuses a word that it does not know", async () => {
  for (const value of ["for ever", "constructor"]) {
    const error = await assertRejects(() => openWith(value), KeyringError, "enterprise");
    assertEquals(error.operation, "open");
  }
});

Deno.test("WindowsKeyring refuses a persistence that it does not know", () => {
  const odd = { persistence: "toString" } as unknown as { persistence: "local" };
  assertInstanceOf(assertThrows(() => new WindowsKeyring(odd)), TypeError);
});
