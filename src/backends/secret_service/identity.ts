// Which items of the Secret Service are the same entry. A search finds every item that contains what
// is searched for, so also those of other programs that keep more in their attributes.

import type { Entry } from "../../backend.ts";

export type Attributes = ReadonlyMap<string, string>;

/** An item, as a search finds it. */
export interface FoundItem {
  path: string;
  locked: boolean;
}

export interface Item extends FoundItem {
  attributes: Attributes;
  /** When it was last written, in whole seconds. */
  modified: number;
}

const GENERIC_SCHEMA = "org.freedesktop.Secret.Generic";
// KeePassXC adds these by itself, whoever writes.
const ADDED = ["Uuid", "Path", "Title", "UserName", "URL", "Notes", "TOTP"];
const ALLOWED = new Set(["service", "username", "application", "xdg:schema", ...ADDED]);
// Until it is first unlocked, gnome-keyring knows only the hashes of its attributes.
const HASHED = "gkr:compat:hashed:";
// What is here is gone after the session.
const SESSION = "/org/freedesktop/secrets/collection/session/";

export function namesOf({ service, username }: Entry): Attributes {
  return new Map([["service", service], ["username", username]]);
}

/** Returns whether an item is the entry itself, not one that only contains its names. */
export function isEntry({ attributes }: Item): boolean {
  const schema = attributes.get("xdg:schema");
  return (schema === undefined || schema === GENERIC_SCHEMA) &&
    [...attributes.keys()].every((name) => ALLOWED.has(name));
}

/** Returns whether the names of an item can be read only once it is unlocked. */
export function isHidden({ locked, attributes }: Item): boolean {
  return locked && [...attributes.keys()].some((name) => name.startsWith(HASHED));
}

export function isStored({ path }: Item): boolean {
  return !path.startsWith(SESSION);
}

/** Sorts the item that a read answers with to the front. */
export function preferred(items: readonly Item[], application: string): Item[] {
  const rank = (item: Item) => [
    Number(isStored(item)),
    Number(isEntry(item)),
    item.modified,
    Number(item.attributes.get("application") === application),
  ];
  return items.toSorted((a, b) => {
    const [ranksOfA, ranksOfB] = [rank(a), rank(b)];
    const index = ranksOfA.findIndex((value, at) => value !== ranksOfB[at]);
    return index < 0 ? 0 : (ranksOfB[index] ?? 0) - (ranksOfA[index] ?? 0);
  });
}
