// Where the file is, and what the system or Deno says when it cannot be used.

import { Failure } from "../../errors.ts";
import { findFolder, lookUp, readVariable } from "../../lib/environment.ts";
import { allowFlag, envFlag } from "../../lib/shell.ts";

export interface FileLocation {
  path: string;
  /** Whether the folder is only ours, so that nobody else may even look into it. */
  own: boolean;
}

/**
 * At `KEYRING_FILE`, else in the user's data folder. Throws if one of them may not be read, and then
 * also names the others that will be needed.
 */
export function fileLocation(
  os: typeof Deno.build.os = Deno.build.os,
  alsoNeeded: readonly string[] = [],
): FileLocation {
  const named = lookUp("KEYRING_FILE");
  if (named.state === "set") return { path: named.value, own: false };
  if (named.state === "invalid") throw new Failure("other", "KEYRING_FILE is not valid UTF-8");
  const data = findFolder(dataVariables(os), os);
  const denied = [
    ...(named.state === "denied" ? ["KEYRING_FILE", ...alsoNeeded] : []),
    ...(data.state === "denied" ? data.variables : []),
  ];
  if (denied.length > 0) {
    const flag = envFlag(denied);
    throw new Failure("permission", "a Deno permission is missing", { flag });
  }
  if (data.path === undefined) {
    throw new Failure("other", `the encrypted file has no path, as ${data.reason}`, {
      advice: "Set KEYRING_FILE to its path.",
    });
  }
  const separator = os === "windows" ? "\\" : "/";
  const belowHome = os === "darwin" ? "Library/Application Support" : ".local/share";
  const folder = data.variable === "HOME" ? `${data.path}/${belowHome}` : data.path;
  return { path: [folder, "os-keyring", "keyring.age"].join(separator), own: true };
}

/** A variable of the encrypted file's. */
export function readSetting(variable: string): string | undefined {
  const found = lookUp(variable);
  if (found.state === "invalid") throw new Failure("other", `${variable} is not valid UTF-8`);
  return found.state === "set" ? found.value : undefined;
}

function dataVariables(os: typeof Deno.build.os): string[] {
  if (os === "windows") return ["LOCALAPPDATA"];
  return os === "darwin" ? ["HOME"] : ["XDG_DATA_HOME", "HOME"];
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

/** The complete flags that the file needs; the shell expands a folder that may not be looked up. */
export function fileFlags(): string {
  const { os } = Deno.build;
  const variables = [...dataVariables(os), "KEYRING_FILE", "KEYRING_FILE_IDENTITY"];
  const identity = readVariable("KEYRING_FILE_IDENTITY");
  const keys = identity === undefined ? [] : [identity, `${identity}.recipients`];
  const path = knownPath();
  const folders = path === undefined
    ? ["read", "write"].map((kind) =>
      `--allow-${kind}="${SHELL_FOLDERS[os] ?? SHELL_FOLDERS.linux}"`
    )
    : [readFlag(path), writeFlag(path)];
  return [envFlag(variables), ...folders, ...keys.map((key) => allowFlag("read", key))].join(" ");
}

const SHELL_FOLDERS: Partial<Record<typeof Deno.build.os, string>> = {
  windows: "$env:LOCALAPPDATA\\os-keyring",
  darwin: "$HOME/Library/Application Support/os-keyring",
  linux: "${XDG_DATA_HOME:-$HOME/.local/share}/os-keyring",
};

function knownPath(): string | undefined {
  try {
    return fileLocation().path;
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
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
