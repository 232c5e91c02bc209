// What the commands for git and for docker share. They load little, since git starts one at every
// contact with a server, and they ask nobody for anything: they run behind another program.

import type { Keyring } from "../keyring.ts";
import type { Call, Context } from "./command.ts";
import { printError, writeAll } from "./output.ts";
import { chooseForCommand } from "./sources.ts";

export type HelperIo = Pick<Context, "stdin" | "writeOut" | "writeErr">;

export function processIo(): HelperIo {
  return {
    stdin: Deno.stdin,
    writeOut: (bytes) => writeAll(Deno.stdout, bytes),
    writeErr: (bytes) => writeAll(Deno.stderr, bytes),
  };
}

/** Opens the chosen keyring. */
export async function openUnattended(
  context: Pick<Context, "writeErr"> & Partial<Pick<Context, "choose">>,
  ignoreConfig?: boolean,
): Promise<Keyring> {
  const choose = context.choose ?? chooseForCommand;
  const { keyring, warning } = await choose({ ask: false, unattended: true, ignoreConfig });
  if (warning !== undefined) await printError(context, warning);
  return keyring;
}

/** Opens the keyring that the options of a command name, else the chosen one. */
export async function openFor({ context, options }: Call): Promise<Keyring> {
  const name = options["keyring-backend"];
  if (name === undefined) return await openUnattended(context, options["ignore-config"]);
  return await context.load(name, options["keyring-path"], { unattended: true });
}
