// @needs dbus-daemon (dbus), gnome-keyring-daemon (gnome-keyring)
// @uses setpriv (util-linux)
//
// Daemons and buses that come, go, and do not answer.

import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertLess,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { SecretServiceKeyring } from "../../../src/backends/secret_service/backend.ts";
import {
  KeyringError,
  KeyringLockedError,
  KeyringTimeoutError,
  NoKeyringError,
  PasswordDeleteError,
  PasswordSetError,
} from "../../../src/errors.ts";
import { GnomeSession, noGnome } from "../../support/gnome_session.ts";
import { FakeBus, type FakeClient } from "../../lib/dbus/fake_bus.ts";
import { exists } from "../../lib/dbus/private_bus.ts";

const SERVICE = "os-keyring-test";
const SETPRIV = "/usr/bin/setpriv";
const noOtherUser = noGnome || Deno.uid() !== 0 || !exists(SETPRIV);
const noSockets = Deno.build.os === "windows";

function test(
  name: string,
  fn: (session: GnomeSession, keyring: SecretServiceKeyring) => Promise<void>,
): void {
  Deno.test({
    name,
    ignore: noGnome,
    fn: async () => {
      await using session = await GnomeSession.start();
      await using keyring = session.keyring();
      await keyring.setPassword(SERVICE, "alice", "made-up");
      await fn(session, keyring);
    },
  });
}

/** Every kind of call, by its name. */
function callsOf(keyring: SecretServiceKeyring, signal?: AbortSignal) {
  const options = signal ? { signal } : {};
  return {
    get: () => keyring.getPassword(SERVICE, "alice", options),
    credential: () => keyring.getCredential(SERVICE, null, options),
    set: () => keyring.setPassword(SERVICE, "alice", "new", options),
    create: () => keyring.setPassword(SERVICE, "bob", "new", options),
    delete: () => keyring.deletePassword(SERVICE, "alice", options),
    list: () => keyring.list(options),
  };
}

test(
  "a daemon that was started anew between two calls is asked again",
  async (session, keyring) => {
    for (const call of [callsOf(keyring).set, callsOf(keyring).get, callsOf(keyring).list]) {
      await session.restartDaemon();
      await call();
    }
    await session.restartDaemon();
    const found = await Promise.all([1, 2, 3].map(() => keyring.getPassword(SERVICE, "alice")));
    assertEquals(found, ["new", "new", "new"]);
    await session.restartDaemon();
    await keyring.deletePassword(SERVICE, "alice");
    assertEquals(await keyring.list(), []);
  },
);

test("a daemon that was started anew and is locked says so", async (session, keyring) => {
  await session.restartDaemon("");
  const { list, ...calls } = callsOf(keyring);
  for (const [name, call] of Object.entries(calls)) {
    const error = await assertRejects(call, KeyringLockedError, "the keyring is locked", name);
    assert(!error.message.includes("made-up"));
  }
  assertEquals((await list()).map(({ username }) => username), ["alice"]);
  assertEquals(await keyring.has?.(SERVICE, "alice"), true);
  assertEquals(await keyring.getPassword(SERVICE, "nobody"), null);
  await assertRejects(() => keyring.deletePassword(SERVICE, "nobody"), PasswordDeleteError);
  await session.restartDaemon();
  assertEquals(await keyring.getPassword(SERVICE, "alice"), "made-up");
});

test("a daemon that is gone is missed until it is back", async (session, keyring) => {
  await session.stopDaemon("SIGTERM");
  for (const call of Object.values(callsOf(keyring))) {
    await assertRejects(call, NoKeyringError, "the Secret Service is not running");
  }
  await session.startDaemon();
  assertEquals(await keyring.getPassword(SERVICE, "alice"), "made-up");
});

test(
  "a bus that was started anew between two calls is connected to again",
  async (session, keyring) => {
    await session.restartBus();
    const found = await Promise.all([1, 2, 3].map(() => keyring.getPassword(SERVICE, "alice")));
    assertEquals(found, ["made-up", "made-up", "made-up"]);
    // Its own, and the one that asks.
    assertEquals(await session.connections(), await connectionsOfNewBus(session));
    await session.restartBus();
    await keyring.setPassword(SERVICE, "alice", "new");
    await session.restartBus("");
    await assertRejects(() => keyring.getPassword(SERVICE, "alice"), KeyringLockedError);
    await session.stopDaemon();
    await session.bus.kill();
    for (const call of Object.values(callsOf(keyring))) {
      await assertRejects(call, NoKeyringError, "there is no D-Bus session");
    }
  },
);

async function connectionsOfNewBus(session: GnomeSession): Promise<number> {
  const before = await session.connections();
  return before - 1;
}
