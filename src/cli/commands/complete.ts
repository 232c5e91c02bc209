import { openQuietly } from "../../choose.ts";
import { BACKENDS } from "../../registry.ts";
import { complete, type Offers, type OpenQuietly } from "../complete/complete.ts";
import { EXIT_CODES, readShell, SCRIPTS, type Shell } from "../complete/shells.ts";
import type { Context } from "../command.ts";
import { print } from "../output.ts";
import { UsageError } from "../usage_error.ts";

// A person has pressed the key and is waiting.
const LIMIT_MS = 250;

export async function printCompletion(shell: string, context: Context): Promise<number> {
  if (!isShell(shell)) throw new UsageError(`argument --print-completion: unknown "${shell}"`);
  await print(context, SCRIPTS[shell]);
  return 0;
}

/**
 * Prints what a shell offers; called by the scripts of `--print-completion`. Never unlocks or asks
 * anything, and offers nothing if it takes too long.
 */
export async function runComplete(
  [shell = "", ...args]: readonly string[],
  context: Pick<Context, "writeOut">,
  open: OpenQuietly = openQuietly,
): Promise<number> {
  if (!isShell(shell)) return 1;
  const { words, format } = readShell(shell, args);
  const offers = await withinLimit((signal) =>
    complete({ words, openQuietly: open, listBackends, signal })
  );
  if (typeof offers === "string") return EXIT_CODES[offers];
  const texts = (offers ?? []).map(format).filter((text) => text !== undefined);
  await print(context, texts.map((text) => `:${text}\n`).join(""));
  // A store that does not answer must not keep the shell waiting either.
  if (offers === undefined) Deno.exit(0);
  return 0;
}

/** The offers; none if they cannot be made, and `undefined` if that takes too long. */
async function withinLimit(
  make: (signal: AbortSignal) => Promise<Offers>,
): Promise<Offers | undefined> {
  const controller = new AbortController();
  const { promise, resolve } = Promise.withResolvers<undefined>();
  // Not AbortSignal.timeout(): it would keep the process alive until the limit.
  const timer = setTimeout(() => {
    controller.abort();
    resolve(undefined);
  }, LIMIT_MS);
  try {
    return await Promise.race([make(controller.signal).catch(() => []), promise]);
  } finally {
    clearTimeout(timer);
  }
}

function listBackends(): string[] {
  return BACKENDS.flatMap(({ id, aliases = [], pythonNames }) => [id, ...aliases, ...pythonNames]);
}

function isShell(name: string): name is Shell {
  return Object.hasOwn(SCRIPTS, name);
}
