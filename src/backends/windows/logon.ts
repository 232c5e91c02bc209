import { attempt, SUCCESS } from "./attempt.ts";
import { CRED_TYPE_MAXIMUM } from "./constants.ts";
import { libraryPaths, openLibraries } from "./libraries.ts";
import { LOGON } from "./symbols.ts";

let opened: Deno.DynamicLibrary<typeof LOGON>["symbols"] | undefined;

// Apart from the other functions, because each one that is opened costs time and few ask for these.
function openLogon(): Deno.DynamicLibrary<typeof LOGON>["symbols"] {
  opened ??= Deno.dlopen(libraryPaths().advapi32, LOGON).symbols;
  return opened;
}

/** `CredGetSessionTypes`. */
export function getSessionTypes(): number[] {
  // kernel32 first: opening a library after the failed call would lose the error code.
  const { kernel32: { GetLastError } } = openLibraries();
  const { CredGetSessionTypes } = openLogon();
  const persist = new Uint32Array(CRED_TYPE_MAXIMUM);
  attempt(
    () => CredGetSessionTypes(CRED_TYPE_MAXIMUM, persist) !== 0 ? SUCCESS : GetLastError(),
    "failure",
  );
  return [...persist];
}

// UNLEN: the longest name of a user.
const MAX_ACCOUNT_LENGTH = 256;

/** `GetUserNameW`. */
export function getAccount(): string {
  const { kernel32: { GetLastError } } = openLibraries();
  const { GetUserNameW } = openLogon();
  const name = new Uint16Array(MAX_ACCOUNT_LENGTH + 1);
  const size = new Uint32Array(1);
  attempt(() => {
    size[0] = name.length;
    return GetUserNameW(name, size) !== 0 ? SUCCESS : GetLastError();
  }, "failure");
  // The size that comes back counts the NUL.
  return String.fromCharCode(...name.subarray(0, Math.max(0, (size[0] ?? 0) - 1)));
}
