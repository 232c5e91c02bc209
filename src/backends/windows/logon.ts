import { errorOf, Failure } from "../../errors.ts";
import { attempt, openLibraries, SUCCESS } from "./calls.ts";
import { libraryPaths, probe } from "./libraries.ts";
import { type SessionTypes, TYPES } from "./manager_types.ts";
import { CRED_TYPE, CRED_TYPE_MAXIMUM, LOGON } from "./symbols.ts";
import { persistenceOf } from "./target.ts";

let opened: Deno.DynamicLibrary<typeof LOGON>["symbols"] | undefined;

// Apart from the other functions, because each one that is opened costs time and few ask for these.
function openLogon(): Deno.DynamicLibrary<typeof LOGON>["symbols"] {
  return opened ??= Deno.dlopen(libraryPaths().advapi32, LOGON).symbols;
}

/** `CredGetSessionTypes` */
export function getSessionTypes(): SessionTypes {
  // kernel32 first: opening a library after the failed call would lose the error code.
  const { kernel32: { GetLastError } } = openLibraries();
  const { CredGetSessionTypes } = openLogon();
  const persist = new Uint32Array(CRED_TYPE_MAXIMUM);
  attempt(
    () => CredGetSessionTypes(CRED_TYPE_MAXIMUM, persist) !== 0 ? SUCCESS : GetLastError(),
    "failure",
  );
  const named = TYPES.map((type) => [type, persistenceOf(persist[CRED_TYPE[type]] ?? 0) ?? null]);
  return Object.fromEntries(named);
}

// UNLEN: the longest name of a user.
const MAX_ACCOUNT_LENGTH = 256;

/** `GetUserNameW` */
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

export interface LogonReport {
  account?: string;
  types?: SessionTypes;
  /** Why that is not known. */
  problem?: string;
}

/** Looks at the logon of this process: never prompts, never writes. */
export function describeLogon(): LogonReport {
  const { viable, reason, flag } = probe();
  if (!viable) return { problem: reason ?? "there is no Credential Manager" };
  if (flag !== undefined) return { problem: `${flag} is missing` };
  const report: LogonReport = {};
  try {
    report.account = getAccount();
    report.types = getSessionTypes();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    report.problem = errorOf(error, { operation: "open" }).message;
  }
  return report;
}
