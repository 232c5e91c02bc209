/**
 * Finds and removes the parts that interrupted writes and deletes left behind.
 *
 * @module
 */

import { CorruptSecretError } from "../errors.ts";
import type { CallOptions, EntryInfo, Keyring } from "../keyring.ts";
import { decodeHead, headText } from "./head.ts";
import { type PartPlace, placeOfPart } from "./names.ts";
import { join, namesIn, removePart } from "./parts.ts";

/**
 * How old parts must be before they are taken for leftovers. A writer that took half as long gives
 * up instead of naming its parts in a head, so that the other half is left for that one call.
 */
export const GRACE_MS = 10 * 60 * 1000;

/** What is swept. */
export interface SweepOptions {
  /** How old parts must be, in milliseconds. */
  graceMs: number;
  /** Only generations whose id begins so. */
  prefix: string;
  /** Aborts the sweep. */
  signal?: AbortSignal | undefined;
}

interface Part extends PartPlace {
  entry: EntryInfo;
}

/**
 * Removes the parts of old generations that no head names.
 *
 * @param inner The store.
 * @param options What is swept.
 * @returns How many parts were removed.
 */
export async function sweep(inner: Keyring, options: SweepOptions): Promise<number> {
  const call: CallOptions = options.signal ? { signal: options.signal } : {};
  let removed = 0;
  for (const parts of await oldGenerations(inner, options, call)) {
    if (await isNamed(inner, parts, call)) continue;
    for (const { entry } of parts) {
      if (await removePart(inner, entry, call)) removed++;
    }
  }
  return removed;
}

async function oldGenerations(
  inner: Keyring,
  { graceMs, prefix }: SweepOptions,
  call: CallOptions,
): Promise<Part[][]> {
  const generations = new Map<string, Part[]>();
  for (const entry of await inner.list(call)) {
    const place = placeOfPart(entry.service);
    if (!place?.id.startsWith(prefix) || Date.now() - place.time < graceMs) continue;
    const parts = generations.get(place.id) ?? [];
    parts.push({ ...place, entry });
    generations.set(place.id, parts);
  }
  return [...generations.values()].map((parts) => parts.sort((a, b) => a.number - b.number));
}

// Only the entry whose names the parts tell is opened: to open others could ask the user.
async function isNamed(
  inner: Keyring,
  parts: readonly Part[],
  call: CallOptions,
): Promise<boolean> {
  const names = await ownerOf(inner, parts, call);
  if (!names) return false;
  const value = await inner.getSecret(names.service, names.username, call);
  if (!value) return false;
  try {
    const text = headText(value);
    return text !== undefined && decodeHead(text, { operation: "get" }).id === parts[0]?.id;
  } catch (error) {
    // A head that cannot be read may name anything.
    if (error instanceof CorruptSecretError) return true;
    throw error;
  } finally {
    value.fill(0);
  }
}

// All parts are there before a head names them. Where one is missing none does.
async function ownerOf(inner: Keyring, parts: readonly Part[], call: CallOptions) {
  const read: Uint8Array[] = [];
  try {
    for (const [index, { number, entry }] of parts.entries()) {
      if (number !== index + 1) return undefined;
      const part = await inner.getSecret(entry.service, entry.username, call);
      if (!part) return undefined;
      read.push(part);
      const start = join(read);
      const names = namesIn(start);
      start.fill(0);
      if (names) return names;
    }
    return undefined;
  } finally {
    for (const part of read) part.fill(0);
  }
}
