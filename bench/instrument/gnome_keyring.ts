/**
 * A keyring of GNOME's that is full from the start: it writes its whole file at each change, so that
 * to store 10,000 entries one by one takes an hour.
 *
 * @module
 */

import { sessionBus } from "../../src/lib/dbus/session.ts";
import { Variant } from "../../src/lib/dbus/types.ts";
import { FILLING } from "./scope.ts";

const NAME = "os-keyring-bench";
const ROOT = "/org/freedesktop/secrets";
const COLLECTION = `${ROOT}/collection/${NAME.replaceAll("-", "_2d")}`;
const SERVICE = "org.freedesktop.Secret.Service";
// How the daemon is asked without a dialog.
const INTERNAL = "org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface";
const TIMEOUT_MS = 120_000;

/** Writes the file of a keyring without a password, and returns its path. */
export async function writeKeyringFile(folder: string, entries: number): Promise<string> {
  const items = Array.from({ length: entries }, (_, index) => itemText(index + 1));
  const head = `[keyring]\ndisplay-name=${NAME}\nctime=0\nmtime=0\nlock-on-idle=false\n`;
  const path = `${folder}/${NAME}.keyring`;
  await Deno.writeTextFile(path, [head, ...items].join("\n"));
  return path;
}

/** An item with the attributes that the layouts of all parties have together. */
function itemText(number: number): string {
  const username = `user-${number}`;
  const attributes = {
    application: "Python keyring library",
    service: FILLING,
    username,
    account: username,
    "xdg:schema": "org.freedesktop.Secret.Generic",
  };
  const parts = Object.entries(attributes).map(([name, value], index) =>
    `[${number}:attribute${index}]\nname=${name}\ntype=string\nvalue=${value}\n`
  );
  const head = `[${number}]\nitem-type=0\ndisplay-name=bench\nsecret=made-up\nmtime=0\nctime=0\n`;
  return [head, ...parts].join("\n");
}

/** Gives the keyring, which the daemon has loaded, a password, and makes it the default one. */
export async function adoptFilling(entries: number): Promise<void> {
  const bus = sessionBus();
  const call = async (owner: string, member: string, signature: string, ...body: unknown[]) => {
    const message = { path: ROOT, interface: owner, member, signature, body };
    const reply = await bus.call("org.freedesktop.secrets", message, { timeoutMs: TIMEOUT_MS });
    return reply.body ?? [];
  };
  const [, session] = await call(SERVICE, "OpenSession", "sv", "plain", new Variant("s", ""));
  const secret = (text: string) => [
    session,
    new Uint8Array(),
    new TextEncoder().encode(text),
    "text/plain",
  ];
  const [none, password] = [secret(""), secret("made-up")];
  const change = "ChangeWithMasterPassword";
  await call(INTERNAL, change, "o(oayays)(oayays)", COLLECTION, none, password);
  await call(INTERNAL, "UnlockWithMasterPassword", "o(oayays)", COLLECTION, password);
  await call(SERVICE, "SetAlias", "so", "default", COLLECTION);
  const [found] = await call(SERVICE, "SearchItems", "a{ss}", new Map([["service", FILLING]]));
  bus.close();
  const { length } = found as unknown[];
  if (length !== entries) throw new Error(`gnome-keyring has ${length} entries, not ${entries}`);
}
