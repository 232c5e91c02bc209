/**
 * Errors about a part, told as errors about the entry that the caller knows.
 *
 * @module
 */

import {
  InitError,
  KeyringError,
  type KeyringErrorDetails,
  KeyringLockedError,
  KeyringPermissionError,
  KeyringTimeoutError,
  NoKeyringError,
  operationError,
} from "../errors.ts";

const CLASSES = [InitError, KeyringLockedError, KeyringTimeoutError, NoKeyringError];

/**
 * Tells a failure of one operation as that of another.
 *
 * @param error What was thrown.
 * @param details The operation that the caller asked for.
 * @returns The error to throw; what is no error of this library's comes back as it is.
 */
export function retell(error: unknown, details: KeyringErrorDetails): unknown {
  if (!(error instanceof KeyringError)) return error;
  const { reason, code, codeName, advice } = error;
  if (error instanceof KeyringPermissionError) {
    return new KeyringPermissionError(error.flag, { ...details, cause: error });
  }
  const all = { ...details, code, codeName, advice, cause: error };
  const Class = CLASSES.find((one) => error instanceof one);
  return Class ? new Class(reason, all) : operationError(reason, all);
}
