import type { EntryDetails } from "../entry.ts";
import {
  KeyringTimeoutError,
  operationError,
  PasswordSetError,
  SecretTooLargeError,
} from "../errors.ts";
import { GRACE_MS } from "./grace.ts";
import type { CallOptions, Keyring } from "../keyring.ts";
import { decodeHead, encodeHead, type Head, headText } from "./manifest.ts";
import { newGeneration, timeOf } from "./names.ts";
import { readParts, removeParts, withNames, writeParts } from "./parts.ts";

const PART_BYTES = 1024;

export interface LargeSecret {
  /** The secret's bytes. */
  secret: Uint8Array;
  kind: Head["kind"];
}

/**
 * Stores a large secret. Until the head is written the old value is there, from then on the new.
 */
export async function writeLarge(
  inner: Keyring,
  details: EntryDetails,
  { secret, kind }: LargeSecret,
  options: CallOptions,
): Promise<void> {
  const { service, username } = details;
  const { signal } = options;
  const whole = withNames(details, secret);
  try {
    const count = Math.ceil(whole.length / (inner.maxSecretBytes ?? PART_BYTES));
    const generation = await newGeneration(service, username, count);
    const sha256 = new Uint8Array(await crypto.subtle.digest("SHA-256", whole)).toHex();
    const head: Head = { ...generation, length: whole.length, sha256, kind };
    await writeParts(inner, head, whole, details, signal);
    await commit(inner, head, details, options);
    // A machine that slept during that one write may have woken another process first, which swept.
    if (Date.now() - timeOf(head) > GRACE_MS) {
      (await readParts(inner, head, details, signal)).fill(0);
    }
  } finally {
    whole.fill(0);
  }
}

async function commit(
  inner: Keyring,
  head: Head,
  details: EntryDetails,
  options: CallOptions,
): Promise<void> {
  const { signal } = options;
  if (Date.now() - timeOf(head) > GRACE_MS / 2) {
    await removeParts(inner, head, signal);
    throw new KeyringTimeoutError("its parts took too long to store", details);
  }
  try {
    const bytes = encodeHead(head);
    await inner.setSecret(details.service, details.username, bytes, options);
  } catch (error) {
    // Of any other failure nobody can tell whether the head will still be written: the parts stay,
    // and a sweep removes them if it was not.
    const refused = error instanceof PasswordSetError &&
      !await isNamed(inner, head, details, signal);
    if (refused) await removeParts(inner, head, signal);
    throw error instanceof SecretTooLargeError ? noRoom(error, details) : error;
  }
}

async function isNamed(
  inner: Keyring,
  { id }: Head,
  details: EntryDetails,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  return (await findHead(inner, details, signal).catch(() => ({ id })))?.id === id;
}

function noRoom(cause: SecretTooLargeError, details: EntryDetails) {
  return operationError(
    `its names leave room for ${cause.limit} bytes, and a large secret needs ${cause.size}`,
    { ...details, advice: "Use shorter names.", cause },
  );
}

export async function findHead(
  inner: Keyring,
  details: EntryDetails,
  signal?: AbortSignal,
): Promise<Head | undefined> {
  const { service, username } = details;
  const value = await inner.getSecret(service, username, signal && { signal });
  const text = value ? headText(value) : undefined;
  value?.fill(0);
  return text === undefined ? undefined : decodeHead(text, details);
}
