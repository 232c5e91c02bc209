// KDE Wallet saves a secret five seconds after the last change, and the item's attributes at once: a
// daemon that is killed in the meantime leaves an item without its secret. It saves sooner when it is asked
// to, which only its own interface can: https://api.kde.org/frameworks/kwallet/html/index.html

import { BUS } from "../../lib/dbus/connection.ts";
import { DBusError } from "../../lib/dbus/errors.ts";
import type { Peer } from "../../lib/dbus/session.ts";
import type { WaitOptions } from "../../lib/dbus/wait.ts";
import { programOf } from "./program.ts";

const APPLICATION = "os-keyring";

/** Has the wallet saved, where KDE Wallet is what serves the secrets. */
export async function saveWallet(peer: Peer, options: WaitOptions): Promise<void> {
  const { kwallet } = await programOf(peer, options);
  if (kwallet === undefined) return;
  const ask = async (member: string, signature: string, body: unknown[]) => {
    const target = { destination: peer.owner, path: kwallet.replace("org.kde.", "/modules/") };
    const call = { ...target, interface: "org.kde.KWallet", member, signature, body };
    return (await peer.connection.call(call, options)).body?.[0];
  };
  try {
    const wallet = await ask("networkWallet", "", []);
    // Opening one that is closed would show a dialog.
    if (await ask("isOpen", "s", [wallet]) !== true) throw notSaved("The wallet was closed");
    const handle = await ask("open", "sxs", [wallet, 0n, APPLICATION]);
    await ask("sync", "is", [handle, APPLICATION]);
  } catch (error) {
    // The item was written, so that a successor must not be asked to write it again.
    throw error instanceof DBusError ? notSaved(error.message) : error;
  }
}

function notSaved(reason: string): DBusError {
  return new DBusError(`${BUS}.Error.NoReply`, reason, BUS);
}
