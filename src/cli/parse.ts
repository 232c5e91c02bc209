/**
 * The parser: `@std/cli` reads the values, once the scanner has settled what it cannot tell apart.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";
import type { OptionValues } from "./command.ts";
import { ALL_OPTIONS } from "./options.ts";
import { escapeControls } from "./output.ts";
import { type Extra, Scanner } from "./scan.ts";
import { UsageError } from "./usage_error.ts";

/** What a command line says. */
export interface Parsed {
  /** The command; `undefined` when none was named. */
  operation: string | undefined;
  /** The first word after it. */
  service: string | undefined;
  /** The second word after it. */
  username: string | undefined;
  /** What the options were set to. */
  options: OptionValues;
}

/**
 * Reads a command line.
 *
 * @param args The arguments.
 * @param operations The commands that there are.
 * @returns What it says; a {@linkcode UsageError} is thrown for one that says nothing valid.
 */
export function parse(args: readonly string[], operations: readonly string[]): Parsed {
  const { options, words, extras, ended } = new Scanner(args, operations).scan();
  if (extras.length > 0 && !ended) throw new UsageError(unrecognized(extras));
  const parsed: Record<string, unknown> = parseArgs(
    [...options, "--", ...words],
    {
      string: ["_", ...ALL_OPTIONS.filter(({ value }) => value).map(({ name }) => name)],
      boolean: ALL_OPTIONS.filter(({ value }) => !value).map(({ name }) => name),
      unknown: refuseUnknown,
    },
  );
  const [operation, service, username] = words;
  return { operation, service, username, options: parsed as OptionValues };
}

// The scanner lets nothing unknown through; if it ever did, this must not become a silent key.
function refuseUnknown(arg: string): never {
  throw new UsageError(`unrecognized arguments: ${arg}`);
}

function unrecognized(extras: readonly Extra[]): string {
  const shown = extras.map(({ text, isSecret }) => isSecret ? "***" : escapeControls(text));
  const hint = extras.some(({ isSecret }) => isSecret)
    ? " (the password is typed at the prompt or piped in)"
    : "";
  return `unrecognized arguments: ${shown.join(" ")}${hint}`;
}
