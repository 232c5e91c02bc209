// @needs dbus-daemon (dbus), gnome-keyring-daemon (gnome-keyring)
//
// Items that other programs made to fool whoever lists them, on a real daemon.

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { DEFAULT_COLLECTION, SecretService } from "../../../src/backends/secret_service/service.ts";
import { KeyringError } from "../../../src/errors.ts";
import { sessionBus } from "../../../src/lib/dbus/session.ts";
import type { Outcome } from "../../fixtures/command.ts";
import { checkHostileNames } from "../../fixtures/hostile_names.ts";
import { GnomeSession, noGnome } from "../../support/gnome_session.ts";

const CLI = decodeURIComponent(new URL("../../../cli.ts", import.meta.url).pathname);
const APPLICATION = "Python keyring library";

interface Item {
  attributes: Record<string, string>;
  label?: string;
  secret?: string;
}

const many = Object.fromEntries(Array.from({ length: 2_000 }, (_, index) => [`a${index}`, "x"]));
/** Each is an entry, as a read sees it. */
const ENTRIES: Item[] = [
  {
    attributes: { service: "a\nattribute.username = x", username: "\u001b[2J\u202e" },
    label: "\u001b]0;x\u0007\n[/org/1]\nsecret = x",
  },
  { attributes: { service: "s", username: "a", "gkr:compat:x": "y" } },
  { attributes: { service: "s", username: "b", "gkr:compat:hashed:service": "y" } },
  { attributes: { service: "s", username: "c", "gkr:compat:uint32:port": "80" } },
  { attributes: { service: "s", username: "d", "": "x", "line\nbreak": "\n" } },
  { attributes: { service: "s", username: "e", note: "n".repeat(1024 * 1024) } },
  { attributes: { service: "s", username: "f", ...many } },
  { attributes: { service: "s", username: "g", type: "map" }, secret: "\n\u001b[2J" },
  { attributes: { service: "s", username: "h", Uuid: "/a\nb", TOTP: "x" }, secret: "" },
  { attributes: { service: "__proto__", username: "constructor" } },
  { attributes: { service: "s", username: "n".repeat(32_000) } },
];
/** Names that no call of this library takes. */
const REFUSED: Item[] = [
  { attributes: { service: "s", username: "n".repeat(32_768) } },
  { attributes: { service: "n".repeat(100_000), username: "x" } },
  { attributes: { service: "\ufeffs", username: "a" } },
];
/** No entries at all. */
const NONE: Item[] = [
  { attributes: { service: "s" } },
  { attributes: { username: "s" } },
  { attributes: { service: "", username: "s" } },
  { attributes: {} },
];

async function create(service: SecretService, items: readonly Item[]): Promise<void> {
  for (const [index, { attributes, label = "x", secret = `made-up ${index}` }] of items.entries()) {
    const all = new Map(Object.entries({ application: APPLICATION, ...attributes }));
    const value = { value: new TextEncoder().encode(secret), contentType: "text/plain" };
    const item = { label, attributes: all, replace: false };
    await service.createItem(DEFAULT_COLLECTION, item, value);
  }
}

function command(session: GnomeSession, ...args: string[]): Promise<Outcome> {
  const flags = ["run", "-A", "--quiet", "--no-check", "--cached-only"];
  return session.run(Deno.execPath(), [...flags, CLI, "-b", "secret-service", ...args]);
}

function namesOf(items: readonly Item[]): string[] {
  return items.map(({ attributes: { service, username } }) => JSON.stringify([service, username]))
    .toSorted();
}

Deno.test({
  name: "list and export take hostile items for what they are, over D-Bus",
  ignore: noGnome,
  fn: async () => {
    await using session = await GnomeSession.start();
    await using keyring = session.keyring();
    const service = new SecretService(sessionBus(session));
    await create(service, [...ENTRIES, ...NONE]);
    await session.restartDaemon();

    const listed = (await keyring.list()).map((attributes) => ({ attributes: { ...attributes } }));
    assertEquals(namesOf(listed as unknown as Item[]), namesOf(ENTRIES));
    for (const [index, { attributes, secret = `made-up ${index}` }] of ENTRIES.entries()) {
      const { service = "", username = "" } = attributes;
      assertEquals(await keyring.getPassword(service, username), secret);
    }

    const list = await command(session, "list");
    assertEquals([list.code, list.err], [0, ""]);
    assertEquals(list.out.trimEnd().split("\n").length, ENTRIES.length);
    // deno-lint-ignore no-control-regex -- these are what is looked for
    assert(!/[\0-\x09\x0b-\x1f\x7f-\x9f\u202e]/.test(list.out));
    const exported = await command(session, "export");
    assertEquals([exported.code, exported.err], [0, ""]);
    const lines = exported.out.trimEnd().split("\n").map((line) => JSON.parse(line));
    assertEquals(lines.length, ENTRIES.length);
    const secrets = lines.map(({ password }) => password).toSorted();
    const stored = ENTRIES.map(({ secret }, index) => secret ?? `made-up ${index}`);
    assertEquals(secrets, stored.toSorted());

    // What cannot be read is counted, and never left out in silence.
    await create(service, REFUSED);
    assertEquals((await keyring.list()).length, ENTRIES.length + REFUSED.length);
    const failed = await command(session, "export");
    assertEquals([failed.code, failed.out], [1, ""]);
    assertStringIncludes(
      failed.err,
      `Nothing was written: ${REFUSED.length} of ${ENTRIES.length + REFUSED.length} secrets`,
    );
    for (const { attributes: { service = "", username = "" } } of REFUSED) {
      const error = await assertRejects(() => keyring.getPassword(service, username), KeyringError);
      assert(error.message.length < 400);
    }
    assert(session.isAlive);
  },
});

Deno.test({
  name: "gnome-keyring keeps or refuses hostile names over D-Bus",
  ignore: noGnome,
  fn: async () => {
    await using session = await GnomeSession.start();
    await using keyring = session.keyring();
    await checkHostileNames(keyring);
    assert(session.isAlive);
  },
});
