import { KeyringPermissionError } from "../../errors.ts";
import { allowFlag } from "../../lib/shell.ts";
import type { Context } from "../command.ts";
import { requireConfigPath } from "../sources.ts";
import { CommandError } from "../usage_error.ts";

const DISABLED = "[backend]\ndefault-keyring=keyring.backends.null.Keyring";

/**
 * Writes the config file that turns the keyring off, for this command and for Python's. Refuses to
 * replace one that is there.
 */
export async function disable({ os }: Context): Promise<number> {
  const path = requireConfigPath(os);
  const folder = path.slice(0, Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")));
  try {
    await Deno.mkdir(folder, { recursive: true });
    // createNew: the check and the creation are one step, so no config is ever lost to a race.
    await Deno.writeTextFile(path, DISABLED, { createNew: true });
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) {
      throw new CommandError(`Refusing to overwrite ${path}`);
    }
    if (error instanceof Deno.errors.NotCapable) {
      const flag = allowFlag("write", folder);
      throw new KeyringPermissionError(flag, { operation: "open", cause: error });
    }
    throw error;
  }
  return 0;
}
