// Whether items and collections are locked. A locked KWallet reports success for what it did not do, so
// that this is asked next to each call that could be such a one.

import { DBusError } from "../../lib/dbus/errors.ts";
import type { Peer, PeerCallOptions } from "../../lib/dbus/session.ts";
import type { Variant } from "../../lib/dbus/types.ts";
import type { WaitOptions } from "../../lib/dbus/wait.ts";
import { ask, COLLECTION, PROPERTIES } from "./calls.ts";

const IS_LOCKED = "org.freedesktop.Secret.Error.IsLocked";

/** Whether an error says that what was asked for is locked. */
export function isLockedError(error: unknown): boolean {
  return error instanceof DBusError && error.name === IS_LOCKED;
}

export async function isLocked(
  peer: Peer,
  path: string,
  kind: string,
  options: PeerCallOptions,
): Promise<boolean> {
  const call = { path, interface: PROPERTIES, member: "Get", signature: "ss" };
  const [locked] = await ask(peer, { ...call, body: [kind, "Locked"], reply: "v" }, options);
  return (locked as Variant).value === true;
}

/**
 * Asks right behind a call whether the collection is locked. A locked KWallet reports success for
 * what it did not do; a refused call is a refused call.
 */
export async function isLockedBehind(
  peer: Peer,
  item: string,
  call: Promise<unknown>,
  options: PeerCallOptions,
): Promise<boolean> {
  const checking = isLocked(peer, collectionOf(item), COLLECTION, options);
  const [done, check] = await Promise.allSettled([call, checking]);
  if (done.status === "rejected") throw done.reason;
  if (check.status === "rejected") throw check.reason;
  return check.value;
}

export async function lockedCollections(
  peer: Peer,
  items: readonly string[],
  options: WaitOptions,
): Promise<Set<string>> {
  const collections = [...new Set(items.map(collectionOf))];
  const locked = await Promise.all(
    collections.map((path) => isLocked(peer, path, COLLECTION, { ...options, idempotent: true })),
  );
  return new Set(collections.filter((_, index) => locked[index]));
}

export function collectionOf(item: string): string {
  return item.slice(0, item.lastIndexOf("/"));
}

export function lockedError(): DBusError {
  return new DBusError(IS_LOCKED, "The collection is locked");
}
