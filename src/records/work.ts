import {
  KeyringLockedError,
  KeyringPermissionError,
  KeyringTimeoutError,
  KeyringUnavailableError,
  NoKeyringError,
} from "../errors.ts";
import type { CallOptions, Keyring } from "../keyring.ts";

/** What work on many entries is given, and called with after each. */
export interface Work {
  signal: AbortSignal;
  step(): Promise<void>;
}

const TURN_MS = 50;
let lastTurn = 0;

/** Lets a signal be noticed now and then: calls that are synchronous, as those of Windows, do not. */
export async function giveTurn(): Promise<void> {
  if (performance.now() - lastTurn < TURN_MS) return;
  await new Promise((resolve) => setTimeout(resolve));
  lastTurn = performance.now();
}

/** Works on many entries; if the store supports it, opening it only once. */
export function inBatch<T>(
  keyring: Keyring,
  work: (keyring: Keyring) => Promise<T>,
  options?: CallOptions,
): Promise<T> {
  return keyring.batch ? keyring.batch(work, options) : work(keyring);
}

/**
 * Works on each item, on as many at once as the keyring is made for, until one returns that it was
 * the last. A failure ends the work, once the items already started have finished.
 */
export async function forEach<T>(
  { concurrency = 1 }: Pick<Keyring, "concurrency">,
  items: readonly T[],
  work: (item: T) => Promise<void | "last">,
): Promise<void> {
  let next = 0;
  const errors: unknown[] = [];
  const workThrough = async () => {
    while (next < items.length) {
      const item = items[next++] as T;
      try {
        if (await work(item) !== "last") {
          await giveTurn();
          continue;
        }
      } catch (error) {
        errors.push(error);
      }
      next = items.length;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, workThrough));
  if (errors.length > 0) throw errors[0];
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
