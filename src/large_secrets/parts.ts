// The parts of a large secret in the store. Together they hold the entry's full names, a newline
// and the secret: the names are what a part that was left behind is judged by.

import type { EntryDetails } from "../entry.ts";
import {
  CorruptSecretError,
  type KeyringError,
  type KeyringErrorDetails,
  KeyringTimeoutError,
  PasswordDeleteError,
  PasswordSetError,
} from "../errors.ts";
import type { CallOptions, Keyring } from "../keyring.ts";
import { tidy } from "../lib/best_effort.ts";
import type { Head } from "./manifest.ts";
import { type Generation, namesOfPart, type PartNames } from "./names.ts";
import { retell } from "./retell.ts";

const NEWLINE = 0x0a;
// How long a call that was aborted still tidies up.
const TIDY_MS = 500;

export function withNames(
  { service, username }: PartNames,
  secret: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const names = new TextEncoder().encode(`${JSON.stringify([service, username])}\n`);
  const whole = new Uint8Array(names.length + secret.length);
  whole.set(names);
  whole.set(secret, names.length);
  return whole;
}

export function namesIn(start: Uint8Array): PartNames | undefined {
  const end = start.indexOf(NEWLINE);
  if (end < 0) return undefined;
  try {
    const [service, username] = JSON.parse(new TextDecoder().decode(start.subarray(0, end)));
    return typeof service === "string" && typeof username === "string"
      ? { service, username }
      : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Writes all parts of a new generation. On a failure those that were written are removed, unless
 * the store does not answer: a sweep removes them later.
 */
export async function writeParts(
  inner: Keyring,
  generation: Generation,
  whole: Uint8Array,
  details: EntryDetails,
  signal: AbortSignal | undefined,
): Promise<void> {
  const size = Math.ceil(whole.length / generation.count);
  for (let number = 1; number <= generation.count; number++) {
    const { service, username } = namesOfPart(generation, number);
    const part = whole.subarray((number - 1) * size, number * size);
    try {
      await inner.setSecret(service, username, part, signal && { signal });
    } catch (error) {
      if (!(error instanceof KeyringTimeoutError)) {
        await removeParts(inner, generation, signal, number);
      }
      throw error instanceof PasswordSetError
        ? failedPart(error, generation, details)
        : retell(error, details);
    }
  }
}

function failedPart(error: KeyringError, { count }: Generation, details: EntryDetails) {
  const { code, codeName, advice } = error;
  return new PasswordSetError(`not all of its ${count} parts could be stored`, {
    ...details,
    code,
    codeName,
    advice: advice ?? error.message,
    cause: error,
  });
}

export async function readParts(
  inner: Keyring,
  head: Head,
  details: KeyringErrorDetails,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let whole: Uint8Array<ArrayBuffer> | undefined;
  try {
    for (let number = 1; number <= head.count; number++) {
      const { service, username } = namesOfPart(head, number);
      const part = await inner.getSecret(service, username, signal && { signal })
        .catch((error) => Promise.reject(retell(error, details)));
      if (part === null) throw corrupt(`part ${number} of ${head.count} is missing`, details);
      parts.push(part);
    }
    whole = join(parts);
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", whole)).toHex();
    if (whole.length !== head.length || digest !== head.sha256) {
      throw corrupt("its parts are not what was stored", details);
    }
    return whole.slice(whole.indexOf(NEWLINE) + 1);
  } finally {
    for (const bytes of [...parts, whole]) bytes?.fill(0);
  }
}

function corrupt(reason: string, details: KeyringErrorDetails): CorruptSecretError {
  const advice = "Store the secret again, or delete the entry.";
  return new CorruptSecretError(reason, { ...details, advice });
}

export function join(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let end = 0;
  for (const part of parts) {
    whole.set(part, end);
    end += part.length;
  }
  return whole;
}

/**
 * Removes parts that no head names. What cannot be removed now is left for a later sweep: the entry
 * itself is already as it should be.
 */
export async function removeParts(
  inner: Keyring,
  generation: Generation,
  signal: AbortSignal | undefined,
  last: number = generation.count,
): Promise<void> {
  const remove = async (signal?: AbortSignal) => {
    for (let number = 1; number <= last; number++) {
      await removePart(inner, namesOfPart(generation, number), signal ? { signal } : {});
    }
  };
  await (signal?.aborted ? tidy(TIDY_MS, remove) : remove(signal).catch(() => {}));
}

export async function removePart(
  inner: Keyring,
  names: PartNames,
  call: CallOptions,
): Promise<boolean> {
  try {
    await inner.deletePassword(names.service, names.username, call);
    return true;
  } catch (error) {
    // Two that clean up at once do not hinder each other.
    if (error instanceof PasswordDeleteError) return false;
    throw error;
  }
}
