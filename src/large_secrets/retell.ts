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
