// KDE Wallet's own calls over one connection. Each change is saved at once, as by this library.

import type { OtherLibrary } from "../../../dev/rig/other_libraries.mjs";
import { sessionBus } from "../../../src/lib/dbus/session.ts";

const NAME = "org.kde.kwalletd5";
const CALL = { path: "/modules/kwalletd5", interface: "org.kde.KWallet" };
const APPLICATION = "os-keyring";

export async function loadKWallet(): Promise<OtherLibrary> {
  const bus = sessionBus();
  const ask = async (member: string, signature = "", ...body: unknown[]): Promise<unknown> => {
    return (await bus.call(NAME, { ...CALL, member, signature, body })).body?.[0];
  };
  const wallet = await ask("networkWallet");
  const handle = await ask("open", "sxs", wallet, 0n, APPLICATION);
  const save = async (result: unknown) => {
    if (result !== 0) throw new Error(`KDE Wallet refused it (${result})`);
    await ask("sync", "is", handle, APPLICATION);
  };
  return {
    async get(service, username) {
      const call = ["readPassword", "isss"] as const;
      return (await ask(...call, handle, service, username, APPLICATION)) || null;
    },
    async set(service, username, password) {
      const call = ["writePassword", "issss"] as const;
      await save(await ask(...call, handle, service, username, password, APPLICATION));
    },
    async remove(service, username) {
      await save(await ask("removeEntry", "isss", handle, service, username, APPLICATION));
    },
    async list(service) {
      return await ask("entryList", "iss", handle, service, APPLICATION) as unknown[];
    },
  };
}
