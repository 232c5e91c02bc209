/**
 * The error codes of the Credential Manager's functions, by their names in `winerror.h`. English,
 * so that a message reads the same on every Windows.
 *
 * @module
 */

/** What an error code means for the person who meets it. */
export interface ErrorMeaning {
  /** Its name in `winerror.h`. */
  name: string;
  /** What went wrong, as the end of a sentence. */
  reason: string;
  /** What to do about it. */
  advice?: string;
}

/** There is no such credential. */
export const ERROR_NOT_FOUND = 1168;
/** The call failed and its code was lost before it could be read. */
export const CODE_LOST = 0;

const MEANINGS: Record<number, ErrorMeaning> = {
  [CODE_LOST]: {
    name: "ERROR_SUCCESS",
    reason: "Windows refused and its error code was lost",
    advice: "Try again.",
  },
  5: {
    name: "ERROR_ACCESS_DENIED",
    reason: "Windows denies this process access to the Credential Manager",
    advice:
      "Sandboxed (AppContainer, MSIX) processes have none; run it as an ordinary program of a user with an intact profile.",
  },
  8: {
    name: "ERROR_NOT_ENOUGH_MEMORY",
    reason: "the Credential Manager is full",
    advice: "Look for stale entries with `cmdkey /list` and delete them with `cmdkey /delete`.",
  },
  50: { name: "ERROR_NOT_SUPPORTED", reason: "this Windows does not support the call" },
  87: { name: "ERROR_INVALID_PARAMETER", reason: "Windows does not accept one of its fields" },
  1004: { name: "ERROR_INVALID_FLAGS", reason: "Windows does not accept the flags of the call" },
  [ERROR_NOT_FOUND]: { name: "ERROR_NOT_FOUND", reason: "there is no such entry" },
  1312: {
    name: "ERROR_NO_SUCH_LOGON_SESSION",
    reason: "this logon has no Credential Manager",
    advice:
      "Logons over the network (SSH with a key, WinRM, PowerShell remoting), some services and a policy that forbids storing credentials have none; log on interactively or by Remote Desktop, or run it as a scheduled task with a stored password.",
  },
  1783: {
    name: "RPC_X_BAD_STUB_DATA",
    reason: "a field is longer than Windows allows",
    advice: "Most often the secret has more than 2560 bytes.",
  },
  2202: {
    name: "ERROR_BAD_USERNAME",
    reason: "Windows does not accept the username",
    advice: "Entries of this type want DOMAIN\\user or user@domain.",
  },
};

/**
 * Looks up an error code.
 *
 * @param code What `GetLastError` returned.
 * @returns Its meaning; for an unknown code, one that tells its number.
 */
export function meaningOf(code: number): ErrorMeaning {
  return MEANINGS[code] ?? { name: `ERROR_${code}`, reason: `Windows answered with error ${code}` };
}
