import { openQuietly } from "../../choose.ts";
import { BACKENDS } from "../../registry.ts";
import { complete, type Offers, type OpenQuietly } from "../complete/complete.ts";
import { EXIT_CODES, readShell, SCRIPTS, type Shell } from "../complete/shells.ts";
import type { Context } from "../command.ts";
import { print } from "../output.ts";
import { UsageError } from "../usage_error.ts";

// A person waits behind the key.
const LIMIT_MS = 300;

export async function printCompletion(shell: string, context: Context): Promise<number> {
  if (!isShell(shell)) throw new UsageError(`argument --print-completion: unknown "${shell}"`);
  await print(context, SCRIPTS[shell]);
  return 0;
}

/**
 * Prints what a shell offers; called by the scripts of `--print-completion`. Never unlocks or asks
 * anything, and when it takes too long, offers nothing.
 */
export async function runComplete(
  [shell = "", ...args]: readonly string[],
  context: Pick<Context, "writeOut">,
  open: OpenQuietly = openQuietly,
): Promise<number> {
  if (!isShell(shell)) return 1;
  const { words, format } = readShell(shell, args);
  const limit = AbortSignal.timeout(LIMIT_MS);
  const line = { words, openQuietly: open, listBackends, signal: limit };
  const offers = await Promise.race([complete(line).catch(() => []), nothingAfter(limit)]);
  if (typeof offers === "string") return EXIT_CODES[offers];
  await print(context, offers.map((offer) => `:${format(offer)}\n`).join(""));
  // A store that does not answer must not keep the shell waiting either.
  if (limit.aborted) Deno.exit(0);
  return 0;
}

function nothingAfter(limit: AbortSignal): Promise<Offers> {
  return new Promise((resolve) => limit.addEventListener("abort", () => resolve([])));
}

function listBackends(): string[] {
  return BACKENDS.flatMap(({ id, pythonNames }) => [id, ...pythonNames]);
}

function isShell(name: string): name is Shell {
  return Object.hasOwn(SCRIPTS, name);
}
