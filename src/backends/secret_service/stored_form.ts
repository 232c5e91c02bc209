// The form in which a secret is stored. The Secret Service is made for text: newer versions of
// `secret-tool` refuse other bytes and KWallet replaces them. What is not text, and text that a
// keyring would damage, is stored as Base64 behind a marker.

import { hasAt } from "../../lib/bytes.ts";
import { defaultFileKind, type FileKind } from "./keyring_file.ts";
import { LONGEST_SECRET } from "./secret_tool.ts";

/** What marks a secret that is stored as Base64. */
export const BASE64_MARKER = "os-keyring-base64:";

const MARKER = new TextEncoder().encode(BASE64_MARKER);
// KWallet and KeePassXC lose it at the start.
const BYTE_ORDER_MARK = new TextEncoder().encode("\ufeff");
const [LINE_FEED, CARRIAGE_RETURN, BLANK, BACKSLASH] = [0x0a, 0x0d, 0x20, 0x5c];

/** The most bytes, whatever they are, whose stored form is not too long. */
export const LARGEST_BYTES: number = Math.floor((LONGEST_SECRET - BASE64_MARKER.length) / 4) * 3;

/** Encodes a secret for the store, always as bytes of its own. */
export async function toStoredForm(
  secret: Uint8Array,
  fileKind: () => Promise<FileKind> = defaultFileKind,
): Promise<Uint8Array> {
  const isPlain = isText(secret) && !secret.includes(0) && !hasMarker(secret) &&
    !hasAt(secret, 0, BYTE_ORDER_MARK) &&
    !(isFragile(secret, "plain") && isFragile(secret, await fileKind()));
  return isPlain
    ? new Uint8Array(secret)
    : new TextEncoder().encode(BASE64_MARKER + secret.toBase64());
}

/** Returns whether a keyring file of this kind could damage the text, or be destroyed by it. */
function isFragile(secret: Uint8Array, kind: FileKind): boolean {
  if (kind === "encrypted") return false;
  if (secret.includes(LINE_FEED) || secret.includes(CARRIAGE_RETURN)) return true;
  return kind === "plain" && (secret.includes(BACKSLASH) || (secret[0] ?? Infinity) <= BLANK);
}

/**
 * Decodes what the store holds. What only looks as if it were encoded, because another program
 * wrote it, is returned as it is.
 */
export function fromStoredForm(stored: Uint8Array): Uint8Array {
  if (!hasMarker(stored)) return stored;
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

function hasMarker(bytes: Uint8Array): boolean {
  return hasAt(bytes, 0, MARKER);
}

function isText(bytes: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
