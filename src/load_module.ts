// A keyring of the user's own: a module that exports one. It runs with all permissions of the
// process, so only a name that the user gave is ever loaded.

import { KeyringError, KeyringPermissionError } from "./errors.ts";
import { isKeyring, type Keyring } from "./keyring.ts";

const DETAILS = { operation: "open" } as const;

/**
 * Tells whether a name is that of a module: a path, or a specifier such as `jsr:@me/my-keyring`.
 */
export function isModule(name: string): boolean {
  return /^(file|jsr|npm|https):/.test(name) || /[\\/]/.test(name) || /\.[mc]?[jt]s$/.test(name);
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
    // The loader tells of a missing permission in its message only.
    const [flag] = /--allow-\w+/.exec(reason) ?? [];
    if (flag) throw new KeyringPermissionError(flag, { ...DETAILS, cause: error });
    throw new KeyringError(`the module ${name} cannot be loaded: ${reason}`, {
      ...DETAILS,
      cause: error,
    });
  }
}

function resolve(name: string, folder = "."): string {
  if (/^(file|jsr|npm|https):/.test(name)) return name;
  const windowsPath = (path: string) => path.replaceAll("\\", "/");
  const isAbsolute = (path: string) => /^(\/|[A-Za-z]:\/)/.test(path);
  const parts = [name, folder].map(Deno.build.os === "windows" ? windowsPath : String);
  const [path = name, base = folder] = parts;
  if (isAbsolute(path)) return fileUrl(path);
  const absolute = isAbsolute(base) ? base : `${windowsPath(Deno.cwd())}/${base}`;
  return new URL(encodePath(path), `${fileUrl(absolute)}/`).href;
}

function fileUrl(path: string): string {
  return `file://${path.startsWith("/") ? "" : "/"}${encodePath(path)}`;
}

function encodePath(path: string): string {
  return path.replace(/[%?#]/g, encodeURIComponent);
}

async function make(maker: unknown): Promise<unknown> {
  const isClass = /^class\b/.test(Function.prototype.toString.call(maker));
  return isClass ? new (maker as new () => unknown)() : await (maker as () => unknown)();
}
