import { readVariable } from "../../lib/environment.ts";
import { ADVAPI32, KERNEL32 } from "./symbols.ts";

export interface Libraries {
  /** advapi32.dll */
  advapi32: Deno.DynamicLibrary<typeof ADVAPI32>["symbols"];
  /** kernel32.dll */
  kernel32: Deno.DynamicLibrary<typeof KERNEL32>["symbols"];
}

let opened: Libraries | undefined;

/**
 * Opens the libraries, or returns those that are open. They stay open until the process ends: Deno
 * itself never unloads them either.
 */
export function openLibraries(): Libraries {
  if (opened) return opened;
  const { advapi32, kernel32 } = libraryPaths();
  // kernel32 first: opening a library between a failed call and GetLastError loses the error code.
  const kernel = Deno.dlopen(kernel32, KERNEL32);
  try {
    opened = { kernel32: kernel.symbols, advapi32: Deno.dlopen(advapi32, ADVAPI32).symbols };
  } catch (error) {
    kernel.close();
    throw error;
  }
  return opened;
}

/**
 * The absolute paths of the libraries. A bare name would be looked for in the current folder
 * whenever FFI is granted for certain libraries only (denoland/deno#29246).
 */
export function libraryPaths(): { advapi32: string; kernel32: string } {
  const system = `${readVariable("SystemRoot") ?? "C:\\Windows"}\\System32`;
  return { advapi32: `${system}\\advapi32.dll`, kernel32: `${system}\\kernel32.dll` };
}
