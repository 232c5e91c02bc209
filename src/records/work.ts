import {
  KeyringLockedError,
  KeyringPermissionError,
  KeyringTimeoutError,
  KeyringUnavailableError,
  NoKeyringError,
} from "../errors.ts";
import type { CallOptions, Keyring } from "../keyring.ts";

/** What a work on many entries is given, and told after each. */
export interface Work {
  signal: AbortSignal;
  step(): Promise<void>;
}

/** Works on many entries; where the store can, in one opening of it. */
export function inBatch<T>(
  keyring: Keyring,
  work: (keyring: Keyring) => Promise<T>,
  options?: CallOptions,
): Promise<T> {
  return keyring.batch ? keyring.batch(work, options) : work(keyring);
}

const FOR_ALL = [
  KeyringLockedError,
  KeyringPermissionError,
  KeyringTimeoutError,
  KeyringUnavailableError,
  NoKeyringError,
];

/** Returns whether the next entry would fail for the same reason. */
export function failsForAll(error: unknown): boolean {
  return FOR_ALL.some((each) => error instanceof each);
}
