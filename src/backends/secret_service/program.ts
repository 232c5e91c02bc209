// Which program serves the secrets, by the other names that it owns.

import { BUS } from "../../lib/dbus/connection.ts";
import { DBusError } from "../../lib/dbus/errors.ts";
import type { Peer } from "../../lib/dbus/session.ts";
import type { WaitOptions } from "../../lib/dbus/wait.ts";

const GNOME = "org.gnome.keyring";
const KDE = ["org.kde.kwalletd6", "org.kde.kwalletd5"];

export interface Program {
  isGnome: boolean;
  /** The name by which it also serves KDE's own interface. */
  kwallet?: string;
}

const known = new WeakMap<Peer, Program>();

export async function programOf(peer: Peer, options: WaitOptions): Promise<Program> {
  const program = known.get(peer) ?? await identify(peer, options);
  known.set(peer, program);
  return program;
}

async function identify(peer: Peer, options: WaitOptions): Promise<Program> {
  if (await ownerOf(peer, GNOME, options) === peer.owner) return { isGnome: true };
  const owners = await Promise.all(KDE.map((name) => ownerOf(peer, name, options)));
  const kwallet = KDE.find((_, index) => owners[index] === peer.owner);
  return { isGnome: false, ...kwallet !== undefined && { kwallet } };
}

async function ownerOf(peer: Peer, name: string, options: WaitOptions): Promise<unknown> {
  const target = { path: "/org/freedesktop/DBus", interface: BUS, member: "GetNameOwner" };
  try {
    return (await peer.askBus({ ...target, signature: "s", body: [name] }, options)).body?.[0];
  } catch (error) {
    if (error instanceof DBusError) return undefined;
    throw error;
  }
}
