// @environment macos
//
// The keychain of a Mac, in a keychain file that these tests make.

import { assert, assertRejects } from "@std/assert";
import { MacOSKeyring, type MacOSKeyringOptions } from "../../../src/backends/macos/backend.ts";
import { InitError } from "../../../src/errors.ts";
import { testKeyring } from "../../../testing.ts";
import { largestSecret, oneItemKeyring } from "../../support/one_item.ts";

// The suite's services have a random name of this length.
const SERVICE = `os-keyring-test-${crypto.randomUUID()}`;
const REAL = Deno.build.os === "darwin" && Deno.env.get("KEYRING_TEST_KEYCHAIN") === "1";
const REAL_KEYCHAIN = `/tmp/os-keyring-${crypto.randomUUID()}.keychain-db`;
let realKeychainExists = false;

async function security(...args: string[]): Promise<void> {
  const { success } = await new Deno.Command("/usr/bin/security", { args }).output();
  assert(success, args[0]);
}

async function realOptions(): Promise<MacOSKeyringOptions> {
  if (!realKeychainExists) {
    const password = crypto.randomUUID();
    await security("create-keychain", "-p", password, REAL_KEYCHAIN);
    realKeychainExists = true;
    await security("set-keychain-settings", REAL_KEYCHAIN);
    await security("unlock-keychain", "-p", password, REAL_KEYCHAIN);
  }
  return { keychain: REAL_KEYCHAIN, timeoutMs: 15_000 };
}

testKeyring("MacOSKeyring on this Mac", async () => new MacOSKeyring(await realOptions()), {
  largestSecret: 42_000,
  ignore: !REAL,
});

testKeyring("one item on this Mac", async () => oneItemKeyring(await realOptions()), {
  largestSecret: largestSecret(SERVICE, "alice", REAL_KEYCHAIN),
  ignore: !REAL,
});

Deno.test("MacOSKeyring on this Mac refuses a missing keychain", { ignore: !REAL }, async () => {
  // Reading only: should it reach the user's own keychain, nothing is left there.
  const keyring = new MacOSKeyring({ keychain: `${REAL_KEYCHAIN}-missing` });
  await assertRejects(() => keyring.getPassword(SERVICE, "alice"), InitError);
  await assertRejects(() => keyring.list(), InitError);
});

Deno.test.afterAll(async () => {
  if (realKeychainExists) await security("delete-keychain", REAL_KEYCHAIN);
});
