import { CorruptSecretError, type KeyringError, operationError } from "../errors.ts";
import type { Keyring } from "../keyring.ts";
import { decodeHead } from "./manifest.ts";
import { readParts } from "./parts.ts";

// Of one head. A store that answers truly needs one: parts go only when their head has gone.
const ATTEMPTS = 3;
// Of different heads, when another process replaces the secret faster than it is read.
const HEADS = 20;

export interface ReadDetails {
  operation: "get";
  service: string;
  username: string | undefined;
}

export async function readWhole<T>(
  inner: Keyring,
  details: ReadDetails,
  read: () => Promise<T | null>,
  textOf: (value: T) => string | undefined,
  signal: AbortSignal | undefined,
): Promise<T | Uint8Array | null> {
  const seen: string[] = [];
  while (true) {
    const value = await read();
    const text = value === null ? undefined : textOf(value);
    if (text === undefined) return value;
    const head = decodeHead(text, details);
    try {
      return await readParts(inner, head, details, signal);
    } catch (error) {
      if (!(error instanceof CorruptSecretError)) throw error;
      // Another process may have replaced it while it was read: the head tells.
      seen.push(head.id);
      if (seen.filter((id) => id === head.id).length === ATTEMPTS) throw error;
      if (seen.length >= HEADS) throw neverAtRest(details, error);
    }
  }
}

function neverAtRest(details: ReadDetails, cause: unknown): KeyringError {
  const advice = "Try again when no other process stores it.";
  return operationError("it was replaced each time it was read", { ...details, advice, cause });
}
