import type { Backend, Entry } from "../backend.ts";
import { canHold } from "../checks.ts";
import { Failure } from "../errors.ts";
import { concat, wipeAll } from "../lib/bytes.ts";
import { decodeManifest } from "./manifest.ts";
import { isManifest, isReserved } from "./marks.ts";
import { hashOf, namesOfSibling, placeOfPart } from "./names.ts";
import { namesIn, removePart } from "./parts.ts";

/**
 * The age in milliseconds from which parts without a manifest count as leftovers of an interrupted
 * write. A writer that has taken half as long gives up instead of naming its parts in a manifest.
 */
export const LEFTOVER_AGE_MS = 10 * 60 * 1000;

/** Removes the parts of old versions that no manifest names; returns how many. */
export async function sweep(
  backend: Backend,
  graceMs: number,
  prefix: string,
  signal: AbortSignal | undefined,
): Promise<number> {
  let removed = 0;
  for (const [id, parts] of await oldVersions(backend, graceMs, prefix, signal)) {
    if (await isNamed(backend, id, parts, signal)) continue;
    for (const part of parts) {
      // Two concurrent sweeps do not interfere with each other.
      if (await removePart(backend, part, signal)) removed++;
    }
  }
  return removed;
}

async function oldVersions(
  backend: Backend,
  graceMs: number,
  prefix: string,
  signal: AbortSignal | undefined,
): Promise<Map<string, Entry[]>> {
  const versions = new Map<string, Entry[]>();
  for (const { service, username } of await listParts(backend, graceMs, signal)) {
    const place = placeOfPart(service);
    if (!place?.id.startsWith(prefix) || Date.now() - place.time < graceMs) continue;
    // Another program's entry in our place may have names that no call can take.
    if (!canHold(backend.limits, { service, username })) continue;
    const parts = versions.get(place.id) ?? [];
    parts.push({ service, username, isPart: true });
    versions.set(place.id, parts);
  }
  return versions;
}

const listed = new WeakMap<Backend, { time: number; parts: Entry[] }>();
const LISTED_MS = 10_000;

/**
 * Lists the parts; not again for each of many writes, as long as what is old enough now was already
 * listed.
 */
async function listParts(
  backend: Backend,
  graceMs: number,
  signal: AbortSignal | undefined,
): Promise<Entry[]> {
  const time = Date.now();
  const last = listed.get(backend);
  const isRecent = last && time >= last.time && time - last.time < LISTED_MS;
  if (isRecent && graceMs >= LEFTOVER_AGE_MS) return last.parts;
  const all = await backend.list(undefined, signal);
  const parts = all.filter(({ service }) => isReserved(service));
  listed.set(backend, { time, parts });
  return parts;
}

// Only the entry that the parts name is opened: to open others could ask the user.
async function isNamed(
  backend: Backend,
  id: string,
  [part]: readonly Entry[],
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const owner = part && await ownerOf(backend, part, signal);
  // Names written there by another program may be anything.
  const isOwner = owner && canHold(backend.limits, owner) &&
    id.startsWith(`${await hashOf(owner)}/`);
  const found = isOwner && await backend.read(owner, signal);
  if (!found) return false;
  try {
    return isManifest(found.bytes) && decodeManifest(found.bytes).id === id;
  } catch (error) {
    // A manifest that cannot be read may name anything.
    if (error instanceof Failure && error.kind === "corrupt") return true;
    throw error;
  } finally {
    found.bytes.fill(0);
  }
}

// All parts exist before a manifest names them. If one is missing, no manifest does. Each is asked
// for by name: some stores occasionally omit entries from a list.
async function ownerOf(
  backend: Backend,
  part: Entry,
  signal: AbortSignal | undefined,
): Promise<Entry | undefined> {
  const read: Uint8Array[] = [];
  try {
    for (let number = 1;; number++) {
      const found = await backend.read(namesOfSibling(part, number), signal);
      if (!found) return undefined;
      read.push(found.bytes);
      const start = concat(read);
      const names = namesIn(start);
      start.fill(0);
      if (names) return names;
    }
  } finally {
    wipeAll(read);
  }
}
