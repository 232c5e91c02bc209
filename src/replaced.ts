// What a store tells of the values that a call replaces or removes, where it reads them anyway. A
// `LargeSecretKeyring` must know them, and would else have the store read each entry twice.

import type { CallOptions, Keyring } from "./keyring.ts";

/** Gets each old value of an entry before it is replaced or removed; must not keep it. */
export type ReplacedListener = (old: Uint8Array) => void;

const LISTENER = Symbol("the listener for replaced values");

interface ListeningOptions extends CallOptions {
  [LISTENER]?: ReplacedListener;
}

const tellers = new WeakSet<Keyring>();

/**
 * Says that the `setPassword`, `setSecret` and `deletePassword` of a store tell the listener of
 * each value of the entry that they are about to replace or remove.
 */
export function tellsReplaced(keyring: Keyring): void {
  tellers.add(keyring);
}

export function listening(
  keyring: Keyring,
  options: CallOptions,
  listener: ReplacedListener,
): CallOptions | undefined {
  if (!tellers.has(keyring)) return undefined;
  const listened: ListeningOptions = { ...options, [LISTENER]: listener };
  return listened;
}

export function listenerOf(
  options: CallOptions | undefined,
): ReplacedListener | undefined {
  return (options as ListeningOptions | undefined)?.[LISTENER];
}
