// KDE Wallet saves a secret five seconds after the last change, and the item's attributes at once: a
// daemon that is killed meanwhile leaves an item without its secret. It saves sooner when it is asked
// to, which only its own interface can: https://api.kde.org/frameworks/kwallet/html/index.html

import { BUS } from "../../lib/dbus/connection.ts";
import { DBusError } from "../../lib/dbus/errors.ts";
import type { Peer } from "../../lib/dbus/session.ts";
import type { WaitOptions } from "../../lib/dbus/wait.ts";

const DAEMONS = ["kwalletd6", "kwalletd5"];
const APPLICATION = "os-keyring";

// The daemon's name, or `null` where another program serves the secrets.
const known = new WeakMap<Peer, string | null>();

/** Has the wallet saved, where KDE Wallet is what serves the secrets. */
export async function saveWallet(peer: Peer, options: WaitOptions): Promise<void> {
  const daemon = known.get(peer) ?? (known.has(peer) ? null : await findDaemon(peer, options));
  known.set(peer, daemon);
  if (daemon === null) return;
  const ask = async (member: string, signature: string, body: unknown[]) => {
    const target = { destination: peer.owner, path: `/modules/${daemon}` };
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

async function findDaemon(peer: Peer, options: WaitOptions): Promise<string | null> {
  for (const daemon of DAEMONS) {
    const target = { destination: BUS, path: "/org/freedesktop/DBus", interface: BUS };
    const call = { ...target, member: "GetNameOwner", signature: "s", body: [`org.kde.${daemon}`] };
    try {
      const { body = [] } = await peer.connection.call(call, options);
      if (body[0] === peer.owner) return daemon;
    } catch (error) {
      if (!(error instanceof DBusError)) throw error;
    }
  }
  return null;
}

function notSaved(reason: string): DBusError {
  return new DBusError(`${BUS}.Error.NoReply`, reason, BUS);
}
