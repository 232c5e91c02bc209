// @needs dbus-daemon (dbus), gnome-keyring-daemon (gnome-keyring)
// @uses setpriv (util-linux)
//
// Daemons and buses that come, go, and do not answer.

import { assert, assertEquals, assertLess, assertRejects, assertStringIncludes } from "@std/assert";
import { SecretServiceKeyring } from "../../../src/backends/secret_service/backend.ts";
import {
  InitError,
  KeyringLockedError,
  KeyringTimeoutError,
  NoKeyringError,
  PasswordDeleteError,
  PasswordSetError,
} from "../../../src/errors.ts";
import { startProxy } from "../../support/bus_proxy.ts";
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
  for (const [name, call] of Object.entries(callsOf(keyring))) {
    const error = await assertRejects(call, KeyringLockedError, "the keyring is locked", name);
    assert(!error.message.includes("made-up"));
  }
  const locked = () => keyring.list({ service: SERVICE });
  await assertRejects(locked, KeyringLockedError);
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
    const before = await session.connections();
    const found = await Promise.all([1, 2, 3].map(() => keyring.getPassword(SERVICE, "alice")));
    assertEquals(found, ["made-up", "made-up", "made-up"]);
    // Its own, and the one that asks.
    assertEquals(await session.connections(), before + 2);
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

test("a daemon that does not answer is given up in time, or on an abort", async (session) => {
  await session.keyring().list();
  using keyring = session.keyring({ timeoutMs: 150 });
  await session.pauseDaemon(true);
  await checkSilence(keyring, "the Secret Service did not answer in time");
  await session.pauseDaemon(false);
  assertEquals(await keyring.getPassword(SERVICE, "alice"), "made-up");
});

/** Nothing answers, neither in the time limit of the keyring nor until an abort. */
async function checkSilence(keyring: SecretServiceKeyring, message: string): Promise<void> {
  const start = performance.now();
  await Promise.all(
    Object.values(callsOf(keyring)).map((call) =>
      assertRejects(call, KeyringTimeoutError, message)
    ),
  );
  // Less than a new connection has without that limit.
  assertLess(performance.now() - start, 4_500);
  const controller = new AbortController();
  const reason = new Error("enough");
  setTimeout(() => controller.abort(reason), 30);
  const calls = Object.values(callsOf(keyring, controller.signal));
  for (const error of await Promise.all(calls.map((call) => call().catch((error) => error)))) {
    assertEquals(error, reason);
  }
  for (const call of calls) assertEquals(await call().catch((error) => error), reason);
  assertLess(performance.now() - start, 30_000);
}

const SILENT: Record<string, (client: FakeClient) => Promise<void>> = {
  "accepts and never answers": (client) => client.untilClosed(),
  "never answers Hello": async (client) => {
    await client.authenticate();
    await client.untilClosed();
  },
  "answers Hello, and then nothing": async (client) => {
    await client.greet();
    await client.untilClosed();
  },
};

for (const [what, serve] of Object.entries(SILENT)) {
  Deno.test({
    name: `a bus that ${what} is given up in time, or on an abort`,
    ignore: noSockets,
    fn: async () => {
      await using bus = await FakeBus.start(serve);
      using keyring = new SecretServiceKeyring({ bus: bus.address, timeoutMs: 100 });
      await checkSilence(keyring, "the Secret Service did not answer in time");
    },
  });
}

Deno.test({
  name: "the time limit is that of all steps of a call together",
  ignore: noSockets,
  fn: async () => {
    await using bus = await FakeBus.start(async (client) => {
      await client.greet();
      for (;;) {
        const call = await client.next();
        await new Promise((resolve) => setTimeout(resolve, 60));
        if (call.member === "SearchItems") await client.reply(call, "aoao", [], []);
        else if (call.member === "ReadAlias") await client.reply(call, "o", "/a");
        else await client.reply(call);
      }
    });
    using keyring = new SecretServiceKeyring({ bus: bus.address, timeoutMs: 200 });
    await assertRejects(() => keyring.getPassword(SERVICE, "alice"), KeyringTimeoutError);
  },
});

Deno.test({
  name: "what is not a bus, or not that of this user, is refused",
  ignore: noSockets,
  fn: async () => {
    const folder = await Deno.makeTempDir();
    await Deno.writeTextFile(`${folder}/file`, "");
    const web = (client: FakeClient) => client.write("HTTP/1.1 400 Bad Request\r\n".repeat(99));
    await using server = await FakeBus.start(web);
    const closing = (client: FakeClient) => Promise.resolve(client.close());
    await using refusing = await FakeBus.start(closing);
    const none = "there is no D-Bus session (";
    const addresses = {
      [`unix:path=${folder}/missing`]: none,
      [`unix:path=${folder}/file`]: none,
      [`unix:path=${folder}/file/x`]: none,
      [`unix:path=${folder}`]: none,
      [`unix:path=/${"x".repeat(200)}`]: none,
      "tcp:host=localhost,port=1": none,
      [server.address]: "what answers at the address of the D-Bus session is not a message bus",
      [refusing.address]: "the D-Bus session refused the connection",
    };
    for (const [bus, message] of Object.entries(addresses)) {
      const keyring = new SecretServiceKeyring({ bus });
      for (const call of Object.values(callsOf(keyring))) {
        const error = await assertRejects(call, NoKeyringError, message);
        assert(error.advice?.endsWith("."));
      }
      keyring.close();
    }
    await Deno.remove(folder, { recursive: true });
  },
});

Deno.test({
  name: "the bus of another user refuses the connection",
  ignore: noOtherUser,
  fn: async () => {
    await using session = await GnomeSession.start();
    await session.stopDaemon();
    await Deno.chown(session.bus.folder, 65534, 65534);
    await session.bus.restart([SETPRIV, "--reuid=65534", "--clear-groups"]);
    using keyring = session.keyring();
    const message = "the D-Bus session refused the connection, as that of another user would";
    for (const call of Object.values(callsOf(keyring))) {
      await assertRejects(call, NoKeyringError, message);
    }
  },
});

test("a daemon that is killed while it writes leaves the outcome unknown", async (session) => {
  await using proxy = await startProxy(session.bus.path, async ({ message }) => {
    if (!["SetSecret", "CreateItem", "Delete"].includes(message.member ?? "")) return;
    await session.pauseDaemon(true);
    setTimeout(() => session.stopDaemon(), 50);
  });
  await using keyring = session.keyring({ bus: proxy.address });
  const { set, create, delete: remove } = callsOf(keyring);
  const writes = [[set, PasswordSetError], [create, PasswordSetError], [
    remove,
    PasswordDeleteError,
  ]] as const;
  for (const [call, kind] of writes) {
    const error = await assertRejects(call, kind, "so the outcome is unknown");
    assertStringIncludes(error.advice ?? "", "Read the entry to find out.");
    await session.startDaemon();
  }
  assertEquals(await keyring.getPassword(SERVICE, "alice"), "made-up");
  assertEquals(await keyring.getPassword(SERVICE, "bob"), null);
});

test("a daemon without a default keyring says so", async (session, keyring) => {
  await session.stopDaemon("SIGTERM");
  await Deno.remove(`${session.bus.folder}/data/keyrings`, { recursive: true });
  await session.startDaemon("");
  const { get, credential, list, set, create, delete: remove } = callsOf(keyring);
  assertEquals(await Promise.all([get(), credential(), list()]), [null, null, []]);
  await assertRejects(remove, PasswordDeleteError, "there is no such entry");
  for (const call of [set, create]) {
    await assertRejects(call, InitError, "has no default keyring");
  }
});
