/**
 * Where the encrypted file is when nobody says: in a folder of its own among the user's data.
 *
 * @module
 */

import { readVariable } from "../../lib/environment.ts";

/** Where an encrypted file is. */
export interface FileLocation {
  /** The encrypted file's path. */
  path: string;
  /** Whether its folder is that of encrypted files alone, which then nobody else may even look into. */
  own: boolean;
}

/**
 * Finds out where the encrypted file is: at `KEYRING_FILE`, else in the user's data folder.
 *
 * @param os The system to answer for.
 * @returns The place, or `undefined` where the environment that tells may not be read.
 */
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

/**
 * The folder of a file.
 *
 * @param path The file's path.
 * @returns The folder's path, `.` when the path names none.
 */
export function folderOf(path: string): string {
  const end = Math.max(
    path.lastIndexOf("/"),
    Deno.build.os === "windows" ? path.lastIndexOf("\\") : -1,
  );
  return end < 0 ? "." : path.slice(0, end) || "/";
}
