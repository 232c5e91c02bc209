// Which items of the Secret Service are the same entry. A search finds every item that contains what
// is searched for, so also those of other programs that keep more in their attributes.

import type { Entry } from "../../backend.ts";
import type { EntryInfo } from "../../keyring.ts";
import type { Attributes, ItemForm } from "../../layouts/layout.ts";

export type { Attributes };

/** An item, as a search finds it. */
export interface FoundItem {
  path: string;
  locked: boolean;
}

export interface Item extends FoundItem {
  attributes: Attributes;
  label: string;
  /** When it was last written, in whole seconds. */
  modified: number;
}

// Until it is first unlocked, gnome-keyring knows only the hashes of its attributes.
const HASHED = "gkr:compat:hashed:";
// What is here is gone after the session.
const SESSION = "/org/freedesktop/secrets/collection/session/";

/** Returns whether an item is the entry itself, not one that only contains its names. */
export function isEntry(form: ItemForm, entry: Entry, { attributes }: Item): boolean {
  const names = form.namesOf(attributes);
  return names?.service === entry.service && names.username === entry.username;
}

/** Returns whether the names of an item can be read only once it is unlocked. */
export function isHidden({ locked, attributes }: Item): boolean {
  return locked && [...attributes.keys()].some((name) => name.startsWith(HASHED));
}

export function isStored({ path }: Pick<Item, "path">): boolean {
  return !path.startsWith(SESSION);
}

/** Sorts the item that a read answers with to the front. */
export function preferred(items: readonly Item[], form: ItemForm): Item[] {
  const rank = ({ path, attributes, modified }: Item) => {
    const names = form.namesOf(attributes) ?? form.looseNamesOf?.(attributes);
    const created = names && form.createdOf?.(names);
    return [
      Number(isStored({ path })),
      Number(form.namesOf(attributes) !== undefined),
      modified,
      Number(created !== undefined && hasAll(attributes, created)),
    ];
  };
  const ranks = new Map(items.map((item) => [item, rank(item)]));
  return items.toSorted((a, b) => {
    const [ranksOfA = [], ranksOfB = []] = [ranks.get(a), ranks.get(b)];
    const index = ranksOfA.findIndex((value, at) => value !== ranksOfB[at]);
    return index < 0 ? 0 : (ranksOfB[index] ?? 0) - (ranksOfA[index] ?? 0);
  });
}

/** The names by which an item is listed, also where it has more attributes. */
export function namesIn(form: ItemForm, attributes: Attributes): Entry | undefined {
  return form.looseNamesOf?.(attributes) ?? form.namesOf(attributes);
}

/** The entries that items are, those that a read answers with last. */
export function infosOf(
  form: ItemForm,
  items: readonly Item[],
  service: string | undefined,
): EntryInfo[] {
  return items.toSorted((a, b) => a.modified - b.modified).flatMap((item) => {
    const { attributes, label, modified } = item;
    const names = namesIn(form, attributes);
    const isListed = service === undefined
      ? form.isListed?.(attributes, label) ?? true
      : names?.service === service;
    return names && isListed ? [{ ...names, modified: new Date(modified * 1000) }] : [];
  });
}

function hasAll(attributes: Attributes, wanted: Attributes): boolean {
  return [...wanted].every(([name, value]) => attributes.get(name) === value);
}
