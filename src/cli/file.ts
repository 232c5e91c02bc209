/**
 * The files that the command line reads and writes.
 *
 * @module
 */

import { messageOf } from "./output.ts";
import { CommandError } from "./usage_error.ts";

/**
 * Opens a file to read it.
 *
 * @param path Its path.
 * @returns The file, which the caller closes.
 */
export async function openToRead(path: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path);
  } catch (error) {
    throw fileError("read", path, error);
  }
}

/**
 * Writes a new file that only its owner may read. On Windows it inherits what its folder allows.
 *
 * @param path Its path.
 * @param bytes What it holds.
 * @param replace Whether a file that is there is replaced, in one step; else it is refused.
 */
export async function writeOwnFile(
  path: string,
  bytes: Uint8Array,
  replace: boolean,
): Promise<void> {
  const folder = /^(.*[\\/])?/.exec(path)?.[0] || ".";
  if (!replace) return await writeNewFile(path, bytes, path);
  const isFile = await Deno.lstat(path).then(({ isFile }) => isFile, (error) => {
    if (error instanceof Deno.errors.NotFound) return true;
    throw fileError("write", path, error, folder);
  });
  if (!isFile) throw new CommandError(`Refusing to replace ${path}: it is not a plain file`);
  const temporary = `${path}.${crypto.randomUUID()}`;
  await writeNewFile(temporary, bytes, folder);
  try {
    await Deno.rename(temporary, path);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    throw fileError("write", path, error, folder);
  }
}

async function writeNewFile(path: string, bytes: Uint8Array, grant: string): Promise<void> {
  try {
    // createNew: the check and the creation are one step, and no link is followed.
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
  } catch (error) {
    throw fileError("write", path, error, grant);
  }
}

function fileError(
  verb: "read" | "write",
  path: string,
  error: unknown,
  grant = path,
): CommandError {
  const reason = messageOf(error);
  if (error instanceof Deno.errors.NotCapable) {
    const kind = /^Requires (\w+) access/.exec(reason)?.[1] ?? verb;
    return new CommandError(
      `Cannot ${verb} ${path}: a Deno permission is missing. ` +
        `Add --allow-${kind}=${grant} to the deno command.`,
      { cause: error },
    );
  }
  if (error instanceof Deno.errors.AlreadyExists) {
    return new CommandError(
      `Refusing to overwrite ${path}: it is there already. --force replaces it.`,
    );
  }
  return new CommandError(`Cannot ${verb} ${path}: ${reason}`, { cause: error });
}
