// The parts of a large secret in the store. Together they hold the entry's names, by which a part
// that was left behind is judged, a colon, and the secret as Base64: text that no store damages.

import type { Backend, Entry } from "../backend.ts";
import { errorOf, Failure } from "../errors.ts";
import { concat, wipeAll } from "../lib/bytes.ts";
import { encodeClean, type Manifest } from "./manifest.ts";
import { namesOfPart, type Version } from "./names.ts";

const COLON = 0x3a;
// How long an aborted call may still clean up.
const TIDY_MS = 500;

/** Writes the secret with the names of its entry as one sequence of bytes, to be cut into parts. */
export function pack({ service, username }: Entry, secret: Uint8Array): Uint8Array<ArrayBuffer> {
  const names = `${encodeClean(service)}/${encodeClean(username)}:`;
  return new TextEncoder().encode(names + secret.toBase64());
}

function unpack(whole: Uint8Array): Uint8Array {
  const base64 = new TextDecoder().decode(whole.subarray(whole.indexOf(COLON) + 1));
  return Uint8Array.fromBase64(base64, { lastChunkHandling: "strict" });
}

/** Finds the names at the start of parts; `undefined` until they are complete. */
export function namesIn(start: Uint8Array): Entry | undefined {
  const end = start.indexOf(COLON);
  if (end < 0) return undefined;
  const names = new TextDecoder().decode(start.subarray(0, end)).split("/");
  if (names.length !== 2) return undefined;
  try {
    const [service = "", username = ""] = names.map(decodeURIComponent);
    return { service, username };
  } catch {
    return undefined;
  }
}

/**
 * Writes all parts of a new version. On a failure those that were written are removed, unless the
 * store does not answer: a sweep removes them later.
 */
export async function writeParts(
  backend: Backend,
  version: Version,
  whole: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<void> {
  const size = Math.ceil(whole.length / version.count);
  for (let number = 1; number <= version.count; number++) {
    const bytes = whole.slice((number - 1) * size, number * size);
    try {
      wipeAll(await backend.write(namesOfPart(version, number), { bytes, kind: "bytes" }, signal));
    } catch (error) {
      // A call that is already late still has a moment for it, like an aborted one.
      if (!isTimeout(error) || signal?.aborted) {
        await removeParts(backend, version, signal, number);
      }
      throw error instanceof Failure ? failedPart(error, version) : error;
    } finally {
      bytes.fill(0);
    }
  }
}

function isTimeout(error: unknown): boolean {
  return error instanceof Failure && error.kind === "timeout";
}

function failedPart(failure: Failure, { count }: Version): Failure {
  const { kind, details } = failure;
  if (kind !== "other" && kind !== "too-large") return failure;
  const { reason } = errorOf(failure, { operation: "set" });
  const advice = details.advice ?? `${reason.slice(0, 1).toUpperCase()}${reason.slice(1)}.`;
  return new Failure("other", `not all of its ${count} parts could be stored`, {
    ...details,
    advice,
    cause: failure,
  });
}

export async function readParts(
  backend: Backend,
  manifest: Manifest,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let whole: Uint8Array<ArrayBuffer> | undefined;
  try {
    for (let number = 1; number <= manifest.count; number++) {
      const part = await backend.read(namesOfPart(manifest, number), signal);
      if (part === null) throw corrupt(`part ${number} of ${manifest.count} is missing`);
      parts.push(part.bytes);
    }
    whole = concat(parts);
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", whole)).toHex();
    if (whole.length !== manifest.length || digest !== manifest.sha256) {
      throw corrupt("its parts are not what was stored");
    }
    return unpack(whole);
  } catch (error) {
    throw error instanceof SyntaxError ? corrupt("its parts are not what was stored") : error;
  } finally {
    wipeAll(parts);
    whole?.fill(0);
  }
}

function corrupt(reason: string): Failure {
  return new Failure("corrupt", reason, { advice: "Store the secret again, or delete the entry." });
}

/**
 * Removes parts that no manifest names. What cannot be removed now is left for a later sweep: the
 * entry itself is already correct.
 */
export async function removeParts(
  backend: Backend,
  version: Version,
  signal: AbortSignal | undefined,
  last: number = version.count,
): Promise<void> {
  // An aborted call still has a moment for it.
  const limit = new AbortController();
  const timer = signal?.aborted ? setTimeout(() => limit.abort(), TIDY_MS) : undefined;
  try {
    for (let number = 1; number <= last; number++) {
      await removePart(backend, namesOfPart(version, number), timer ? limit.signal : signal);
    }
  } catch {
    return;
  } finally {
    clearTimeout(timer);
  }
}

/** Removes a part and overwrites what it held; returns whether there was one. */
export async function removePart(
  backend: Backend,
  part: Entry,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const removed = await backend.remove(part, signal);
  wipeAll(removed ?? []);
  return removed !== null;
}
