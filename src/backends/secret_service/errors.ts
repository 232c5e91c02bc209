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
import type { Explanation } from "./explain.ts";
import { DEFAULT_PROGRAM } from "./secret_tool.ts";

export function errorOf(
  { kind, reason, advice, code }: Explanation,
  details: KeyringErrorDetails,
  program: string = DEFAULT_PROGRAM,
): KeyringError {
  const all = { ...details, advice, code };
  switch (kind) {
    case "absent":
      return new NoKeyringError(reason, all);
    case "permission":
      return new KeyringPermissionError(`--allow-run=${program}`, details);
    case "locked":
      return new KeyringLockedError(reason, all);
    case "timeout":
      return new KeyringTimeoutError(reason, all);
    case "uninitialized":
      return new InitError(reason, all);
    case "other":
      return operationError(reason, all);
  }
}
