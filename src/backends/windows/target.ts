// Targets, and the text of secrets: of entries as this library and Python write them, of those of
// other programs that do not say how they encode it, and in the one encoding of a program.

import type { TextForm } from "../../backend.ts";
import type { Persistence, TextEncoding } from "../../keyring.ts";
import type { CredentialLayout, Kind } from "../../layouts/layout.ts";
import { markOf, PYTHON_COMMENT, sameTarget } from "../../layouts/python.ts";
import { encodeUtf16 } from "./structs.ts";
import { PERSIST } from "./symbols.ts";

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

export function kindOf(comment: string): Kind | undefined {
  return comment === PYTHON_COMMENT ? "text" : markOf(comment)?.kind;
}

/** How a blob of a kind encodes text. */
export const ENCODING = { text: "utf-16le", bytes: "utf-8" } as const satisfies Record<
  Kind,
  TextEncoding
>;

export const TEXT: TextForm = {
  encode: encodeUtf16,
  decode: ({ bytes, kind, encoding }) => decodeBlob(bytes, kind ? ENCODING[kind] : encoding),
};

/** How a layout encodes text: strictly, where the program has one encoding. */
export function textFormOf({ encoding }: CredentialLayout): TextForm {
  if (encoding === "detected") return TEXT;
  return {
    encode: (text) => encoding === "utf-8" ? new TextEncoder().encode(text) : encodeUtf16(text),
    decode: ({ bytes }) => decodeBlob(bytes, encoding),
  };
}

/** The encoding that a comment indicates; `undefined` for those of other programs. */
export function encodingOf(comment: string): TextEncoding | undefined {
  const kind = kindOf(comment);
  return kind && ENCODING[kind];
}

// Made once, since making one takes longer than decoding a password.
const DECODERS = {
  "utf-16le": new TextDecoder("utf-16le", { fatal: true, ignoreBOM: true }),
  "utf-8": new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }),
};

/** Decodes a blob; without a known encoding, in the one that it seems to have. */
export function decodeBlob(blob: Uint8Array, encoding?: TextEncoding): string | undefined {
  if (encoding !== undefined) return decode(encoding, blob);
  if (hasMark(blob)) return decode("utf-16le", blob.subarray(2));
  const [likely, other] = candidates(blob);
  return decode(likely, blob) ?? decode(other, blob);
}

/** Encodes text as the blob that it replaces does, also with its byte order mark. */
export function encodeLike(blob: Uint8Array, text: string, encoding?: TextEncoding): Uint8Array {
  if (encoding === undefined && hasMark(blob)) return encodeUtf16(`\ufeff${text}`);
  const found = encoding ??
    candidates(blob).find((candidate) => decode(candidate, blob) !== undefined);
  return found === "utf-8" ? new TextEncoder().encode(text) : encodeUtf16(text);
}

function hasMark(blob: Uint8Array): boolean {
  return blob[0] === 0xff && blob[1] === 0xfe;
}

function candidates(blob: Uint8Array): [likely: TextEncoding, other: TextEncoding] {
  return looksWide(blob) ? ["utf-16le", "utf-8"] : ["utf-8", "utf-16le"];
}

/**
 * Guesses that a blob is UTF-16LE (`cmdkey`, the Control Panel, PowerShell, Git Credential Manager):
 * when its high bytes are those of one alphabet, or when in UTF-8 it would have control characters.
 * Else UTF-8 comes first (Go, Rust's cargo, keytar, Bun): short UTF-8 text is nearly always valid
 * UTF-16 too, and seldom the reverse.
 */
function looksWide(blob: Uint8Array): boolean {
  if (blob.length % 2 !== 0) return false;
  const [, high = 0] = blob;
  const isOneAlphabet = high < 0x20 && blob.every((byte, at) => at % 2 === 0 || byte === high);
  return isOneAlphabet || blob.some((byte) => byte < 0x20 && !BLANKS.includes(byte));
}

// Tab and line breaks, the controls that text may have.
const BLANKS: readonly number[] = [0x09, 0x0a, 0x0d];

function decode(encoding: TextEncoding, blob: Uint8Array): string | undefined {
  try {
    return DECODERS[encoding].decode(blob);
  } catch {
    return undefined;
  }
}
