// Where the file is, and who else could read or change it. Windows has no mode bits: there the
// access lists of the user's profile keep others out.

import { Failure } from "../../errors.ts";
import { readVariable } from "../../lib/environment.ts";

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
  return `--allow-read=${folderOf(path)}`;
}

export function writeFlag(path: string): string {
  return `--allow-write=${folderOf(path)}`;
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

export function checkFile(what: string, path: string, info: Deno.FileInfo): void {
  if (Deno.build.os === "windows" || info.mode === null || !info.isFile) return;
  // systemd lets a service read its credentials, which belong to root, by an access list: that
  // shows as this mode.
  const isCredential = info.uid === 0 && info.gid === 0 && (info.mode & 0o777) === 0o440;
  if ((info.mode & 0o077) === 0 || isCredential) return;
  throw new Failure("other", `others can read or change ${what} "${path}" (${octal(info)})`, {
    advice: `Fix it with: chmod 600 ${shellWord(path)}`,
  });
}

export async function checkFolder(file: string, own: boolean): Promise<void> {
  if (Deno.build.os === "windows") return;
  const folder = folderOf(file);
  const info = await Deno.stat(folder);
  const mode = info.mode ?? 0;
  if ((mode & (own ? 0o077 : 0o022)) === 0) return;
  const advice = mode & 0o1000
    ? "Keep the encrypted file in a folder of its own."
    : `Fix it with: chmod ${own ? "700" : "go-w"} ${shellWord(folder)}`;
  const can = own ? "look into" : "change";
  const reason = `others can ${can} the folder of the encrypted file, "${folder}" (${octal(info)})`;
  throw new Failure("other", reason, { advice });
}

function octal({ mode }: Deno.FileInfo): string {
  return `mode ${((mode ?? 0) & 0o7777).toString(8).padStart(4, "0")}`;
}

function shellWord(path: string): string {
  return /^[\w./@:+-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
