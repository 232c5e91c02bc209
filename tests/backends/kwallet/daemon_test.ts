// @environment kwallet, kwallet6
//
// A daemon that is restarted, killed, switched off, or whose wallet is closed, through its own interface.

import { assertEquals, assertRejects } from "@std/assert";
import { KWalletKeyring, open } from "../../../src/backends/kwallet/backend.ts";
import { KeyringLockedError, KeyringTimeoutError, NoKeyringError } from "../../../src/errors.ts";
import {
  callDaemon,
  killDaemon,
  restartDaemon,
  startDaemon,
  withSetting,
} from "../../fixtures/kwallet_daemon.ts";

const ignore = Deno.env.get("KEYRING_TEST_KWALLET") !== "1";
const SERVICE = "os-keyring-test";

function test(name: string, fn: (keyring: KWalletKeyring) => Promise<void>): void {
  Deno.test(`KWalletKeyring: ${name}`, { ignore }, async () => {
    // Closed, so that nothing that is sent when a daemon goes outlives the test.
    await using keyring = new KWalletKeyring({ timeoutMs: 60_000 });
    await keyring.setPassword(SERVICE, "alice", "kept");
    try {
      await fn(keyring);
    } finally {
      await keyring.deletePassword(SERVICE, "alice");
    }
  });
}

test("a new daemon is asked like the one before", async (keyring) => {
  const calls = [
    async () => assertEquals(await keyring.getPassword(SERVICE, "alice"), "kept"),
    async () => assertEquals((await keyring.list({ service: SERVICE })).length, 1),
    async () => assertEquals((await keyring.list()).length, 1),
    async () => assertEquals((await keyring.getCredential(SERVICE))?.password, "kept"),
    () => keyring.setPassword(SERVICE, "alice", "kept"),
    () => keyring.setPassword(SERVICE, "bob", "new"),
    () => keyring.deletePassword(SERVICE, "bob"),
  ];
  for (const call of calls) {
    await restartDaemon("SIGTERM");
    await call();
  }
  assertEquals(await keyring.getPassword(SERVICE, "alice"), "kept");
});

test("what was stored or deleted outlives a daemon that is killed at once", async (keyring) => {
  await keyring.setPassword(SERVICE, "alice", "new");
  await keyring.setPassword(SERVICE, "bob", "new");
  await restartDaemon("SIGKILL");
  assertEquals(await keyring.getPassword(SERVICE, "alice"), "new");
  await keyring.deletePassword(SERVICE, "bob");
  await restartDaemon("SIGKILL");
  assertEquals(await keyring.getPassword(SERVICE, "bob"), null);
});

test("a closed wallet is never an empty one", async (keyring) => {
  await callDaemon("closeAllWallets");
  try {
    // It cannot be opened: there is no screen for the dialog.
    const impatient = new KWalletKeyring({ timeoutMs: 300 });
    const calls = [
      () => impatient.getPassword(SERVICE, "alice"),
      () => impatient.list(),
      () => impatient.list({ service: SERVICE }),
      () => impatient.setPassword(SERVICE, "alice", "lost"),
      () => impatient.deletePassword(SERVICE, "alice"),
    ];
    const unattended = open({ unattended: true });
    for (let attempt = 0; attempt < 2; attempt++) {
      await assertRejects(() => unattended.getPassword(SERVICE, "alice"), KeyringLockedError);
      await assertRejects(() => unattended.setPassword(SERVICE, "bob", "lost"), KeyringLockedError);
    }
    for (const call of calls) await assertRejects(call, KeyringTimeoutError);
  } finally {
    await restartDaemon("SIGTERM");
  }
  assertEquals(await keyring.getPassword(SERVICE, "alice"), "kept");
});

test("a daemon that is gone, or switched off, is no keyring", async (keyring) => {
  const get = () => keyring.getPassword(SERVICE, "alice");
  await killDaemon("SIGTERM");
  await assertRejects(get, NoKeyringError);
  await startDaemon();
  await withSetting("Enabled=true", "Enabled=false", async () => {
    const calls = [get, () => keyring.list(), () => keyring.setPassword(SERVICE, "alice", "lost")];
    for (const call of calls) await assertRejects(call, NoKeyringError);
  });
  assertEquals(await get(), "kept");
});
