// Where the file is, and what the system or Deno says when it cannot be used.

import { Failure } from "../../errors.ts";
import { readVariable } from "../../lib/environment.ts";
import { allowFlag } from "../../lib/shell.ts";

export interface FileLocation {
  path: string;
  /** Whether the folder is ours alone, so that nobody else may even look into it. */
  own: boolean;
}

/** At `KEYRING_FILE`, else in the user's data folder; `undefined` where neither may be read. */
export function fileLocation(os: typeof Deno.build.os = Deno.build.os): FileLocation | undefined {
  const path = readVariable("KEYRING_FILE");
  if (path !== undefined) return { path, own: false };
  const root = dataFolder(os);
  const separator = os === "windows" ? "\\" : "/";
  return root
    ? { path: [root, "os-keyring", "keyring.age"].join(separator), own: true }
    : undefined;
}

function dataFolder(os: typeof Deno.build.os): string | undefined {
  if (os === "windows") return readVariable("LOCALAPPDATA");
  const home = readVariable("HOME");
  if (os === "darwin") return home && `${home}/Library/Application Support`;
  return readVariable("XDG_DATA_HOME") ?? (home && `${home}/.local/share`);
}

export function folderOf(path: string): string {
  const end = Math.max(
    path.lastIndexOf("/"),
    Deno.build.os === "windows" ? path.lastIndexOf("\\") : -1,
  );
  return end < 0 ? "." : path.slice(0, end) || "/";
}

export function readFlag(path: string): string {
  return allowFlag("read", folderOf(path));
}

export function writeFlag(path: string): string {
  return allowFlag("write", folderOf(path));
}

/** Turns what the system refuses into a failure that names the file, and the flag where one is missing. */
export async function explained<T>(
  what: string,
  flag: string,
  action: () => Promise<T>,
  whenMissing?: Failure,
): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (whenMissing && error instanceof Deno.errors.NotFound) throw whenMissing;
    if (error instanceof Deno.errors.NotCapable) {
      // What some names of open files lead to, Deno reads only with all permissions.
      const needed = error.message.includes("--allow-all") ? "--allow-all" : flag;
      const details = { flag: needed, cause: error };
      throw new Failure("permission", "a Deno permission is missing", details);
    }
    if (!(error instanceof Error) || !/\(os error \d+\)/.test(error.message)) throw error;
    const advice = /\(os error 16\)/.test(error.message) && Deno.build.os !== "windows"
      ? "In a container, mount the folder of the encrypted file, not the file alone."
      : undefined;
    // Deno adds the call with all its paths after the reason.
    const reason = error.message.replace(/(\(os error \d+\)).*$/s, "$1");
    throw new Failure("other", `${what}: ${reason}`, { advice, cause: error });
  }
}
