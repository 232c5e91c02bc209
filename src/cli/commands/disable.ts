import { KeyringPermissionError } from "../../errors.ts";
import { allowFlag } from "../../lib/shell.ts";
import type { Context } from "../command.ts";
import { messageOf, writeAll } from "../output.ts";
import { requireConfigPath } from "../sources.ts";
import { CommandError } from "../usage_error.ts";

const DISABLED = "[backend]\ndefault-keyring=keyring.backends.null.Keyring";

/**
 * Writes the config file that turns the keyring off, for this command and for Python's. Refuses to
 * replace an existing one.
 */
export async function disable({ os }: Context): Promise<number> {
  const path = requireConfigPath(os);
  const folder = path.slice(0, Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")));
  try {
    await Deno.mkdir(folder, { recursive: true });
    if (await writeNew(path, DISABLED)) return 0;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) {
      const flag = allowFlag("write", folder);
      throw new KeyringPermissionError(flag, { operation: "open", cause: error });
    }
    throw new CommandError(`Cannot write the config file ${path}: ${messageOf(error)}`, {
      cause: error,
    });
  }
  throw new CommandError(`Refusing to overwrite ${path}`);
}

/** Returns whether there was no such file. A file that cannot be written completely is removed. */
async function writeNew(path: string, text: string): Promise<boolean> {
  let file: Deno.FsFile;
  try {
    // The check and the creation are one step, so that no config is ever lost to a race.
    file = await Deno.open(path, { write: true, createNew: true });
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    throw error;
  }
  using _ = file;
  try {
    await writeAll(file, new TextEncoder().encode(text));
    return true;
  } catch (error) {
    await Deno.remove(path).catch(() => {});
    throw error;
  }
}
