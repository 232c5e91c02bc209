// KDE Wallet's own calls over one connection. Each change is saved at once, as by this library.

import type { OtherLibrary } from "../../../dev/rig/other_libraries.mjs";
import { sessionBus } from "../../../src/lib/dbus/session.ts";

const NAME = "org.kde.kwalletd5";
const CALL = { path: "/modules/kwalletd5", interface: "org.kde.KWallet" };
const APPLICATION = "os-keyring";

/** Opens the wallet; each of its calls has the handle first, and the application last. */
async function openWallet(): Promise<(member: string, ...texts: string[]) => Promise<unknown>> {
  const bus = sessionBus();
  const ask = async (member: string, signature = "", ...body: unknown[]): Promise<unknown> => {
    return (await bus.call(NAME, { ...CALL, member, signature, body })).body?.[0];
  };
  const handle = await ask("open", "sxs", await ask("networkWallet"), 0n, APPLICATION);
  return (member, ...texts) => {
    return ask(member, `i${"s".repeat(texts.length + 1)}`, handle, ...texts, APPLICATION);
  };
}

export async function loadKWallet(): Promise<OtherLibrary> {
  const ask = await openWallet();
  const save = async (result: unknown) => {
    if (result !== 0) throw new Error(`KDE Wallet refused it (${result})`);
    await ask("sync");
  };
  return {
    get: async (service, username) => (await ask("readPassword", service, username)) || null,
    set: async (service, username, password) =>
      await save(await ask("writePassword", service, username, password)),
    remove: async (service, username) => await save(await ask("removeEntry", service, username)),
    async list(service) {
      const keys = await ask("entryList", service) as string[];
      await Promise.all(keys.map((key) => ask("entryType", service, key)));
      return keys;
    },
  };
}

/** Stores many entries, and saves once. */
export async function fillKWallet(service: string, usernames: string[]): Promise<void> {
  const ask = await openWallet();
  for (const username of usernames) await ask("writePassword", service, username, "made-up");
  await ask("sync");
}
