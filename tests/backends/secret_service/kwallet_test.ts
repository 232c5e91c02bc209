// @environment kwallet, kwallet6
//
// What KDE Wallet offers as the Secret Service: a locked one reports success and loses data, and
// secrets are saved late.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { SecretServiceKeyring } from "../../../src/backends/secret_service/backend.ts";
import { isLockedError, SecretService } from "../../../src/backends/secret_service/service.ts";
import { KeyringTimeoutError, NoKeyringError } from "../../../src/errors.ts";
import { sessionBus } from "../../../src/lib/dbus/session.ts";
import { callDaemon, restartDaemon, withSetting } from "../../fixtures/kwallet_daemon.ts";

const ignore = Deno.env.get("KEYRING_TEST_KWALLET") !== "1";
const SERVICE = "os-keyring-test";
const SECRET = { value: new TextEncoder().encode("lost"), contentType: "text/plain" };
const open = (timeoutMs = 5_000) =>
  new SecretServiceKeyring({
    bus: Deno.env.get("DBUS_SESSION_BUS_ADDRESS") ?? "unix:path=/none",
    timeoutMs,
  });

// Connected outside the tests, because the connection stays and the sanitizer would report it.
if (!ignore) await open().list();

function test(name: string, fn: (keyring: SecretServiceKeyring) => Promise<void>): void {
  Deno.test(`KDE Wallet as Secret Service: ${name}`, { ignore }, async () => {
    const keyring = open();
    await keyring.setPassword(SERVICE, "alice", "kept");
    try {
      await fn(keyring);
    } finally {
      await keyring.deletePassword(SERVICE, "alice");
    }
  });
}

/** Closes the wallet, which cannot be opened then: there is no screen for the dialog. */
async function whileClosed(fn: () => Promise<void>): Promise<void> {
  await callDaemon("closeAllWallets");
  try {
    await fn();
  } finally {
    await restartDaemon("SIGKILL");
  }
}

test("secrets are encrypted on their way", async () => {
  assert(await new SecretService(sessionBus()).isEncrypted());
});

test("a new daemon is asked like the one before", async (keyring) => {
  const calls = [
    async () => assertEquals(await keyring.getPassword(SERVICE, "alice"), "kept"),
    async () => assertEquals((await keyring.list({ service: SERVICE })).length, 1),
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
  assertEquals(await keyring.getPassword(SERVICE, "bob"), "new");
  await keyring.deletePassword(SERVICE, "bob");
  await restartDaemon("SIGKILL");
  assertEquals(await keyring.getPassword(SERVICE, "bob"), null);
  assertEquals((await keyring.list({ service: SERVICE })).length, 1);
});

test("a locked wallet loses nothing, and nothing is missing there", async (keyring) => {
  await whileClosed(async () => {
    const impatient = open(300);
    const calls = [
      () => impatient.getPassword(SERVICE, "alice"),
      () => impatient.getCredential(SERVICE),
      () => impatient.setPassword(SERVICE, "alice", "lost"),
      () => impatient.setPassword(SERVICE, "bob", "lost"),
      () => impatient.deletePassword(SERVICE, "alice"),
    ];
    for (const call of calls) await assertRejects(call, KeyringTimeoutError);
    assertEquals((await impatient.list({ service: SERVICE })).length, 1);
  });
  assertEquals(await keyring.getPassword(SERVICE, "alice"), "kept");
  assertEquals(await keyring.getPassword(SERVICE, "bob"), null);
});

test("a wallet that is locked after the search does not deceive", async (keyring) => {
  const service = new SecretService(sessionBus());
  const { unlocked } = await service.search(new Map([["service", SERVICE]]));
  const [item = ""] = unlocked;
  await whileClosed(async () => {
    assertEquals(await service.getSecrets([item]), new Map());
    for (const write of [() => service.setSecret(item, SECRET), () => service.deleteItem(item)]) {
      assert(isLockedError(await write().catch((error) => error)));
    }
  });
  assertEquals(await keyring.getPassword(SERVICE, "alice"), "kept");
});

test("items that are gone are left out", async (keyring) => {
  await keyring.setPassword(SERVICE, "bob", "new");
  const service = new SecretService(sessionBus());
  const { unlocked } = await service.search(new Map([["service", SERVICE]]));
  await keyring.deletePassword(SERVICE, "bob");
  assertEquals(unlocked.length, 2);
  assertEquals((await service.getSecrets(unlocked)).size, 1);
});

test("a daemon that serves no secrets is no keyring", async (keyring) => {
  await withSetting("apiEnabled=true", "apiEnabled=false", async () => {
    while (await callDaemon("isEnabled").catch(() => false) !== true);
    await assertRejects(() => keyring.getPassword(SERVICE, "alice"), NoKeyringError);
  });
});
