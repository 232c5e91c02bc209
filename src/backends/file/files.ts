import { Failure } from "../../errors.ts";
import { decodeText, TextError } from "../../lib/text.ts";
import { LARGEST_FILE } from "./document.ts";
import { allowFlag } from "../../lib/shell.ts";
import { explained, type FileLocation } from "./location.ts";
import { checkFile, checkPath, deniedAccess, type Role } from "./permissions.ts";

// An identity file has a few lines, a passphrase one.
const LARGEST_KEY_FILE = 64 * 1024;

export const ENCRYPTED = { what: "the encrypted file", isKey: false } as const;

export async function readEncryptedFile(
  { path, own }: FileLocation,
  flags: string,
): Promise<Uint8Array> {
  const read = async () => {
    using file = await openPlain(path, { ...ENCRYPTED, own });
    const { size } = await file.stat();
    if (size > LARGEST_FILE) throw tooLarge(path, size);
    return await readInto(new Uint8Array(size), file);
  };
  const missing = new Failure("absent", `there is no encrypted file at "${path}"`, {
    advice: "Create one with `keyring file init`, or set KEYRING_FILE to its path.",
  });
  return await explained(
    `the encrypted file "${path}" cannot be read`,
    flags,
    read,
    missing,
  );
}

/** Whether the process that started this one has opened it, such as a shell's `3< <(pass show key)`. */
export function isOpened(path: string): boolean {
  return /^\/(dev|proc\/(self|\d+))\/fd\/\d+$|^\/dev\/stdin$/.test(path);
}

/** Opens a file, but nothing that would block, or has no end: a named pipe or a device. */
async function openPlain(path: string, role: Role): Promise<Deno.FsFile> {
  const opened = role.isKey && isOpened(path);
  const isPlain = ({ isFile, isFifo }: Deno.FileInfo) => isFile || (opened && isFifo === true);
  const notAFile = new Failure("other", `${role.what} "${path}" is not a file`);
  if (!opened) checkPath(path, role);
  try {
    if (!opened && !isPlain(await retryBusy(() => Deno.stat(path)))) throw notAFile;
    const file = await retryBusy(() => Deno.open(path, { read: true }));
    try {
      const info = await file.stat();
      if (!isPlain(info)) throw notAFile;
      checkFile(path, info, role);
      return file;
    } catch (error) {
      file.close();
      throw error;
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.PermissionDenied)) throw error;
    throw deniedAccess(path, role, error) ?? error;
  }
}

/** Reads to the end, or until the buffer is full. */
async function readInto(buffer: Uint8Array, file: Deno.FsFile): Promise<Uint8Array> {
  let length = 0;
  while (length < buffer.length) {
    const count = await file.read(buffer.subarray(length));
    if (count === null) break;
    length += count;
  }
  return buffer.subarray(0, length);
}

/** A short text, which may come from a pipe. */
export async function readKeyFile(what: string, path: string): Promise<string> {
  const buffer = new Uint8Array(LARGEST_KEY_FILE);
  const read = async () => {
    using file = await openPlain(path, { what, isKey: true });
    return await readInto(buffer, file);
  };
  const missing = new Failure("locked", `${what} is missing: there is no file at "${path}"`);
  const flag = allowFlag("read", path);
  try {
    const bytes = await explained(`${what} "${path}" cannot be read`, flag, read, missing);
    if (bytes.length < buffer.length) return decodeText(bytes);
    throw new Failure("locked", `${what} "${path}" is too large`);
  } catch (error) {
    if (!(error instanceof TextError)) throw error;
    throw new Failure("locked", `${what} "${path}" is not text: ${error.message}`);
  } finally {
    buffer.fill(0);
  }
}

const BUSY_MS = 2_000;

/** On Windows a file cannot be opened or replaced at the moment when another process does so. */
export async function retryBusy<T>(action: () => Promise<T>): Promise<T> {
  const end = performance.now() + BUSY_MS;
  while (true) {
    try {
      return await action();
    } catch (error) {
      const passing = error instanceof Deno.errors.PermissionDenied ||
        error instanceof Deno.errors.Busy;
      if (Deno.build.os !== "windows" || !passing || performance.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

export async function isThere(path: string): Promise<boolean> {
  return await lookAt(path) !== null;
}

/** Without following a link; `null` when there is nothing. */
export async function lookAt(path: string): Promise<Deno.FileInfo | null> {
  try {
    return await Deno.lstat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

export function tooLarge(path: string, size: number): Failure {
  const limit = `at most ${LARGEST_FILE} are allowed`;
  return new Failure("other", `the encrypted file "${path}" has ${size} bytes, and ${limit}`);
}
