// The head: what the entry of a large secret holds instead of the secret. It is ASCII text, so
// that it survives every store and can be read in the system's own tool.

import { hasAt } from "../lib/bytes.ts";
import { CorruptSecretError, type KeyringErrorDetails } from "../errors.ts";
import { type Generation, isId } from "./names.ts";

// Of all versions. What begins with it is never stored as it is, so it is never a user's secret.
const MAGIC = "os-keyring-parts-";
const MAGIC_BYTES = new TextEncoder().encode(MAGIC);
const VERSION = "v1:";
// Two names of 32 escaped characters and quotes.
const LONGEST_LABEL = 400;

export interface Head extends Generation {
  /** The length of all parts together, in bytes. */
  length: number;
  /** The SHA-256 of all parts together, in hexadecimal digits. */
  sha256: string;
  /** Whether the secret was given as text, which then is UTF-8, or as bytes. */
  kind: "text" | "bytes";
}

export function headText(value: string | Uint8Array): string | undefined {
  if (typeof value === "string") return value.startsWith(MAGIC) ? value : undefined;
  return hasAt(value, 0, MAGIC_BYTES) ? new TextDecoder().decode(value) : undefined;
}

export function encodeHead({ id, count, length, sha256, kind, label }: Head): Uint8Array {
  const json = JSON.stringify({ id, count, length, sha256, kind, label })
    .replace(/[^\0-~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
  return new TextEncoder().encode(MAGIC + VERSION + json);
}

export function decodeHead(text: string, details: KeyringErrorDetails): Head {
  const version = text.slice(MAGIC.length).match(/^v\d{1,9}:/)?.[0];
  if (version !== undefined && version !== VERSION) {
    throw new CorruptSecretError("a newer version of this library stored it in parts", {
      ...details,
      advice: "Update the library.",
    });
  }
  const head = version && parse(text.slice(MAGIC.length + VERSION.length));
  if (isHead(head)) return head;
  throw new CorruptSecretError("the list of its parts is damaged", {
    ...details,
    advice: "Store the secret again, or delete the entry.",
  });
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function isHead(value: unknown): value is Head {
  if (typeof value !== "object" || value === null) return false;
  const { id, count, length, sha256, kind, label } = value as Record<string, unknown>;
  return typeof id === "string" && isId(id) &&
    isCount(count) && count > 0 && count < 1_000_000 &&
    isCount(length) &&
    typeof sha256 === "string" && /^[0-9a-f]{64}$/.test(sha256) &&
    (kind === "text" || kind === "bytes") &&
    typeof label === "string" && isLabel(label);
}

// One that could not name a part would have the caller's own names refused.
function isLabel(label: string): boolean {
  // deno-lint-ignore no-control-regex -- these are what no label of ours has
  return label.length <= LONGEST_LABEL && label.isWellFormed() && !/[\0-\x1f]/.test(label);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
