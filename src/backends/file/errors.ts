import {
  CorruptSecretError,
  type KeyringErrorDetails,
  KeyringLockedError,
  KeyringPermissionError,
  KeyringTimeoutError,
  NoKeyringError,
  operationError,
} from "../../errors.ts";
import { FileError, type FileFailure } from "./file_error.ts";

type Make = (reason: string, details: KeyringErrorDetails) => Error;

const CLASSES: Record<Exclude<FileFailure, "permission">, Make> = {
  missing: (reason, details) => new NoKeyringError(reason, details),
  locked: (reason, details) => new KeyringLockedError(reason, details),
  damaged: (reason, details) => new CorruptSecretError(reason, details),
  timeout: (reason, details) => new KeyringTimeoutError(reason, details),
  other: operationError,
};

export async function translated<T>(
  details: KeyringErrorDetails,
  action: () => Promise<T>,
): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    const { failure, message, advice, flag, cause } = error;
    if (failure === "permission") {
      throw new KeyringPermissionError(flag ?? "", { ...details, cause });
    }
    throw CLASSES[failure](message, { ...details, advice, cause });
  }
}
