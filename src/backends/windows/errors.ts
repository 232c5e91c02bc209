// The error codes of the Credential Manager's functions, by their names in `winerror.h`. English,
// so that a message reads the same on every Windows.

import { Failure } from "../../errors.ts";

interface Meaning {
  name: string;
  reason: string;
  advice?: string;
}

export const ERROR_NOT_FOUND = 1168;
export const CODE_LOST = 0;

const MEANINGS: Record<number, Meaning> = {
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
  13: {
    name: "ERROR_INVALID_DATA",
    reason: "Windows cannot decrypt what it stored",
    advice:
      "It was encrypted for another password of this user, most often one that an administrator has reset since; delete the entry and store it anew.",
  },
  8: {
    name: "ERROR_NOT_ENOUGH_MEMORY",
    reason: "the Credential Manager is full",
    advice:
      "Look for stale entries with `keyring windows list` or `cmdkey /list` and delete them; trying again does not help.",
  },
  50: { name: "ERROR_NOT_SUPPORTED", reason: "this Windows does not support the call" },
  87: { name: "ERROR_INVALID_PARAMETER", reason: "Windows does not accept one of its fields" },
  1058: {
    name: "ERROR_SERVICE_DISABLED",
    reason: "the service of the Credential Manager is disabled",
    advice: "Have an administrator enable the service VaultSvc.",
  },
  1115: { name: "ERROR_SHUTDOWN_IN_PROGRESS", reason: "Windows is shutting down" },
  1314: {
    name: "ERROR_PRIVILEGE_NOT_HELD",
    reason: "this process lacks a privilege that Windows requires",
    advice: "Run it as the user whose entries these are.",
  },
  1004: { name: "ERROR_INVALID_FLAGS", reason: "Windows does not accept the flags of the call" },
  [ERROR_NOT_FOUND]: { name: "ERROR_NOT_FOUND", reason: "there is no such entry" },
  1312: {
    name: "ERROR_NO_SUCH_LOGON_SESSION",
    reason: "this logon has no Credential Manager",
    advice:
      "Logons over the network (SSH with a key, WinRM, PowerShell remoting), some services and a policy (DisableDomainCreds) that forbids storing credentials have none; log on interactively or by Remote Desktop, or run it as a scheduled task with a stored password. If only some entries are refused, try the persistence `local` or `session`. `keyring diagnose` shows what this logon may store.",
  },
  1783: {
    name: "RPC_X_BAD_STUB_DATA",
    reason: "a field is longer than Windows allows",
    advice: "Most often the secret has more than 2560 bytes.",
  },
  1717: unreachable("RPC_S_UNKNOWN_IF"),
  1722: unreachable("RPC_S_SERVER_UNAVAILABLE"),
  1753: unreachable("EPT_S_NOT_REGISTERED"),
  0x8009000b: {
    name: "NTE_BAD_KEY_STATE",
    reason: "this logon cannot reach the key that entries are encrypted with",
    advice:
      "Log on with the password once; scheduled tasks need `Run whether user is logged on or not` with a stored password.",
  },
  2202: {
    name: "ERROR_BAD_USERNAME",
    reason: "Windows does not accept the username",
    advice: "Entries of this type need DOMAIN\\user or user@domain.",
  },
};

function unreachable(name: string): Meaning {
  return {
    name,
    reason: "the Credential Manager does not answer",
    advice: "Windows is starting or shutting down, or its security service has stopped.",
  };
}

export function failureOf(code: number): Failure {
  const unknown = { name: `ERROR_${code}`, reason: `Windows answered with error ${code}` };
  const { name, reason, advice }: Meaning = MEANINGS[code] ?? unknown;
  return new Failure("other", `${reason} (${name}, ${code})`, { code, codeName: name, advice });
}
