import { LARGEST_FILE } from "./document.ts";
import { explained, FileError } from "./file_error.ts";
import { type FileLocation, folderOf } from "./location.ts";
import { checkFile, checkFolder } from "./permissions.ts";

export function readFlag(path: string): string {
  return `--allow-read=${folderOf(path)}`;
}

export function writeFlag(path: string): string {
  return `--allow-write=${folderOf(path)}`;
}

export async function readEncryptedFile({ path, own }: FileLocation): Promise<Uint8Array> {
  const read = async () => {
    await checkFolder(path, own);
    // Who can change the folder that a link leads to can exchange the encrypted file as well.
    await checkFolder(await Deno.realPath(path), false);
    using file = await persistently(() => Deno.open(path, { read: true }));
    const info = await file.stat();
    if (!info.isFile) throw new FileError("other", `the encrypted file "${path}" is not a file`);
    checkFile("the encrypted file", path, info);
    if (info.size > LARGEST_FILE) throw tooLarge(path, info.size);
    return await readAll(file, info.size);
  };
  try {
    return await explained(`the encrypted file "${path}" cannot be read`, readFlag(path), read);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw noFile(path);
    throw error;
  }
}

async function readAll(file: Deno.FsFile, size: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(size);
  let length = 0;
  while (length < size) {
    const count = await file.read(bytes.subarray(length));
    if (count === null) break;
    length += count;
  }
  return bytes.subarray(0, length);
}

/**
 * Finds the file itself where the path leads to it by a link, which stays a link, and which others
 * may not use: there is one lock for all.
 */
export async function realPathOf(path: string): Promise<string> {
  const find = () =>
    explained(`the encrypted file "${path}" cannot be read`, readFlag(path), async () => {
      return await Deno.realPath(path);
    });
  return await find().catch((error) => {
    if (error instanceof Deno.errors.NotFound) return path;
    throw error;
  });
}

export async function makeFolder({ path, own }: FileLocation): Promise<void> {
  const folder = folderOf(path);
  await explained(`the folder "${folder}" cannot be read`, readFlag(path), async () => {
    await refuseExisting(path);
  });
  await explained(`the folder "${folder}" cannot be made`, writeFlag(path), async () => {
    await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
    await checkFolder(path, own);
  });
}

async function refuseExisting(path: string): Promise<void> {
  if (!await isThere(path)) return;
  throw new FileError("other", `there is a file at "${path}" already`, {
    advice: "It is left as it is. Remove it, or set KEYRING_FILE to another path.",
  });
}

/** Creates an encrypted file. Runs under the lock. */
export async function createFile(path: string, bytes: Uint8Array): Promise<void> {
  const create = async () => {
    await sweep(path);
    await refuseExisting(path);
    const temporary = temporaryName(path);
    await writeNew(temporary, bytes);
    await persistently(() => Deno.rename(temporary, path));
    await syncFolder(path);
  };
  await explained(`the encrypted file "${path}" cannot be written`, writeFlag(path), create);
}

/**
 * Replaces an encrypted file; what it was before stays beside it as `.bak`. Runs under the lock.
 */
export async function replaceFile(path: string, bytes: Uint8Array): Promise<void> {
  if (bytes.length > LARGEST_FILE) throw tooLarge(path, bytes.length);
  const replace = async () => {
    await sweep(path);
    const temporary = temporaryName(path);
    await writeNew(temporary, bytes);
    await checkOwner(path, temporary);
    await keepBackup(path);
    await persistently(() => Deno.rename(temporary, path));
    await syncFolder(path);
  };
  await explained(`the encrypted file "${path}" cannot be written`, writeFlag(path), replace);
}

/** Removes what writers that died left behind: whoever holds the lock is the only writer. */
async function sweep(path: string): Promise<void> {
  const folder = folderOf(path);
  const start = `${path.slice(folder === "." ? 0 : folder.length).replace(/^[\\/]/, "")}.tmp-`;
  for await (const { name } of Deno.readDir(folder)) {
    if (name.startsWith(start)) await Deno.remove(`${folder}/${name}`);
  }
}

function temporaryName(path: string): string {
  return `${path}.tmp-${crypto.randomUUID()}`;
}

export async function writeNew(path: string, bytes: Uint8Array): Promise<void> {
  // Outside of what removes it again: a file that was there before stays.
  using file = await Deno.open(path, { write: true, createNew: true, mode: 0o600 });
  try {
    for (let written = 0; written < bytes.length;) {
      written += await file.write(bytes.subarray(written));
    }
    await file.sync();
  } catch (error) {
    await Deno.remove(path).catch(() => {});
    throw error;
  }
}

async function checkOwner(path: string, temporary: string): Promise<void> {
  const [old, ours] = await Promise.all([Deno.stat(path), Deno.stat(temporary)]);
  if (old.uid === ours.uid) return;
  await Deno.remove(temporary);
  const reason =
    `the encrypted file "${path}" belongs to user ${old.uid}, and this is user ${ours.uid}`;
  throw new FileError("other", reason, { advice: "Write to it as its owner." });
}

async function keepBackup(path: string): Promise<void> {
  const temporary = temporaryName(path);
  // A second name costs nothing; not every file system has them.
  await Deno.link(path, temporary).catch(() => Deno.copyFile(path, temporary));
  await persistently(() => Deno.rename(temporary, `${path}.bak`));
  // After a crash both may name one file, which a rename leaves as it is.
  if (await isThere(temporary)) await Deno.remove(temporary);
}

/** Without it a power failure could bring the old name back; not every system can do it. */
async function syncFolder(path: string): Promise<void> {
  if (Deno.build.os === "windows") return;
  using folder = await Deno.open(folderOf(path), { read: true });
  await folder.sync().catch(() => {});
}

const PATIENCE_MS = 2_000;

/** On Windows a file cannot be replaced, or opened, in the moment that another process does it. */
async function persistently<T>(action: () => Promise<T>): Promise<T> {
  const end = performance.now() + PATIENCE_MS;
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
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function noFile(path: string): FileError {
  return new FileError("missing", `there is no encrypted file at "${path}"`, {
    advice: "Create one with `keyring file init`, or set KEYRING_FILE to where it is.",
  });
}

function tooLarge(path: string, size: number): FileError {
  const reason =
    `the encrypted file "${path}" has ${size} bytes, and at most ${LARGEST_FILE} are taken`;
  return new FileError("other", reason);
}
