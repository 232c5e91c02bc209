// What the commands for git and for docker share. They load little, since git starts one at every
// contact with a server, and they never prompt: they run behind another program.

import type { Entries } from "../credential_helpers/entries.ts";
import type { Keyring } from "../keyring.ts";
import { type CreateOptions, findBackend } from "../registry.ts";
import type { Call, Context } from "./command.ts";
import { printError, writeAll } from "./output.ts";
import { chooseForCommand } from "./sources.ts";

export type HelperIo = Pick<Context, "stdin" | "writeOut" | "writeErr">;

export interface Opened {
  entries: Entries;
  /** Whether they are in the form of git's or docker's own helpers. */
  isShared: boolean;
}

type Program = "git" | "docker";
type Open = (options: CreateOptions) => Promise<{ keyring: Keyring; id: string }>;

export function processIo(): HelperIo {
  return {
    stdin: Deno.stdin,
    writeOut: (bytes) => writeAll(Deno.stdout, bytes),
    writeErr: (bytes) => writeAll(Deno.stderr, bytes),
  };
}

/** Opens the chosen keyring. */
export function openUnattended(
  context: Pick<Context, "writeErr"> & Partial<Pick<Context, "choose">>,
  program: Program,
  ignoreConfig?: boolean,
): Promise<Opened> {
  const choose = context.choose ?? chooseForCommand;
  return openEntries(program, async (options) => {
    const { warning, ...chosen } = await choose({ ...options, ask: false, ignoreConfig });
    if (warning !== undefined) await printError(context, warning);
    return chosen;
  });
}

/** Opens the keyring that the options of a command name, or else the chosen one. */
export function openFor({ context, options }: Call, program: Program): Promise<Opened> {
  const name = options["keyring-backend"];
  if (name === undefined) return openUnattended(context, program, options["ignore-config"]);
  return openEntries(program, async (create) => {
    return { keyring: await context.load(name, options["keyring-path"], create), id: name };
  });
}

// Tokens are too large for one entry on Windows.
const LARGE = 64 * 1024;

async function openEntries(program: Program, open: Open): Promise<Opened> {
  const { keyring, id } = await open({ unattended: true, preferredLayout: program });
  const isShared = findBackend(id)?.hasLayouts === true;
  if (!isShared || (keyring.maxSecretBytes ?? LARGE) >= LARGE) {
    return { entries: keyring, isShared };
  }
  const { LargeEntries } = await import("../credential_helpers/large_entries.ts");
  const own = await open({ unattended: true });
  return { entries: new LargeEntries(keyring, own.keyring), isShared };
}
