// The user's own keyring: a module that exports one. It runs with all permissions of the
// process, so only a name that the user gave is ever loaded.

import { KeyringError, KeyringPermissionError } from "./errors.ts";
import { isKeyring, type Keyring } from "./keyring.ts";
import { allowFlag } from "./lib/shell.ts";

const DETAILS = { operation: "open" } as const;

const SCHEME = /^(file|jsr|npm|https):/;
const DRIVE = /^[A-Za-z]:[\\/]/;

/**
 * Returns whether a name is that of a module: a specifier such as `jsr:@me/my-keyring`, or a path. A
 * path such as `my_keyring.ts` counts only if a folder is given: nothing is picked up from the
 * current folder by accident, since that may belong to anybody.
 */
export function isModule(name: string, folder?: string): boolean {
  if (SCHEME.test(name) || DRIVE.test(name) || /^\.{0,2}\//.test(withSlashes(name))) return true;
  return folder !== undefined && looksLikePath(name);
}

export function looksLikePath(name: string): boolean {
  return /[\\/]/.test(name) || /\.[mc]?[jt]s$/.test(name);
}

export async function loadModule(name: string, folder?: string): Promise<Keyring> {
  const { default: exported } = await importModule(name, folder);
  const keyring = typeof exported === "function" ? await make(exported) : exported;
  if (isKeyring(keyring)) return keyring;
  throw new KeyringError(`the default export of ${name} is not a keyring`, {
    ...DETAILS,
    advice: "Export an object, a class or a function that has every method of Keyring.",
  });
}

async function importModule(name: string, folder?: string): Promise<{ default?: unknown }> {
  try {
    return await import(resolve(name, folder));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const flag = missingFlag(reason);
    if (flag) throw new KeyringPermissionError(flag, { ...DETAILS, cause: error });
    throw new KeyringError(`the module ${name} cannot be loaded: ${reason}`, {
      ...DETAILS,
      cause: error,
    });
  }
}

// The loader names a missing permission in its message only.
function missingFlag(message: string): string | undefined {
  const [, value, name] = /access to "(.*?)", run again with the --allow-(\w+)/.exec(message) ?? [];
  if (value === undefined || name === undefined) return /--allow-\w+/.exec(message)?.[0];
  return allowFlag(name, value);
}

function resolve(name: string, folder = "."): string {
  if (SCHEME.test(name)) return name;
  return fileUrl(absolutePath(name, absolutePath(folder, Deno.cwd())));
}

/** The path, below a folder if it is relative. */
export function absolutePath(path: string, folder: string): string {
  return DRIVE.test(path) || withSlashes(path).startsWith("/") ? path : `${folder}/${path}`;
}

function withSlashes(path: string): string {
  return Deno.build.os === "windows" || DRIVE.test(path) ? path.replaceAll("\\", "/") : path;
}

function fileUrl(path: string): string {
  const encoded = withSlashes(path).replace(/[%?#\\]/g, encodeURIComponent);
  return `file://${encoded.startsWith("/") ? "" : "/"}${encoded}`;
}

async function make(maker: unknown): Promise<unknown> {
  const isClass = /^class\b/.test(Function.prototype.toString.call(maker));
  return isClass ? new (maker as new () => unknown)() : await (maker as () => unknown)();
}
