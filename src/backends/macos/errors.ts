import {
  InitError,
  type KeyringError,
  type KeyringErrorDetails,
  KeyringLockedError,
  KeyringPermissionError,
  KeyringTimeoutError,
  NoKeyringError,
  operationError,
} from "../../errors.ts";
import { explain } from "./failure.ts";
import { LineTooLongError, MAX_LINE_BYTES } from "./quote.ts";
import { statusName } from "./status.ts";
import { OutputLimitError, TimeLimitError } from "../../lib/subprocess.ts";

export function errorOfStatus(status: number, details: KeyringErrorDetails): KeyringError {
  const { kind, reason, advice } = explain(status);
  const all = { ...details, code: status, codeName: statusName(status), advice };
  if (kind === "locked") return new KeyringLockedError(reason, all);
  if (kind === "init") return new InitError(reason, all);
  return operationError(reason, all);
}

/** Makes the error for a command that could not be run to its end. */
export function errorOfRun(error: unknown, details: KeyringErrorDetails, program: string): unknown {
  const all = { ...details, cause: error };
  if (error instanceof Deno.errors.NotCapable) {
    return new KeyringPermissionError(`--allow-run=${program}`, details);
  }
  if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.PermissionDenied) {
    return new NoKeyringError(`${program} cannot be run`, {
      ...all,
      advice: "The macOS Keychain exists on macOS only.",
    });
  }
  if (error instanceof TimeLimitError) {
    return new KeyringTimeoutError("the keychain did not answer in time", {
      ...all,
      advice: "A dialog may be waiting on the Mac's screen: answer it, with " +
        '"Always Allow" where it offers that, and try again.',
    });
  }
  if (error instanceof LineTooLongError) {
    return operationError(
      `the names need a command of ${error.length} bytes and security reads at most ` +
        `${MAX_LINE_BYTES}`,
      { ...details, advice: "Use shorter names." },
    );
  }
  if (error instanceof OutputLimitError) {
    return operationError("security printed more than an answer can have", all);
  }
  return error;
}
