// How entries lie in the Credential Manager: their targets, comments and text. Python's keyring has
// the same targets and text.

import type { Secret, TextForm } from "../../backend.ts";
import type { Persistence } from "../../keyring.ts";
import { foldCase } from "../../lib/glob.ts";
import { encodeUtf16 } from "./structs.ts";
import { PERSIST } from "./symbols.ts";

export function compoundTarget(service: string, username: string): string {
  return `${username}@${service}`;
}

export function serviceOf(target: string, username: string): string {
  const prefix = compoundTarget("", username);
  return target.length > prefix.length && sameTarget(target.slice(0, prefix.length), prefix)
    ? target.slice(prefix.length)
    : target;
}

/** Compares target names as Windows does: without regard to case. */
export function sameTarget(a: string, b: string): boolean {
  return foldCase(a) === foldCase(b);
}

const NAMESPACE = "LegacyGeneric:target=";

/**
 * Takes the namespace off a target that was copied from `cmdkey /list`: Windows itself reads
 * `LegacyGeneric:target=name` and `name` as one.
 */
export function stripNamespace(target: string): string {
  // Folding the case of every target takes longer than all else that is done before a call.
  if (target[NAMESPACE.length - 1] !== "=" || target.length === NAMESPACE.length) return target;
  const prefix = target.slice(0, NAMESPACE.length);
  return sameTarget(prefix, NAMESPACE) ? target.slice(NAMESPACE.length) : target;
}

export function persistenceOf(persist: number): Persistence | undefined {
  const names = Object.keys(PERSIST) as Persistence[];
  return names.find((name) => PERSIST[name] === persist);
}

type Kind = NonNullable<Secret["kind"]>;

/** The comments of what this library writes. They say how to decode the blob. */
export const COMMENT: Record<Kind, string> = {
  text: "Stored using os-keyring",
  bytes: "Stored using os-keyring (bytes)",
};

const PYTHON_COMMENT = "Stored using python-keyring";

export function kindOf(comment: string): Kind | undefined {
  if (comment === COMMENT.text || comment === PYTHON_COMMENT) return "text";
  return comment === COMMENT.bytes ? "bytes" : undefined;
}

/** How a blob of a kind encodes text. */
export const ENCODING = { text: "utf-16le", bytes: "utf-8" } as const satisfies Record<
  Kind,
  string
>;

export const TEXT: TextForm = {
  encode: encodeUtf16,
  decode: ({ bytes, kind }) => decodeBlob(bytes, kind && ENCODING[kind]),
};

// Made once, since making one takes longer than decoding a password.
const DECODERS = {
  "utf-16le": new TextDecoder("utf-16le", { fatal: true, ignoreBOM: true }),
  "utf-8": new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }),
};

/**
 * Decodes a blob. Without a known encoding a zero in a high byte means UTF-16LE (`cmdkey`, the
 * Control Panel, PowerShell, Git Credential Manager); else UTF-8 comes first (Go, Rust's cargo,
 * keytar, Bun), because short UTF-8 text is nearly always valid UTF-16 too, and seldom the reverse.
 */
export function decodeBlob(blob: Uint8Array, encoding?: keyof typeof DECODERS): string | undefined {
  if (encoding !== undefined) return decode(encoding, blob);
  const byteOrderMark = blob[0] === 0xff && blob[1] === 0xfe;
  if (byteOrderMark) return decode("utf-16le", blob.subarray(2));
  const wide = blob.length % 2 === 0 && blob.some((byte, index) => index % 2 === 1 && byte === 0);
  if (wide) return decode("utf-16le", blob) ?? decode("utf-8", blob);
  return decode("utf-8", blob) ?? decode("utf-16le", blob);
}

function decode(encoding: keyof typeof DECODERS, blob: Uint8Array): string | undefined {
  try {
    return DECODERS[encoding].decode(blob);
  } catch {
    return undefined;
  }
}
