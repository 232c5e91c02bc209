import { readVariable } from "../../lib/environment.ts";

export interface FileLocation {
  path: string;
  /**
   * Whether its folder is that of encrypted files alone, which then nobody else may even look into.
   */
  own: boolean;
}

/** Finds out where the encrypted file is: at `KEYRING_FILE`, else in the user's data folder. */
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
