// Where a new secret goes, so that neither an old value of ours nor one of another program is
// read in its place. A lookup answers with the item that was modified last, to the second;
// `store` overwrites an item that has all of the attributes it is given.

import type { Attributes, SearchResult } from "./search_output.ts";

export interface Placement {
  /** The attributes to give to `store`. */
  attributes: Attributes;
  /** Whether another item stays beside it, so that this one must be newer by a whole second. */
  newest: boolean;
}

// A name such as `gkr:compat:…` has a meaning of its own to the daemon.
const PLAIN_NAME = /^[A-Za-z][\w-]*$/;

/** Chooses the place of an entry: a new item, or the only item of its names, whoever wrote it. */
export function placeEntry(own: Attributes, found: SearchResult): Placement {
  const [only, ...others] = found.items;
  if (!only) return { attributes: own, newest: false };
  if (others.length > 0) return { attributes: own, newest: true };
  return { attributes: replacing(own, only, found.regular), newest: false };
}

function replacing(own: Attributes, item: Attributes, regular: boolean): Attributes {
  if (regular && [...item.keys()].every((name) => PLAIN_NAME.test(name))) return item;
  return new Map([...own].filter(([name, value]) => item.get(name) === value));
}

/** Waits until the next whole second has begun. */
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
