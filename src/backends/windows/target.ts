import type { BlobEncoding } from "./blob_text.ts";

/** The comments of what this library writes. They tell how the blob is to be read. */
export const COMMENT = {
  /** On a password: UTF-16LE. */
  text: "Stored using os-keyring",
  /** On bytes that were stored with `setSecret`. */
  bytes: "Stored using os-keyring (bytes)",
} as const;

const PYTHON_COMMENT = "Stored using python-keyring";

export function encodingOf(comment: string): BlobEncoding {
  if (comment === COMMENT.text || comment === PYTHON_COMMENT) return "utf-16le";
  return comment === COMMENT.bytes ? "utf-8" : "unknown";
}

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

/** Folds case as Windows does: upper case, one code unit to one, as it compares object names. */
export function foldCase(text: string): string {
  return text.replace(/[^\0-`{-\x7f]/g, (unit) => {
    const upper = unit.toUpperCase();
    return upper.length === 1 ? upper : unit;
  });
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
