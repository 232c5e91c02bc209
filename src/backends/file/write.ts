import { Failure } from "../../errors.ts";
import { LARGEST_FILE } from "./document.ts";
import { ENCRYPTED, isThere, lookAt, retryBusy, tooLarge } from "./files.ts";
import { explained, type FileLocation, folderOf, readFlag, writeFlag } from "./location.ts";
import { checkPath } from "./permissions.ts";

export async function makeFolder({ path, own }: FileLocation): Promise<void> {
  const folder = folderOf(path);
  await explained(`the folder "${folder}" cannot be read`, readFlag(path), async () => {
    await refuseExisting(path);
  });
  await explained(`the folder "${folder}" cannot be created`, writeFlag(path), async () => {
    checkPath(path, { ...ENCRYPTED, own });
    await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
    checkPath(path, { ...ENCRYPTED, own });
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
    await checkBackup(path);
    const temporary = temporaryName(path);
    await writeNew(temporary, bytes);
    await checkOwner(path, temporary);
    await keepBackup(path);
    await retryBusy(() => Deno.rename(temporary, path));
    await syncFolder(path);
  };
  await explained(`the encrypted file "${path}" cannot be written`, writeFlag(path), replace);
}

/**
 * Removes what dead writers left behind: the holder of the lock is the only writer. Nothing depends
 * on it, and whatever else has such a name is not ours.
 */
async function removeLeftovers(path: string): Promise<void> {
  const folder = folderOf(path);
  const start = `${nameOf(path)}.tmp-`;
  try {
    for await (const { name, isFile } of Deno.readDir(folder)) {
      if (!isFile || !name.startsWith(start) || !UUID.test(name.slice(start.length))) continue;
      await Deno.remove(`${folder}/${name}`).catch(() => {});
    }
  } catch (error) {
    // A missing permission is reported, since the write needs it as well.
    if (error instanceof Deno.errors.NotCapable) throw error;
  }
}

const UUID = /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[\da-f]{4}-[\da-f]{12}$/;

function nameOf(path: string): string {
  const folder = folderOf(path);
  return path.slice(folder === "." ? 0 : folder.length).replace(/^[\\/]+/, "");
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
  const reason = `the encrypted file "${path}" belongs to uid ${old.uid}, not to uid ${ours.uid}`;
  throw new Failure("other", reason, { advice: `Write to it as uid ${old.uid}.` });
}

async function checkBackup(path: string): Promise<void> {
  const backup = `${path}.bak`;
  const found = await lookAt(backup);
  if (!found || found.isFile || found.isSymlink) return;
  const reason = `"${backup}", where the backup belongs, is not a file`;
  throw new Failure("other", reason, { advice: "Move it away." });
}

async function keepBackup(path: string): Promise<void> {
  const temporary = temporaryName(path);
  // A hard link costs nothing; not every file system has them.
  await Deno.link(path, temporary).catch(() => Deno.copyFile(path, temporary));
  await retryBusy(() => Deno.rename(temporary, `${path}.bak`));
  // After a crash both may name one file, which a rename leaves as it is.
  if (await isThere(temporary)) await Deno.remove(temporary);
}

/** Replaces a small file that needs no backup, or creates it. */
export async function replaceText(what: string, path: string, text: string): Promise<void> {
  await explained(`${what} "${path}" cannot be written`, writeFlag(path), async () => {
    const real = await isThere(path) ? await Deno.realPath(path) : path;
    await removeLeftovers(real);
    const temporary = temporaryName(real);
    await writeNew(temporary, new TextEncoder().encode(text));
    await retryBusy(() => Deno.rename(temporary, real));
    await syncFolder(real);
  });
}

/** Without it a power failure could bring the old name back; not every system can do it. */
async function syncFolder(path: string): Promise<void> {
  if (Deno.build.os === "windows") return;
  using folder = await Deno.open(folderOf(path), { read: true });
  await folder.sync().catch(() => {});
}
