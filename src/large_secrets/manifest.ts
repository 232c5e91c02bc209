// The manifest, which the entry of a large secret holds instead of the secret. It is one line of
// ASCII without quotes, backslashes and blanks, so that every store preserves it and a person can
// read it in the system's own tool.

import { Failure } from "../errors.ts";
import { MAGIC } from "./marks.ts";
import { isId, type Version } from "./names.ts";

const FORMAT = "v1";
// Two names of 32 characters.
const LONGEST_LABEL = 400;

export interface Manifest extends Version {
  /** The length of all parts together, in bytes. */
  length: number;
  /** The SHA-256 of all parts together, in hexadecimal digits. */
  sha256: string;
  /** Whether the secret was given as text, which is then UTF-8, or as bytes. */
  kind: "text" | "bytes";
}

export function encodeManifest({ id, count, length, sha256, kind, label }: Manifest): Uint8Array {
  const fields = [FORMAT, id, count, length, sha256, kind, encodeClean(label)];
  return new TextEncoder().encode(MAGIC + fields.join(":"));
}

export function decodeManifest(bytes: Uint8Array): Manifest {
  const text = new TextDecoder().decode(bytes).slice(MAGIC.length);
  const [format = "", id = "", count, length, sha256 = "", kind, label, ...more] = text.split(":");
  if (/^v\d{1,9}$/.test(format) && format !== FORMAT) {
    const advice = "Update the library.";
    throw new Failure("corrupt", "a newer version of this library stored it in parts", { advice });
  }
  const manifest: Manifest = {
    id,
    count: numberOf(count),
    length: numberOf(length),
    sha256,
    kind: kind === "text" ? "text" : "bytes",
    label: decodeLabel(label) ?? "",
  };
  const isSound = format === FORMAT && more.length === 0 && isId(id) && manifest.count > 0 &&
    manifest.count < 1_000_000 && manifest.length >= 0 && /^[0-9a-f]{64}$/.test(sha256) &&
    (kind === "text" || kind === "bytes") && isLabel(decodeLabel(label));
  if (isSound) return manifest;
  const advice = "Store the secret again, or delete the entry.";
  throw new Failure("corrupt", "the list of its parts is damaged", { advice });
}

/** Encodes text without characters that a store could damage or that end a field. */
export function encodeClean(text: string): string {
  return encodeURIComponent(text).replaceAll("'", "%27");
}

function decodeLabel(field: string | undefined): string | undefined {
  try {
    return field === undefined ? undefined : decodeURIComponent(field);
  } catch {
    return undefined;
  }
}

// One that could not name a part would have the caller's own names refused.
function isLabel(label: string | undefined): boolean {
  // deno-lint-ignore no-control-regex -- these are what no label of ours has
  return label !== undefined && label.length <= LONGEST_LABEL && !/[\0-\x1f]/.test(label);
}

function numberOf(digits: string | undefined): number {
  return digits !== undefined && /^(0|[1-9]\d{0,14})$/.test(digits) ? Number(digits) : -1;
}
