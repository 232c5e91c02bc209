// How what large secrets store is told from what users store. Loaded with every keyring, the rest
// only for a secret that is large.

import { hasAt } from "../lib/bytes.ts";

/** What the service of every part begins with. No entry of a user's may. */
export const RESERVED = "os-keyring.chunk/";
// Not by toLowerCase(), which takes the Kelvin sign for a k.
const RESERVED_START = /^os-keyring\.chunk\//i;

/** What a manifest begins with. A secret that does so is stored in parts itself. */
export const MAGIC = "os-keyring-parts-";
const MAGIC_BYTES = new TextEncoder().encode(MAGIC);

/** Returns whether a service is one that parts may have. Not all stores tell case apart. */
export function isReserved(service: string): boolean {
  return RESERVED_START.test(service);
}

export function isManifest(bytes: Uint8Array): boolean {
  return hasAt(bytes, 0, MAGIC_BYTES);
}
