/**
 * Where a new secret goes, so that neither an old value of ours nor one of another program is read
 * in its place. A lookup answers with the item that was modified last, to the second; `store`
 * overwrites an item that has all of the attributes it is given.
 *
 * @module
 */

import type { Attributes, SearchResult } from "./search_output.ts";

/** How to store an entry. */
export interface Placement {
  /** The attributes to give to `store`. */
  attributes: Attributes;
  /** Whether another item stays beside it, so that this one must be newer by a whole second. */
  newest: boolean;
}

// A name such as `gkr:compat:…` has a meaning of its own to the daemon.
const PLAIN_NAME = /^[A-Za-z][\w-]*$/;

/**
 * Chooses the place of an entry: a new item, or the only item of its names, whoever wrote it.
 *
 * @param own The attributes that an item of ours has.
 * @param found What a search for the entry's names found.
 * @returns How to store it.
 */
export function placeEntry(own: Attributes, found: SearchResult): Placement {
  const [only, ...others] = found.items;
  if (!only) return { attributes: own, newest: false };
  if (others.length > 0) return { attributes: own, newest: true };
  return { attributes: replacing(own, only, found.regular), newest: false };
}

/** The attributes that replace an item in place and leave its writer able to find it. */
function replacing(own: Attributes, item: Attributes, regular: boolean): Attributes {
  if (regular && [...item.keys()].every((name) => PLAIN_NAME.test(name))) return item;
  return new Map([...own].filter(([name, value]) => item.get(name) === value));
}

/**
 * Waits until the next whole second has begun.
 *
 * @param signal Ends the wait and rejects with its reason.
 */
export async function nextSecond(signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  // A little more, because the daemon's clock is read with less precision.
  const milliseconds = 1_020 - Date.now() % 1_000;
  await new Promise<void>((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", abort);
      resolve();
    }, milliseconds);
    signal?.addEventListener("abort", abort, { once: true });
  });
}
