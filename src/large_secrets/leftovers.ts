import { CorruptSecretError } from "../errors.ts";
import type { CallOptions, Keyring } from "../keyring.ts";
import { decodeHead, headText } from "./manifest.ts";
import { namesOfSibling, type PartNames, placeOfPart } from "./names.ts";
import { join, namesIn, removePart } from "./parts.ts";

export interface SweepOptions {
  /** How old parts must be, in milliseconds. */
  graceMs: number;
  prefix: string;
  signal?: AbortSignal | undefined;
}

/** Removes the parts of old generations that no head names. */
export async function sweep(inner: Keyring, options: SweepOptions): Promise<number> {
  const call: CallOptions = options.signal ? { signal: options.signal } : {};
  let removed = 0;
  for (const [id, parts] of await oldGenerations(inner, options, call)) {
    if (await isNamed(inner, id, parts, call)) continue;
    for (const part of parts) {
      if (await removePart(inner, part, call)) removed++;
    }
  }
  return removed;
}

async function oldGenerations(
  inner: Keyring,
  { graceMs, prefix }: SweepOptions,
  call: CallOptions,
): Promise<Map<string, PartNames[]>> {
  const generations = new Map<string, PartNames[]>();
  for (const entry of await inner.list(call)) {
    const place = placeOfPart(entry.service);
    if (!place?.id.startsWith(prefix) || Date.now() - place.time < graceMs) continue;
    const parts = generations.get(place.id) ?? [];
    parts.push(entry);
    generations.set(place.id, parts);
  }
  return generations;
}

// Only the entry whose names the parts tell is opened: to open others could ask the user.
async function isNamed(
  inner: Keyring,
  id: string,
  [part]: readonly PartNames[],
  call: CallOptions,
): Promise<boolean> {
  const names = part && await ownerOf(inner, part, call);
  if (!names) return false;
  const value = await inner.getSecret(names.service, names.username, call);
  if (!value) return false;
  try {
    const text = headText(value);
    return text !== undefined && decodeHead(text, { operation: "get" }).id === id;
  } catch (error) {
    // A head that cannot be read may name anything.
    if (error instanceof CorruptSecretError) return true;
    throw error;
  } finally {
    value.fill(0);
  }
}

// All parts are there before a head names them. Where one is missing none does. Each is asked for by
// its name: some stores leave entries out of a list now and then.
async function ownerOf(inner: Keyring, part: PartNames, call: CallOptions) {
  const read: Uint8Array[] = [];
  try {
    for (let number = 1;; number++) {
      const { service, username } = namesOfSibling(part, number);
      const bytes = await inner.getSecret(service, username, call);
      if (!bytes) return undefined;
      read.push(bytes);
      const start = join(read);
      const names = namesIn(start);
      start.fill(0);
      if (names) return names;
    }
  } finally {
    for (const bytes of read) bytes.fill(0);
  }
}
