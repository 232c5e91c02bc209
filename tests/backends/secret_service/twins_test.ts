// @environment secret-service
// @needs python3:secretstorage (python3-secretstorage)
//
// Several items of one entry, one of them in a collection that can be locked by itself, over D-Bus.

import { assertEquals, assertRejects } from "@std/assert";
import { SecretServiceKeyring } from "../../../src/backends/secret_service/backend.ts";
import { DEFAULT_COLLECTION, SecretService } from "../../../src/backends/secret_service/service.ts";
import { KeyringLockedError, PasswordDeleteError } from "../../../src/errors.ts";
import { sessionBus } from "../../../src/lib/dbus/session.ts";
import { isPrivateSession } from "../../fixtures/private_session.ts";
import { runProgram } from "../../fixtures/secret_tool.ts";

const ignore = !isPrivateSession();
const SERVICE = "os-keyring-test";
const NAMES = { service: SERVICE, username: "alice" };
const SESSION = "/org/freedesktop/secrets/collection/session";
const bus = Deno.env.get("DBUS_SESSION_BUS_ADDRESS") ?? "unix:path=/none";
const keyring = new SecretServiceKeyring({ bus });

// Connected outside the tests, because the connection stays and the sanitizer would report it.
if (!ignore) await keyring.list();

// The daemon's own way around a dialog, which the session has no screen for.
const PROGRAM = `
import secretstorage, sys
from secretstorage.util import DBusAddressWrapper, format_secret, open_session
bus = secretstorage.dbus_init()
secret = format_secret(open_session(bus), b"correct-horse", "text/plain")
interface = "org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface"
service = DBusAddressWrapper("/org/freedesktop/secrets", interface, bus)
if sys.argv[1] == "create":
    label = {"org.freedesktop.Secret.Collection.Label": ("s", "second")}
    print(service.call("CreateWithMasterPassword", "a{sv}(oayays)", label, secret)[0])
else:
    service.call("UnlockWithMasterPassword", "o(oayays)", sys.argv[2], secret)
`;

async function daemon(...args: string[]): Promise<string> {
  return (await runProgram("/usr/bin/python3", ["-c", PROGRAM, ...args])).stdout.trim();
}

async function call(path: string, member: string, body: unknown[] = []): Promise<void> {
  const signature = body.length > 0 ? "ao" : "";
  const name = path.endsWith("secrets") ? "Service" : "Collection";
  const target = { path, interface: `org.freedesktop.Secret.${name}`, member };
  await sessionBus().call("org.freedesktop.secrets", { ...target, signature, body });
}

class Items {
  readonly #service = new SecretService(sessionBus());

  async create(collection: string, value: string, more: Record<string, string> = {}) {
    const attributes = new Map(Object.entries({ ...NAMES, ...more }));
    const secret = { value: new TextEncoder().encode(value), contentType: "text/plain" };
    const item = { label: "by hand", attributes, replace: false };
    return await this.#service.createItem(collection, item, secret);
  }

  async read(path: string): Promise<string | undefined> {
    const secret = (await this.#service.getSecrets([path])).get(path);
    return secret && new TextDecoder().decode(secret.value);
  }

  async delete(path: string): Promise<void> {
    await this.#service.deleteItem(path);
  }
}

Deno.test(
  "a twin in a locked collection is unlocked, or nothing is changed",
  { ignore },
  async () => {
    const items = new Items();
    const second = await daemon("create");
    try {
      const first = await items.create(DEFAULT_COLLECTION, "kept");
      const twin = await items.create(second, "kept");
      await call("/org/freedesktop/secrets", "Lock", [[second]]);
      // Without a screen, a dialog counts as dismissed.
      const changes = [
        () => keyring.setPassword(SERVICE, "alice", "lost"),
        () => keyring.deletePassword(SERVICE, "alice"),
      ];
      for (const change of changes) {
        await assertRejects(change, KeyringLockedError);
        assertEquals(await items.read(first), "kept");
      }
      await daemon("unlock", second);
      assertEquals(await items.read(twin), "kept");
      await keyring.setPassword(SERVICE, "alice", "new");
      for (const item of [first, twin]) assertEquals(await items.read(item), "new");
      await keyring.deletePassword(SERVICE, "alice");
      assertEquals(await keyring.getPassword(SERVICE, "alice"), null);
    } finally {
      await call(second, "Delete");
    }
  },
);

Deno.test("what is only in memory does not count as stored", { ignore }, async () => {
  const items = new Items();
  const item = await items.create(SESSION, "of the session");
  await keyring.setPassword(SERVICE, "alice", "stored");
  assertEquals(await keyring.getPassword(SERVICE, "alice"), "stored");
  assertEquals(await items.read(item), "of the session");
  await keyring.deletePassword(SERVICE, "alice");
  assertEquals(await keyring.getPassword(SERVICE, "alice"), null);
});

for (const attribute of ["port", "type", "xdg:schema"]) {
  Deno.test(`an item with another ${attribute} is another entry`, { ignore }, async () => {
    const items = new Items();
    // One that has our mark, too, is what a careless set would overwrite.
    const marked = { application: "Python keyring library", [attribute]: "other" };
    for (const more of [{ [attribute]: "other" }, marked]) {
      const item = await items.create(DEFAULT_COLLECTION, "theirs", more);
      const remove = () => keyring.deletePassword(SERVICE, "alice");
      await assertRejects(remove, PasswordDeleteError, "an entry of another program");
      await keyring.setPassword(SERVICE, "alice", "ours");
      assertEquals(await keyring.getPassword(SERVICE, "alice"), "ours");
      await assertRejects(remove, PasswordDeleteError, "it was deleted, but an entry of another");
      assertEquals(await keyring.getPassword(SERVICE, "alice"), "theirs");
      assertEquals(await items.read(item), "theirs");
      await items.delete(item);
    }
  });
}
