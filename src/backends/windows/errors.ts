import {
  InitError,
  type KeyringErrorDetails,
  KeyringPermissionError,
  KeyringTimeoutError,
  operationError,
} from "../../errors.ts";
import { WindowsError } from "./calls.ts";
import { meaningOf } from "./error_codes.ts";
import { libraryPaths } from "./libraries.ts";
import { EntriesBusyError } from "./mutex.ts";

export function translateError(error: unknown, details: KeyringErrorDetails): unknown {
  if (error instanceof WindowsError) {
    const { name, reason, advice } = meaningOf(error.code);
    return operationError(`${reason} (${name}, ${error.code})`, {
      ...details,
      code: error.code,
      codeName: name,
      advice,
    });
  }
  if (error instanceof EntriesBusyError) {
    return new KeyringTimeoutError("another process does not let go of the entries", {
      ...details,
      advice: "End the process that hangs, and try again.",
    });
  }
  if (error instanceof Deno.errors.NotCapable) {
    return new KeyringPermissionError(ffiFlag(), details);
  }
  // What dlopen throws where there is no such library: another system, or a damaged one.
  const unloadable = error instanceof Error && /library|module/i.test(error.message);
  return unloadable
    ? new InitError("advapi32.dll cannot be opened", { ...details, cause: error })
    : error;
}

/** The flag that grants what the Credential Manager needs and no more. */
export function ffiFlag(): string {
  const { advapi32, kernel32 } = libraryPaths();
  return `--allow-ffi=${advapi32},${kernel32}`;
}

/** Tells whether the Credential Manager can be used, without asking for anything. */
export function probeWindows(): { viable: boolean; reason?: string; flag?: string } {
  if (Deno.build.os !== "windows") return { viable: false, reason: "this system is not Windows" };
  const granted = Object.values(libraryPaths()).every((path) =>
    Deno.permissions.querySync({ name: "ffi", path }).state === "granted"
  );
  return granted ? { viable: true } : { viable: true, flag: ffiFlag() };
}
