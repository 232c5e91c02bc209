// How the entries of large secrets are distinguished from those of users. Loaded with every keyring;
// the rest only for a large secret.

import { hasAt } from "../lib/bytes.ts";

/** The prefix of the service of every part. No user's entry may have it. */
export const RESERVED = "os-keyring.chunk/";
// Not by toLowerCase(), which takes the Kelvin sign for a k.
const RESERVED_START = /^os-keyring\.chunk\//i;

/** The prefix of a manifest. A secret that begins with it is itself stored in parts. */
export const MAGIC = "os-keyring-parts-";
const MAGIC_BYTES = new TextEncoder().encode(MAGIC);

/** Returns whether a service is one that parts may have. Some stores ignore case. */
export function isReserved(service: string): boolean {
  return RESERVED_START.test(service);
}

export function isManifest(bytes: Uint8Array): boolean {
  return hasAt(bytes, 0, MAGIC_BYTES);
}
