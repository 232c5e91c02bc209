// The form in which a store made for text holds a secret. Bytes that are not text, and text that the
// store would damage, become Base64 after a marker.

import { hasAt } from "./bytes.ts";

/** What marks a secret that is stored as Base64. */
export const BASE64_MARKER = "os-keyring-base64:";

const MARKER = new TextEncoder().encode(BASE64_MARKER);
// KWallet and KeePassXC lose a byte order mark at the start.
const BYTE_ORDER_MARK = new Uint8Array([0xef, 0xbb, 0xbf]);

/** Encodes a secret for the store, always in a new buffer. */
export function toStoredForm(
  secret: Uint8Array,
  isFragile: (secret: Uint8Array) => boolean = () => false,
): Uint8Array {
  const isPlain = isText(secret) && !secret.includes(0) && !hasAt(secret, 0, MARKER) &&
    !hasAt(secret, 0, BYTE_ORDER_MARK) && !isFragile(secret);
  return isPlain
    ? new Uint8Array(secret)
    : new TextEncoder().encode(BASE64_MARKER + secret.toBase64());
}

/**
 * Decodes what the store holds. Anything that only looks encoded, because another program wrote it,
 * is returned as it is.
 */
export function fromStoredForm(stored: Uint8Array): Uint8Array {
  if (!hasAt(stored, 0, MARKER)) return stored;
  // A byte order mark is not ours either, so it must not get lost before the comparison.
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const encoded = decoder.decode(stored.subarray(BASE64_MARKER.length));
  let secret: Uint8Array;
  try {
    secret = Uint8Array.fromBase64(encoded, { lastChunkHandling: "strict" });
  } catch {
    return stored;
  }
  // Base64 with blanks is not ours.
  if (secret.toBase64() !== encoded) return stored;
  stored.fill(0);
  return secret;
}

function isText(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
