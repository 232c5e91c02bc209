// Which program answers for KDE Wallet on the session bus. Nothing here starts one.

import { BUS } from "../../lib/dbus/connection.ts";
import { DBusError } from "../../lib/dbus/errors.ts";
import type { SessionBus } from "../../lib/dbus/session.ts";
import type { WaitOptions } from "../../lib/dbus/wait.ts";

export interface Daemon {
  name: string;
  path: string;
  /** Its unique name; missing where it does not run yet, and the bus can start it. */
  owner?: string;
}

// Version 6 answers to the name of version 5 too.
const DAEMONS = ["kwalletd6", "kwalletd5"];

/** Finds the daemon that runs, else one that the bus can start. */
export async function findDaemon(
  bus: SessionBus,
  options: WaitOptions,
): Promise<Daemon | undefined> {
  const daemons = DAEMONS.map((daemon) => ({
    name: `org.kde.${daemon}`,
    path: `/modules/${daemon}`,
  }));
  const owners = await Promise.all(daemons.map(({ name }) => ownerOf(bus, name, options)));
  for (const [index, daemon] of daemons.entries()) {
    const owner = owners[index];
    if (owner !== undefined) return { ...daemon, owner };
  }
  const [names] = await askBus(bus, "ListActivatableNames", [], options);
  return daemons.find(({ name }) => Array.isArray(names) && names.includes(name));
}

/** The unique name of the owner of a name; `undefined` if there is none. */
export async function ownerOf(
  bus: SessionBus,
  name: string,
  options: WaitOptions,
): Promise<string | undefined> {
  try {
    const [owner] = await askBus(bus, "GetNameOwner", [name], options);
    return `${owner}`;
  } catch (error) {
    if (error instanceof DBusError && error.name === `${BUS}.Error.NameHasNoOwner`) {
      return undefined;
    }
    throw error;
  }
}

async function askBus(bus: SessionBus, member: string, body: string[], options: WaitOptions) {
  const call = { path: "/org/freedesktop/DBus", interface: BUS, member, body };
  const signature = "s".repeat(body.length);
  const all = { ...options, idempotent: true };
  return (await bus.call(BUS, { ...call, signature }, all)).body ?? [];
}
