import { configPath } from "../../config.ts";
import { KeyringPermissionError } from "../../errors.ts";
import type { Context } from "../command.ts";
import { CommandError } from "../usage_error.ts";

const DISABLED = "[backend]\ndefault-keyring=keyring.backends.null.Keyring";

/**
 * Writes the config file that turns the keyring off, for this command and for Python's. Refuses to
 * replace one that is there.
 */
export async function disable({ os }: Context): Promise<number> {
  const path = configPath(os);
  if (path === undefined) {
    const variables = os === "windows" ? "LOCALAPPDATA" : "HOME,XDG_CONFIG_HOME";
    throw new KeyringPermissionError(`--allow-env=${variables}`, { operation: "open" });
  }
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
      throw new KeyringPermissionError(`--allow-write=${folder}`, {
        operation: "open",
        cause: error,
      });
    }
    throw error;
  }
  return 0;
}
