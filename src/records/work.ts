/**
 * Work on many entries.
 *
 * @module
 */

import {
  KeyringLockedError,
  KeyringPermissionError,
  KeyringTimeoutError,
  NoKeyringError,
} from "../errors.ts";

/** What work on many entries is given. */
export interface Work {
  /** Ends the work. */
  signal: AbortSignal;
  /** Is told of each entry that is done. */
  step(): Promise<void>;
}

const HOPELESS = [
  KeyringLockedError,
  KeyringPermissionError,
  KeyringTimeoutError,
  NoKeyringError,
];

/**
 * Tells whether what fails for one entry fails for all, where each might take a minute to do so.
 *
 * @param error Why it failed.
 * @returns Whether to stop.
 */
export function isHopeless(error: unknown): boolean {
  return HOPELESS.some((hopeless) => error instanceof hopeless);
}
