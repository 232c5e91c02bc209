// Secrets that are larger than an entry of the store. All parts are stored first, as entries; the one
// write of the entry itself, which then holds a manifest of them, makes them valid. A concurrent
// reader, or one after a crash, finds the old secret or the new one.

import type { Backend, Entry, Secret, TextForm } from "../backend.ts";
import { UTF8 } from "../checks.ts";
import { Failure } from "../errors.ts";
import { LEFTOVER_AGE_MS, sweep } from "./leftovers.ts";
import { decodeManifest, encodeManifest, type Manifest } from "./manifest.ts";
import { isManifest } from "./marks.ts";
import { hashOf, newVersion, timeOf } from "./names.ts";
import { pack, readParts, removeParts, writeParts } from "./parts.ts";

// Of one manifest. A store that answers correctly needs one: parts are removed only after their
// manifest.
const ATTEMPTS = 3;
// Of different manifests, when another process replaces the secret faster than it is read.
const MANIFESTS = 20;
const PART_BYTES = 1024;

/** A secret, and how text in it is encoded if not in the store's own encoding. */
export interface Found extends Secret {
  text?: TextForm;
}

/** Reads the secret that an entry holds in parts, if it still does. */
export async function readLarge(
  backend: Backend,
  entry: Entry,
  first: Secret,
  signal: AbortSignal | undefined,
): Promise<Found | null> {
  const seen: string[] = [];
  for (let found: Secret | null = first;; found = await backend.read(entry, signal)) {
    if (!found || !isManifest(found.bytes)) return found;
    const manifest = decodeManifest(found.bytes);
    try {
      const bytes = await readParts(backend, manifest, signal);
      return { bytes, kind: manifest.kind, text: UTF8 };
    } catch (error) {
      if (!(error instanceof Failure && error.kind === "corrupt")) throw error;
      // Another process may have replaced it while it was read: the manifest shows that.
      seen.push(manifest.id);
      if (seen.filter((id) => id === manifest.id).length === ATTEMPTS) throw error;
      if (seen.length >= MANIFESTS) throw neverAtRest(error);
    }
  }
}

function neverAtRest(cause: Failure): Failure {
  const advice = "Try again when no other process stores it.";
  return new Failure("other", "it was replaced each time it was read", { advice, cause });
}

/** Stores a secret in parts. */
export async function writeLarge(
  backend: Backend,
  entry: Entry,
  secret: Required<Omit<Secret, "encoding">>,
  signal: AbortSignal | undefined,
): Promise<void> {
  await discard(backend, entry, await writeInParts(backend, entry, secret, signal), signal);
  const prefix = `${await hashOf(entry)}/`;
  // The secret is stored: if older leftovers could not be removed, this call has not failed.
  await sweep(backend, LEFTOVER_AGE_MS, prefix, signal).catch(() => {});
}

async function writeInParts(
  backend: Backend,
  entry: Entry,
  { bytes, kind }: Required<Omit<Secret, "encoding">>,
  signal: AbortSignal | undefined,
): Promise<Uint8Array[]> {
  const [size, limit] = [bytes.length, backend.maxLargeSecretBytes ?? 0];
  if (size > limit) throw new Failure("too-large", "", { size, limit });
  const whole = pack(entry, bytes);
  try {
    const count = Math.ceil(whole.length / (backend.maxSecretBytes ?? PART_BYTES));
    const sha256 = new Uint8Array(await crypto.subtle.digest("SHA-256", whole)).toHex();
    const version = await newVersion(entry, count);
    const manifest: Manifest = { ...version, length: whole.length, sha256, kind };
    await writeParts(backend, manifest, whole, signal);
    const replaced = await commit(backend, manifest, entry, signal);
    // A machine that slept during that one write may have woken another process first, which swept.
    if (Date.now() - timeOf(manifest) > LEFTOVER_AGE_MS) {
      (await readParts(backend, manifest, signal)).fill(0);
    }
    return replaced;
  } finally {
    whole.fill(0);
  }
}

async function commit(
  backend: Backend,
  manifest: Manifest,
  entry: Entry,
  signal: AbortSignal | undefined,
): Promise<Uint8Array[]> {
  // Half of the age, so that the other half is left for that one call.
  const isLate = Date.now() - timeOf(manifest) > LEFTOVER_AGE_MS / 2;
  if (isLate || signal?.aborted) {
    await removeParts(backend, manifest, signal);
    signal?.throwIfAborted();
    throw new Failure("timeout", "its parts took too long to store");
  }
  try {
    return await backend.write(entry, { bytes: encodeManifest(manifest), kind: "bytes" }, signal);
  } catch (error) {
    // After any other failure it is unknown whether the manifest will still be written: the parts
    // stay, and a sweep removes them if it was not.
    const isRefusal = error instanceof Failure && ["other", "too-large"].includes(error.kind);
    if (isRefusal && !await isNamed(backend, manifest, entry, signal)) {
      await removeParts(backend, manifest, signal);
    }
    throw isRefusal && error.kind === "too-large" ? noRoom(error) : error;
  }
}

async function isNamed(
  backend: Backend,
  { id }: Manifest,
  entry: Entry,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  let found: Secret | null = null;
  try {
    found = await backend.read(entry, signal);
    return found !== null && isManifest(found.bytes) && decodeManifest(found.bytes).id === id;
  } catch {
    return true;
  } finally {
    found?.bytes.fill(0);
  }
}

function noRoom(cause: Failure): Failure {
  const { size, limit } = cause.details;
  const reason = `its names leave room for ${limit} bytes, and a large secret needs ${size}`;
  return new Failure("other", reason, { advice: "Use shorter names.", cause });
}

/** Removes the parts of values that were replaced or removed, and overwrites these. */
export async function discard(
  backend: Backend,
  entry: Entry,
  values: Uint8Array[],
  signal: AbortSignal | undefined,
): Promise<void> {
  for (const value of values) {
    const manifest = isManifest(value) && manifestIn(value);
    value.fill(0);
    // A manifest that was copied from another entry names parts that are not this one's.
    if (!manifest || !manifest.id.startsWith(`${await hashOf(entry)}/`)) continue;
    await removeParts(backend, manifest, signal);
  }
}

// A damaged manifest names no parts.
function manifestIn(value: Uint8Array): Manifest | undefined {
  try {
    return decodeManifest(value);
  } catch {
    return undefined;
  }
}
