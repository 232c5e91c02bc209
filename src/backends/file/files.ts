import { Failure } from "../../errors.ts";
import { decodeText, TextError } from "../../lib/text.ts";
import { LARGEST_FILE } from "./document.ts";
import {
  checkFile,
  checkFolder,
  explained,
  type FileLocation,
  folderOf,
  readFlag,
  writeFlag,
} from "./location.ts";

// An identity file has a few lines, a passphrase one.
const LARGEST_KEY_FILE = 64 * 1024;

export async function readEncryptedFile({ path, own }: FileLocation): Promise<Uint8Array> {
  const read = async () => {
    await checkFolder(path, own);
    // Anyone who can change the folder that a link leads to can exchange the file as well.
    await checkFolder(await Deno.realPath(path), false);
    using file = await retryBusy(() => Deno.open(path, { read: true }));
    const info = await file.stat();
    if (!info.isFile) throw new Failure("other", `the encrypted file "${path}" is not a file`);
    checkFile("the encrypted file", path, info);
    if (info.size > LARGEST_FILE) throw tooLarge(path, info.size);
    return await readInto(new Uint8Array(info.size), file);
  };
  const missing = new Failure("absent", `there is no encrypted file at "${path}"`, {
    advice: "Create one with `keyring file init`, or set KEYRING_FILE to its path.",
  });
  return await explained(
    `the encrypted file "${path}" cannot be read`,
    readFlag(path),
    read,
    missing,
  );
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
    using file = await Deno.open(path, { read: true });
    checkFile(what, path, await file.stat());
    return await readInto(buffer, file);
  };
  const missing = new Failure("locked", `${what} is missing: there is no file at "${path}"`);
  const flag = `--allow-read=${path}`;
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

export async function makeFolder({ path, own }: FileLocation): Promise<void> {
  const folder = folderOf(path);
  await explained(`the folder "${folder}" cannot be read`, readFlag(path), async () => {
    await refuseExisting(path);
  });
  await explained(`the folder "${folder}" cannot be created`, writeFlag(path), async () => {
    await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
    await checkFolder(path, own);
  });
}

async function refuseExisting(path: string): Promise<void> {
  if (!await isThere(path)) return;
  throw new Failure("other", `there is already a file at "${path}"`, {
    advice: "It was left as it is. Remove it, or set KEYRING_FILE to another path.",
  });
}

/** Needs the lock. */
export async function createFile(path: string, bytes: Uint8Array): Promise<void> {
  const create = async () => {
    await removeLeftovers(path);
    await refuseExisting(path);
    const temporary = temporaryName(path);
    await writeNew(temporary, bytes);
    await retryBusy(() => Deno.rename(temporary, path));
    await syncFolder(path);
  };
  await explained(`the encrypted file "${path}" cannot be written`, writeFlag(path), create);
}

/** Keeps what the file held before as `.bak`. Needs the lock. */
export async function replaceFile(path: string, bytes: Uint8Array): Promise<void> {
  if (bytes.length > LARGEST_FILE) throw tooLarge(path, bytes.length);
  const replace = async () => {
    await removeLeftovers(path);
    const temporary = temporaryName(path);
    await writeNew(temporary, bytes);
    await checkOwner(path, temporary);
    await keepBackup(path);
    await retryBusy(() => Deno.rename(temporary, path));
    await syncFolder(path);
  };
  await explained(`the encrypted file "${path}" cannot be written`, writeFlag(path), replace);
}

/** Removes what writers that died left: the holder of the lock is the only writer. */
async function removeLeftovers(path: string): Promise<void> {
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
  // Outside the try block, which must not remove a file that was there before.
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
  const reason = `the encrypted file "${path}" belongs to user ${old.uid}, not to user ${ours.uid}`;
  throw new Failure("other", reason, { advice: "Write to it as its owner." });
}

async function keepBackup(path: string): Promise<void> {
  const temporary = temporaryName(path);
  // A second name costs nothing; not every file system has them.
  await Deno.link(path, temporary).catch(() => Deno.copyFile(path, temporary));
  await retryBusy(() => Deno.rename(temporary, `${path}.bak`));
  // After a crash both may name one file, which a rename leaves as it is.
  if (await isThere(temporary)) await Deno.remove(temporary);
}

/** Without it a power failure could bring the old name back; not every system can do it. */
async function syncFolder(path: string): Promise<void> {
  if (Deno.build.os === "windows") return;
  using folder = await Deno.open(folderOf(path), { read: true });
  await folder.sync().catch(() => {});
}

const BUSY_MS = 2_000;

/** On Windows a file cannot be opened or replaced at the moment when another process does so. */
async function retryBusy<T>(action: () => Promise<T>): Promise<T> {
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
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function tooLarge(path: string, size: number): Failure {
  const limit = `at most ${LARGEST_FILE} are allowed`;
  return new Failure("other", `the encrypted file "${path}" has ${size} bytes, and ${limit}`);
}

const SHORTEST_WAIT_MS = 5;
const LONGEST_WAIT_MS = 50;

/**
 * Runs an action while no other process runs one on the same file. The lock is the system's own, on
 * an open file: it ends with the process that holds it. The lock file stays, since removing it could
 * let two others in. The action gets the real path: all who use the file by a link share its lock.
 */
export async function withLock<T>(
  path: string,
  { timeoutMs, signal }: { timeoutMs: number; signal?: AbortSignal | undefined },
  action: (path: string) => Promise<T>,
): Promise<T> {
  const real = await realPathOf(path);
  const lock = `${real}.lock`;
  const flag = writeFlag(real);
  const open = () => Deno.open(lock, { write: true, create: true, mode: 0o600 });
  // Closing it releases the lock. Under Wine unlock() fails once another has tried the lock.
  using file = await explained(`the lock file "${lock}" cannot be opened`, flag, open);
  const tryLock = () => file.tryLock(true);
  const end = performance.now() + timeoutMs;
  let wait = SHORTEST_WAIT_MS;
  while (!await explained(`the lock file "${lock}" cannot be locked`, flag, tryLock)) {
    signal?.throwIfAborted();
    if (performance.now() >= end) {
      const reason = `another process has been writing for ${timeoutMs / 1000} s`;
      const advice = `Find out which process holds the lock file "${lock}".`;
      throw new Failure("timeout", reason, { advice });
    }
    // At random, so that those who wait do not all come back at the same moment.
    await new Promise((resolve) => setTimeout(resolve, wait * (0.5 + Math.random())));
    wait = Math.min(2 * wait, LONGEST_WAIT_MS);
  }
  signal?.throwIfAborted();
  return await action(real);
}

async function realPathOf(path: string): Promise<string> {
  const find = async () => await isThere(path) ? await Deno.realPath(path) : path;
  return await explained(`the encrypted file "${path}" cannot be read`, readFlag(path), find);
}
