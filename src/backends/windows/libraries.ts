import type { Viability } from "../../errors.ts";
import { readVariable } from "../../lib/environment.ts";

/**
 * The absolute paths of the libraries. A bare name would be looked for in the current folder
 * whenever FFI is granted for certain libraries only (denoland/deno#29246).
 */
export function libraryPaths(): { advapi32: string; kernel32: string } {
  const system = `${readVariable("SystemRoot") ?? "C:\\Windows"}\\System32`;
  return { advapi32: `${system}\\advapi32.dll`, kernel32: `${system}\\kernel32.dll` };
}

/** The flag that grants what the Credential Manager needs, and no more. */
export function ffiFlag(): string {
  const { advapi32, kernel32 } = libraryPaths();
  return `--allow-ffi=${advapi32},${kernel32}`;
}

export function probe(): Viability {
  if (Deno.build.os !== "windows") return { viable: false, reason: "this system is not Windows" };
  const granted = Object.values(libraryPaths()).every((path) =>
    Deno.permissions.querySync({ name: "ffi", path }).state === "granted"
  );
  return granted ? { viable: true } : { viable: true, flag: ffiFlag() };
}
