// @environment keepassxc
// @needs xdotool, secret-tool (libsecret-tools)
//
// What KeePassXC does in its own way: it hides what is locked, asks about each client, and has a
// prompt for every change.

import { assertEquals, assertRejects } from "@std/assert";
import { SecretServiceKeyring } from "../../../src/backends/secret_service/backend.ts";
import { KeyringLockedError, PasswordDeleteError } from "../../../src/errors.ts";
import {
  DATABASE_PASSWORD,
  KeePassXC,
  type Settings,
  withKeePassXC,
} from "../../fixtures/keepassxc.ts";
import { startProxy } from "../../support/bus_proxy.ts";
import { secretTool } from "../../fixtures/secret_tool.ts";

const ignore = Deno.env.get("KEYRING_TEST_KEEPASSXC") !== "1";
const SERVICE = "os-keyring-test";
const ITEM = "org.freedesktop.Secret.Item";
const UNLOCK = "Unlock Database";
const ACCESS = "Access Request";
const DELETE = "Delete entry";
const PASSWORD_KEYS = [`"${DATABASE_PASSWORD}"`, "Return"];
const USERS = ["alice", "bob", "carol"];

function test(name: string, fn: (keepassxc: KeePassXC) => Promise<void>): void {
  Deno.test({
    name: `KeePassXC: ${name}`,
    ignore,
    fn: async () => {
      const [bus, display] = ["DBUS_SESSION_BUS_ADDRESS", "DISPLAY"].map((it) => Deno.env.get(it));
      const keepassxc = new KeePassXC(`${bus}`, `${display}`);
      try {
        await fn(keepassxc);
      } finally {
        for (const { username } of await keepassxc.keyring().list({ service: SERVICE })) {
          await keepassxc.keyring().deletePassword(SERVICE, username);
        }
        keepassxc.close();
      }
    },
  });
}

test("a set reaches the entry of another program, and leaves its label and attributes", async (keepassxc) => {
  const names = ["service", SERVICE, "username", "alice"];
  await secretTool(["store", "--label=of secret-tool", "--", ...names], "old");
  const keyring = keepassxc.keyring();
  const look = async () => {
    const found = await keepassxc.service.search(new Map([["service", SERVICE]]));
    const items = await Promise.all(
      found.unlocked.map((path) => keepassxc.service.getProperties(path)),
    );
    return items.map(({ label, attributes }) => [label, attributes]);
  };
  const before = await look();
  await keyring.setPassword(SERVICE, "alice", "new");
  assertEquals((await secretTool(["lookup", ...names])).stdout, "new");
  assertEquals(await keyring.getPassword(SERVICE, "alice"), "new");
  assertEquals(await look(), before);
  assertEquals(before.length, 1);
});

test("the longest names are found again", async (keepassxc) => {
  const keyring = keepassxc.keyring();
  const long = "x".repeat(32_000);
  await keyring.setPassword(SERVICE, long, "made-up");
  assertEquals(await keyring.getPassword(SERVICE, long), "made-up");
});

test("items that are gone are left out", async (keepassxc) => {
  for (const user of USERS) await keepassxc.keyring().setPassword(SERVICE, user, user);
  const { unlocked } = await keepassxc.service.search(new Map([["service", SERVICE]]));
  await keepassxc.keyring().deletePassword(SERVICE, "bob");
  assertEquals((await keepassxc.service.getSecrets(unlocked)).size, 2);
});

test("a database that is locked before the deletion hides nothing from it", async (keepassxc) => {
  await keepassxc.keyring().setPassword(SERVICE, "alice", "kept");
  let isLocked = false;
  const path = /unix:path=([^,]+)/.exec(keepassxc.bus)?.[1] ?? "";
  await using proxy = await startProxy(path, async ({ message }) => {
    if (isLocked || message.member !== "Get" || message.body?.[0] !== ITEM) return;
    isLocked = true;
    await keepassxc.lock();
  });
  await using keyring = new SecretServiceKeyring({ bus: proxy.address });
  const remove = () => keyring.deletePassword(SERVICE, "alice");
  assertEquals(await keepassxc.answer(remove, UNLOCK, PASSWORD_KEYS), 1);
  assertEquals(await keyring.getPassword(SERVICE, "alice"), null);
});

async function checkLocked(keepassxc: KeePassXC): Promise<void> {
  const keyring = keepassxc.keyring();
  await keyring.setPassword(SERVICE, "alice", "kept");
  await keepassxc.lock();
  const calls = [
    () => keyring.getPassword(SERVICE, "alice"),
    () => keyring.getPassword(SERVICE, "nobody"),
    () => keyring.getCredential(SERVICE),
    () => keyring.setPassword(SERVICE, "alice", "new"),
    () => keyring.deletePassword(SERVICE, "alice"),
    () => keyring.list(),
  ];
  for (const call of calls) {
    const refused = () => assertRejects(call, KeyringLockedError);
    assertEquals(await keepassxc.answer(refused, UNLOCK, ["Escape"]), 1);
  }
  const set = () => keyring.setPassword(SERVICE, "alice", "new");
  assertEquals(await keepassxc.answer(set, UNLOCK, PASSWORD_KEYS), 1);
  assertEquals(await keyring.getPassword(SERVICE, "alice"), "new");
  const { unlocked } = await keepassxc.service.search(new Map([["service", SERVICE]]));
  assertEquals(unlocked.length, 1);
}

test("a locked database is unlocked by one dialog, or the keyring is locked", checkLocked);

function testWith(settings: Settings, name: string, fn: (it: KeePassXC) => Promise<void>): void {
  Deno.test({ name: `KeePassXC: ${name}`, ignore, fn: () => withKeePassXC(settings, fn) });
}

testWith(
  { KEEPASSXC_UNLOCK_BEFORE_SEARCH: "true" },
  "a database that a search unlocks is not asked for twice",
  checkLocked,
);

testWith(
  { KEEPASSXC_CONFIRM_ACCESS: "true", KEEPASSXC_CONFIRM_DELETE: "true" },
  "each client is asked about once",
  async (keepassxc) => {
    for (const user of USERS) await keepassxc.keyring().setPassword(SERVICE, user, `of ${user}`);
    const keyring = keepassxc.keyring(true);
    const refused = () =>
      assertRejects(() => keyring.getPassword(SERVICE, "bob"), KeyringLockedError);
    assertEquals(await keepassxc.answer(refused, ACCESS, ["Escape"]), 1);
    const readAll = async () => {
      for (const { username } of await keyring.list()) {
        assertEquals(await keyring.getPassword(SERVICE, username), `of ${username}`);
      }
      await keyring.setPassword(SERVICE, "bob", "new");
      await keyring.setPassword(SERVICE, "dave", "new");
    };
    assertEquals(await keepassxc.answer(readAll, ACCESS, ["Return"]), 1);
    // Its default button is No.
    const remove = () => keyring.deletePassword(SERVICE, "bob");
    const kept = () => assertRejects(remove, PasswordDeleteError, "was not confirmed");
    assertEquals(await keepassxc.answer(kept, DELETE, ["Return"]), 1);
    assertEquals(await keyring.getPassword(SERVICE, "bob"), "new");
    assertEquals(await keepassxc.answer(remove, DELETE, ["Left", "Return"]), 1);
    assertEquals(await keyring.getPassword(SERVICE, "bob"), null);
    const set = () => keepassxc.keyring(true).setPassword(SERVICE, "alice", "newer");
    assertEquals(await keepassxc.answer(set, ACCESS, ["Return"]), 1);
    assertEquals(await keyring.getPassword(SERVICE, "alice"), "newer");
  },
);
